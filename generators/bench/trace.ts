import { readFile } from 'node:fs/promises';

/** One git process that a program started. Times are in milliseconds from the start of the first. */
export interface GitProcess {
  readonly command: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Reads what git wrote to the file named by GIT_TRACE2_EVENT. Processes that git itself started count within theirs.
 * The format: https://git-scm.com/docs/api-trace2
 */
export async function readTrace(file: string): Promise<GitProcess[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const found = new Map<string, { command: string; start: number; end: number }>();
  let origin: number | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const event = JSON.parse(line) as { event: string; sid: string; time: string; argv?: string[] };
    if (event.sid.includes('/')) continue;
    const at = millisecondsOf(event.time);
    if (event.event === 'start') {
      origin ??= at;
      found.set(event.sid, { command: verbOf(event.argv ?? []), start: at - origin, end: at - origin });
    }
    const process = found.get(event.sid);
    if (process && origin !== undefined) process.end = at - origin;
  }
  return [...found.values()];
}

/** `2026-11-21T04:09:21.123456Z`: microseconds, of which a Date keeps a thousandth. */
const millisecondsOf = (time: string) => Date.parse(`${time.slice(0, 23)}Z`) + Number(time.slice(23, 26)) / 1000;

/** `git -C dir -c a=b fetch …` → `fetch`. */
function verbOf(argv: readonly string[]): string {
  let at = 1;
  while (argv[at] === '-C' || argv[at] === '-c') at += 2;
  return argv[at] ?? 'git';
}

/**
 * How long at least one of these processes ran.
 * @param startup milliseconds that the machine needs to start a git process, which git does not see itself
 */
export function timeOf(processes: readonly GitProcess[], startup: number): number {
  let sum = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { start, end } of [...processes].sort((a, b) => a.start - b.start)) {
    const from = Math.max(until, start - startup);
    if (end > from) sum += end - from;
    until = Math.max(until, end);
  }
  return sum;
}
