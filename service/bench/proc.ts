import { readFileSync } from 'node:fs';

/** Time of all cores since the machine started, in ticks, and how much of it the host kept for others. */
export type Ticks = { all: number; stolen: number };

/** Clock ticks of a second: Linux has told user programs 100 everywhere for twenty years. */
const TICK_MS = 10;

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/**
 * Reads the first line of /proc/stat: https://man7.org/linux/man-pages/man5/proc_stat.5.html
 * The columns are user, nice, system, idle, iowait, irq, softirq, steal; guest time stands in user's already.
 */
export function parseTicks(stat: string): Ticks {
  const columns = (stat.split('\n', 1)[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: columns.reduce((sum, column) => sum + column, 0), stolen: columns[7] ?? 0 };
}

/** Undefined without /proc. */
export function ticks(): Ticks | undefined {
  const stat = read('/proc/stat');
  return stat === undefined ? undefined : parseTicks(stat);
}

/** The share of the machine's time that was stolen between two moments, from 0 to 1. */
export function stolenShare(from: Ticks | undefined, to: Ticks | undefined): number | undefined {
  if (!from || !to || to.all === from.all) return undefined;
  return (to.stolen - from.stolen) / (to.all - from.all);
}

/** A process and all below it, as far as they live. */
export function treeOf(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`);
  if (children === undefined) return [];
  return [pid, ...children.trim().split(' ').filter(Boolean).map(Number).flatMap(treeOf)];
}

/**
 * Bytes of memory that a process had resident, at most and now: VmHWM and VmRSS of /proc/PID/status.
 * https://man7.org/linux/man-pages/man5/proc_pid_status.5.html
 */
export function parseResident(status: string): { peak: number; now: number } {
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { peak: kilobytes('VmHWM') * 1024, now: kilobytes('VmRSS') * 1024 };
}

/** Of processes and all below them, their peaks summed up as if they had come at one time; undefined without /proc. */
export function residentOf(pids: readonly number[]): { peak: number; now: number } | undefined {
  const all = pids.flatMap(treeOf).flatMap((process) => {
    const status = read(`/proc/${process}/status`);
    return status === undefined ? [] : [parseResident(status)];
  });
  if (all.length === 0) return undefined;
  return all.reduce((sum, { peak, now }) => ({ peak: sum.peak + peak, now: sum.now + now }));
}

/**
 * Milliseconds of user and system time from /proc/PID/stat.
 * The second column is the program's name in brackets, and may hold blanks and brackets itself.
 */
export function parseCpuMs(stat: string): number {
  const columns = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(columns[11]) + Number(columns[12])) * TICK_MS;
}

/** CPU time that processes and all below them have used, in milliseconds; undefined without /proc. */
export function cpuMsOf(pids: readonly number[]): number | undefined {
  const all = pids.flatMap(treeOf).flatMap((process) => {
    const stat = read(`/proc/${process}/stat`);
    return stat === undefined ? [] : [parseCpuMs(stat)];
  });
  return all.length === 0 ? undefined : all.reduce((sum, ms) => sum + ms);
}
