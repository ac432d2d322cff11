import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';
import { Git } from '../git/git.ts';

/** What the figures were made on. */
export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  /** Bytes. */
  readonly memory: number;
  readonly system: string;
  readonly node: string;
  readonly git: string;
  /** The file system that the measured programs work on: many small files cost a hundred times more on some. */
  readonly files: string;
}

/** Magic numbers of file systems: https://man7.org/linux/man-pages/man2/statfs.2.html */
const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlayfs',
};

/** @param dir where the measured programs work */
export async function thisMachine(dir: string): Promise<Machine> {
  const { type } = await statfs(dir);
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memory: totalmem(),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    git: (await new Git('.').text(['version'])).replace('git version ', ''),
    files: fileSystems[type] ?? `file system ${type.toString(16)}`,
  };
}

export const describeMachine = ({ cores, cpu, memory, system, node, git, files }: Machine) =>
  `${cores} cores (${cpu}), ${(memory / 2 ** 30).toFixed(0)} GB, ${system}, Node ${node}, git ${git}, on ${files}`;
