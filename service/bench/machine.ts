import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { availableParallelism, cpus, totalmem } from 'node:os';

/** What the figures were made on. */
export type Machine = {
  /** As many as the measured programs may use. */
  cores: number;
  cpu: string;
  /** Bytes. */
  memory: number;
  system: string;
  node: string;
  redis: string;
  /** The file system that Redis writes to: on a disk, fsync costs more than in memory. */
  files: string;
};

/** What everything is measured on: who asks, the service and Redis share them. */
export const CORES = 2;

/** Magic numbers of file systems: https://man7.org/linux/man-pages/man2/statfs.2.html */
const fileSystems: Readonly<Record<number, string>> = {
  61267: 'ext4',
  16914836: 'tmpfs',
  1481003842: 'xfs',
  2435016766: 'btrfs',
  2035054128: 'overlayfs',
};

/** The first so many of a list of cores such as `0-3,8`. */
export function firstCores(list: string, count: number): number[] {
  const all = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
  return all.slice(0, count);
}

/**
 * Holds this process, and with it all that it starts, to two cores where there are more.
 * @returns the cores there are for it then: more than two where that cannot be done
 */
export function holdToCores(): number {
  if (availableParallelism() <= CORES || process.platform !== 'linux') return availableParallelism();
  const allowed = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0,1';
  const cores = firstCores(allowed, CORES).join(',');
  const held = spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, `${process.pid}`]);
  return held.status === 0 ? CORES : availableParallelism();
}

/** @param dir where Redis writes */
export async function thisMachine(dir: string, cores: number): Promise<Machine> {
  const { type } = await statfs(dir);
  const redis = spawnSync('redis-server', ['--version'], { encoding: 'utf8' }).stdout;
  return {
    cores,
    cpu: cpus()[0]?.model ?? 'unknown',
    memory: totalmem(),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    redis: /v=(\S+)/.exec(redis)?.[1] ?? 'unknown',
    files: fileSystems[type] ?? `file system ${type.toString(16)}`,
  };
}

export const describeMachine = ({ cores, cpu, memory, system, node, redis, files }: Machine): string =>
  `${cores} cores (${cpu}), ${(memory / 2 ** 30).toFixed(0)} GB, ${system}, Node ${node}, Redis ${redis} on ${files}`;
