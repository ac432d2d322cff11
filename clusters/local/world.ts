import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from '../../generators/git/git.ts';
import { isAlive } from '../../generators/git/own-folder.ts';
import { environmentBranch, head, main, rendered } from '../../generators/model/names.ts';
import { Refusal } from '../../generators/model/refusal.ts';
import { createRepository } from './forge/repository.ts';
import { locked } from './lock.ts';
import { checkPrograms } from './observe/programs.ts';

/** What a running world tells those who want to talk to it. Readable by its owner only: it holds the token. */
export interface WorldFile {
  readonly version: 1;
  readonly pid: number;
  /** Tells this run from another that has the same ports. */
  readonly instance: string;
  readonly repository: string;
  /** Forge and Argo CD's API. */
  readonly control: string;
  readonly proxy: string;
  readonly project: string;
  readonly token: string;
  readonly environments: readonly string[];
  /** Where the Prometheus answers that watches it, when one does. */
  readonly prometheus?: string | undefined;
}

/** The program that a world runs in: `serveWorld`, with a board of its own. */
const daemonFile = join(import.meta.dirname, '..', '..', 'generators', 'commands', 'world-daemon.ts');

/** It lives for days beside other work: it collects early instead of letting its heap grow. */
const frugal = ['--optimize-for-size', '--max-semi-space-size=1'];

export interface DaemonSettings {
  readonly dir: string;
  readonly environments: readonly string[];
  readonly proxyPort: number;
  readonly controlPort: number;
  /** It ends when whoever started it does. */
  readonly tied: boolean;
  /** A folder that goes with it. */
  readonly remove?: string | undefined;
  /** A Prometheus watches it. @default false */
  readonly observe?: boolean | undefined;
}

/** What may be asked of a world when it starts. */
export type Ways = Pick<DaemonSettings, 'tied' | 'remove' | 'observe'>;

/** A world that runs, and the process that holds it when it is tied to this one. */
export interface World extends WorldFile {
  readonly dir: string;
  readonly daemon?: ChildProcess;
}

export const worldFile = (dir: string) => join(dir, 'world.json');
export const repositoryDir = (dir: string) => join(dir, 'repository.git');

/** The world in that folder, if it runs: it must answer, since a file and a process number may outlive it. */
export async function findWorld(dir: string): Promise<World | undefined> {
  let file: WorldFile;
  try {
    file = JSON.parse(await readFile(worldFile(dir), 'utf8')) as WorldFile;
    const answer = await fetch(`${file.control}/healthz`, { signal: AbortSignal.timeout(2000) });
    if ((await answer.text()) !== file.instance) return undefined;
  } catch {
    return undefined;
  }
  return { ...file, dir };
}

/**
 * Starts the world in a folder, or gives the one that runs there. A new one has the checkout's HEAD as `main`.
 * @throws {Refusal} when it does not come up, with the end of its log; when it shall be observed, and this machine has no
 *   Prometheus, or one runs there that is not
 */
export async function startWorld(
  checkout: Git,
  dir: string,
  environments: readonly string[],
  ways: Ways,
): Promise<World> {
  if (ways.observe) await checkPrograms();
  await mkdir(dir, { recursive: true, mode: 0o700 });
  // Two that are started at once are one.
  const world = await locked(
    join(dir, 'world.lock'),
    async () => (await findWorld(dir)) ?? (await newWorld(checkout, dir, environments, ways)),
  );
  if (ways.observe && world.prometheus === undefined)
    throw new Refusal(
      `A local world runs in ${dir} that no Prometheus watches: npx slipway local down, then up --observe.`,
    );
  return world;
}

async function newWorld(
  checkout: Git,
  dir: string,
  environments: readonly string[],
  { tied, remove, observe }: Ways,
): Promise<World> {
  await rm(worldFile(dir), { force: true });
  const repository = await createRepository(repositoryDir(dir), [
    // As doctor wants it. Who pushes by path, on the machine itself, has no level, and pushes all the same.
    { name: main, push: 0 },
    { name: rendered, merge: 0 },
    ...environments.map(environmentBranch),
  ]);
  if (!(await repository.commit(head(main)))) {
    await checkout.bytes(['push', '--quiet', repository.dir, `${await beginning(checkout)}:${head(main)}`]);
  }

  const logFile = join(dir, 'world.log');
  const log = await open(logFile, 'a');
  const daemon = spawn(process.execPath, [...frugal, daemonFile], {
    // A terminal's Ctrl-C is for the command; the world ends by its input or by `local down`.
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
  });
  void log.close();
  const settings: DaemonSettings = { dir, environments, proxyPort: 8080, controlPort: 8081, tied, remove, observe };
  daemon.stdin?.on('error', () => {});
  daemon.stdin?.write(`${JSON.stringify(settings)}\n`);
  if (!tied) {
    daemon.stdin?.end();
    daemon.unref();
  }
  for (let waited = 0; waited < (observe ? 45_000 : 15_000); waited += 50) {
    const world = await findWorld(dir);
    if (world) return tied ? { ...world, daemon } : world;
    if (daemon.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  daemon.kill('SIGKILL');
  const end = (await readFile(logFile, 'utf8').catch(() => '')).trim().split('\n').slice(-5).join('\n');
  throw new Refusal(`The local world did not start. The end of ${logFile}:\n${end}`);
}

/** What `main` begins with. A shallow clone lacks the history behind its HEAD, so there it is one commit of the same files. */
async function beginning(checkout: Git): Promise<string> {
  if ((await checkout.text(['rev-parse', '--is-shallow-repository'])) === 'false') return 'HEAD';
  const identity = ['-c', 'user.name=Slipway', '-c', 'user.email=slipway@noreply.invalid'];
  return checkout.text([...identity, 'commit-tree', '-m', 'The files of a shallow clone', 'HEAD^{tree}']);
}

/** Stops a world and waits until nothing of it runs. */
export async function stopWorld(world: World): Promise<void> {
  if (world.daemon) {
    const { daemon } = world;
    const ended = new Promise((resolve) => daemon.once('exit', resolve));
    daemon.stdin?.end();
    if (daemon.exitCode === null && daemon.signalCode === null) await ended;
    return;
  }
  process.kill(world.pid, 'SIGTERM');
  for (let waited = 0; waited < 60_000; waited += 50) {
    if (!(await findWorld(world.dir)) && !isAlive(world.pid)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Refusal(
    `The local world (process ${world.pid}) did not stop within a minute; see ${join(world.dir, 'world.log')}.`,
  );
}
