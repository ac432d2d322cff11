import { rmSync } from 'node:fs';
import { mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOf, isAlive } from '../../clusters/local/lock.ts';

/** What stands in each: the number of the process that it belongs to, and below it what that was started with. */
const owner = 'pid';

/**
 * A temporary folder of this process, which goes with it. What was left by one that was killed is removed now.
 * @param kind how such folders begin: `slipway-dev-`
 */
export async function ownFolder(kind: string): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(kind)) continue;
    const former = join(tmpdir(), name);
    const [number, ...command] = (await readFile(join(former, owner), 'utf8').catch(() => '')).split('\n');
    const pid = Number(number);
    const isGone = !isAlive(pid) || (command.length > 0 && commandOf(pid) !== command.join('\n'));
    if (pid > 0 && isGone) await rm(former, { recursive: true, force: true, maxRetries: 5 }).catch(() => {});
  }
  const dir = await realpath(await mkdtemp(join(tmpdir(), kind)));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 20 }));
  await writeFile(join(dir, owner), `${process.pid}\n${commandOf(process.pid)}`);
  return dir;
}
