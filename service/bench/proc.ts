import { readFileSync } from 'node:fs';

/** Time of all cores since the machine started, in ticks: how much was worked, and how much the host kept for others. */
export type Ticks = { all: number; worked: number; stolen: number };

/** Where a machine's time went, as shares from 0 to 1 of all. */
export type Shares = {
  /** What its host gave to other machines. */
  stolen: number;
  /** What other programs of this machine worked. */
  others: number;
};

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
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, stolen = 0] = columns;
  return {
    all: columns.reduce((sum, column) => sum + column, 0),
    worked: user + nice + system + irq + softirq,
    stolen,
  };
}

/** A moment: what the machine did until then, and what this program did with all that it started. Undefined without /proc. */
export function moment(): { machine: Ticks; ownMs: number } | undefined {
  const stat = read('/proc/stat');
  const ownMs = cpuMsOf([process.pid]);
  return stat === undefined || ownMs === undefined ? undefined : { machine: parseTicks(stat), ownMs };
}

/** Where the time between two moments went; undefined where that cannot be seen. */
export function sharesBetween(from: ReturnType<typeof moment>, to: ReturnType<typeof moment>): Shares | undefined {
  if (!from || !to || to.machine.all === from.machine.all) return undefined;
  const all = to.machine.all - from.machine.all;
  const own = (to.ownMs - from.ownMs) / TICK_MS;
  return {
    stolen: (to.machine.stolen - from.machine.stolen) / all,
    others: Math.max(0, to.machine.worked - from.machine.worked - own) / all,
  };
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
 * Milliseconds of user and system time from /proc/PID/stat, with those of the children that have ended.
 * The second column is the program's name in brackets, and may hold blanks and brackets itself.
 */
export function parseCpuMs(stat: string): number {
  const columns = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return columns.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * TICK_MS;
}

/** CPU time that processes and all below them have used, in milliseconds; undefined without /proc. */
export function cpuMsOf(pids: readonly number[]): number | undefined {
  const all = pids.flatMap(treeOf).flatMap((process) => {
    const stat = read(`/proc/${process}/stat`);
    return stat === undefined ? [] : [parseCpuMs(stat)];
  });
  return all.length === 0 ? undefined : all.reduce((sum, ms) => sum + ms);
}
