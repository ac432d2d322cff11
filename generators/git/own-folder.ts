import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What stands in each: the number of the process that it belongs to, and below it what that was started with. */
const owner = 'pid';

/** Those of this process. */
const own = new Set<string>();

/**
 * A temporary folder of this process, which goes with it. What was left by one that was killed is removed now.
 * @param kind how such folders begin: `slipway-dev-`
 */
export async function ownFolder(kind: string): Promise<string> {
  watch();
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(kind)) continue;
    const former = join(tmpdir(), name);
    const [number, ...command] = (await readFile(join(former, owner), 'utf8').catch(() => '')).split('\n');
    const pid = Number(number);
    const isGone = !isAlive(pid) || (command.length > 0 && commandOf(pid) !== command.join('\n'));
    if (pid > 0 && isGone) await rm(former, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
  }
  const dir = await realpath(await mkdtemp(join(tmpdir(), kind)));
  own.add(dir);
  await writeFile(join(dir, owner), `${process.pid}\n${commandOf(process.pid)}`);
  return dir;
}

/** Removes one before its process ends. */
export async function removeOwn(dir: string): Promise<void> {
  // What ran beside a step that failed may still be writing there.
  await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  own.delete(dir);
}

/** Removes them at the end of the process, however it comes. */
function watch(): void {
  if (process.listeners('exit').includes(removeAll)) return;
  process.on('exit', removeAll);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // First of all, to see whether anybody else listens: then it is theirs to say whether the process ends.
    process.prependOnceListener(signal, () => {
      if (process.listenerCount(signal) > 0) return;
      removeAll();
      process.kill(process.pid, signal);
    });
  }
}

function removeAll(): void {
  for (const dir of own) {
    try {
      // A git that ends later than this process may still be writing there.
      rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
    } catch {
      // The next one that opens such a folder removes it.
    }
  }
}

/** Whether a process of that number runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's may not be signalled, and is there all the same.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** What a process was started with; empty where there is none. By it one knows a number that is somebody else's by now. */
export function commandOf(pid: number): string {
  try {
    return process.platform === 'linux'
      ? readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      : execFileSync('ps', ['-p', String(pid), '-o', 'command='], {
          encoding: 'utf8',
          stdio: ['ignore', 'pipe', 'ignore'],
        });
  } catch {
    return '';
  }
}
