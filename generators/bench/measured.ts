import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Refusal } from '../model/refusal.ts';
import type { Scratch } from './scratch.ts';

/** What one run of a program cost. */
export interface Cost {
  /** Wall-clock milliseconds, from before the start of the process until it has ended and its output is read. */
  readonly ms: number;
  /** The most memory that the process and all below it had resident at one time, in bytes; undefined without /proc. */
  readonly peak: number | undefined;
}

export interface Measured extends Cost {
  readonly stdout: string;
}

/** How often memory is looked at, in milliseconds. What is allocated and given back in between is not seen. */
const period = 15;

/**
 * Runs a program to its end and measures it, with all the processes that it starts.
 * @throws {Refusal} with what it said, when it exits with another status than 0
 */
export async function measure(
  scratch: Scratch,
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv; readonly input?: Buffer },
): Promise<Measured> {
  const started = performance.now();
  const child = scratch.spawn(command, args, { cwd: options.cwd, env: options.env, stdio: 'pipe' });
  const watch = watchMemory(child);
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const { stdout: out, stderr: err } = child;
  if (!out || !err) throw new Error('the process has no output');
  const [stdout, stderr, status] = await Promise.all([text(out), text(err), ended]);
  const ms = performance.now() - started;
  const peak = watch.stop();
  if (status !== 0)
    throw new Refusal(
      `${command} ${args.slice(0, 3).join(' ')} ended with status ${status}: ${(stderr || stdout).trim().slice(-1000)}`,
    );
  return { ms, peak, stdout };
}

function watchMemory({ pid }: ChildProcess): { stop(): number | undefined } {
  let peak: number | undefined;
  const look = () => {
    const now = pid === undefined ? undefined : residentOf(pid);
    if (now !== undefined && now > (peak ?? 0)) peak = now;
  };
  const timer = setInterval(look, period);
  return {
    stop: () => {
      clearInterval(timer);
      return peak;
    },
  };
}

/**
 * Resident bytes of a process and all below it, pages that two of them share counted twice.
 * See https://docs.kernel.org/filesystems/proc.html: `statm` counts pages; `children` lists what a thread started.
 */
function residentOf(pid: number): number | undefined {
  let sum: number | undefined;
  const waiting = [pid];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    try {
      sum = (sum ?? 0) + Number(readFileSync(`/proc/${next}/statm`, 'utf8').split(' ')[1]) * pageSize;
      const children = readFileSync(`/proc/${next}/task/${next}/children`, 'utf8').trim();
      if (children) waiting.push(...children.split(' ').map(Number));
    } catch {
      // It ended while it was looked at.
    }
  }
  return sum;
}

/** Linux has it at 4 KiB on x86-64 and on most arm64 kernels; the others are told by their own figures. */
const pageSize = kernelPageSize();

function kernelPageSize(): number {
  try {
    const kilobytes = /^KernelPageSize:\s+(\d+) kB/m.exec(readFileSync('/proc/self/smaps', 'utf8'))?.[1];
    return Number(kilobytes ?? 4) * 1024;
  } catch {
    return 4096;
  }
}

/** The middle one of some figures, or the mean of the two in the middle. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}
