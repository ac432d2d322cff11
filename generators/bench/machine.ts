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
}

export async function thisMachine(): Promise<Machine> {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? 'unknown',
    memory: totalmem(),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    git: (await new Git('.').text(['version'])).replace('git version ', ''),
  };
}

export const describeMachine = ({ cores, cpu, memory, system, node, git }: Machine) =>
  `${cores} cores (${cpu}), ${(memory / 2 ** 30).toFixed(0)} GB, ${system}, Node ${node}, git ${git}`;
