import { randomBytes, randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Git } from '../../generators/git/git.ts';
import { createForge, isForgePath } from './forge/forge.ts';
import { project } from './forge/merge-requests.ts';
import { Observatory, type Watching } from './observe/observatory.ts';
import { applications } from './runtime/applications.ts';
import { createProxy, createTunnel, Tally } from './runtime/proxy.ts';
import { EnvironmentRuntime } from './runtime/runtime.ts';
import { versionsTarget } from './runtime/targets.ts';
import { type DaemonSettings, repositoryDir, type WorldFile, worldFile } from './world.ts';

/** Where Prometheus asks for its targets, by role. */
const targetsPath = '/targets/';

/** What the world offers to its board. */
export interface Inside {
  readonly repository: Git;
  readonly file: WorldFile;
  readonly runtimes: readonly EnvironmentRuntime[];
  readonly tally: Pick<Tally, 'requests' | 'failed' | 'lastFailure'>;
  /** Where the Prometheus answers that watches it, when one does. */
  readonly prometheus: string | undefined;
  /** What of that does not work, one sentence each. */
  readonly troubles: () => readonly string[];
}

/**
 * The local world as one process: forge, runtime, proxy and board. It reads its settings from the first line of standard
 * input; a tied world ends when that input does.
 * @param board answers for people whatever forge and Argo CD's API do not
 * @param watching what a Prometheus is told, when one shall watch
 */
export async function serveWorld(board: (inside: Inside) => RequestListener, watching: Watching): Promise<void> {
  const settings = JSON.parse(await firstLine()) as DaemonSettings;
  const { dir, environments, tied, remove } = settings;
  const repository = new Git(repositoryDir(dir));
  const token = randomBytes(24).toString('hex');
  const instance = randomUUID();

  const runtimes = environments.map((environment) => new EnvironmentRuntime(environment, repository, dir));
  const tally = new Tally();
  const proxy = await listen(createProxy(runtimes, tally), settings.proxyPort);
  proxy.on('upgrade', createTunnel(runtimes));
  const forge = await createForge({
    repository,
    file: join(dir, 'merge-requests.json'),
    token,
    url: () => url(control),
    now: () => new Date(),
  });
  const argocd = applications(runtimes, token);
  let pages: RequestListener = (_, response) => response.writeHead(503).end();
  const control: Server = await listen((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname;
    if (path === '/healthz') response.end(instance);
    else if (path.startsWith('/api/v1/')) argocd(request, response);
    else if (isForgePath(path)) forge(request, response);
    else if (path.startsWith(targetsPath)) targets(path.slice(targetsPath.length), response);
    else pages(request, response);
  }, settings.controlPort);

  /** What Prometheus is to read. */
  function targets(role: string, response: ServerResponse): void {
    const found = runtimes.flatMap((runtime) => runtime.targets(role, new URL(url(proxy)).host));
    if (role === 'pod') found.push(...versionsTarget(Number(new URL(url(control)).port)));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(found));
  }
  const observatory = settings.observe
    ? await Observatory.open({ world: dir, targets: `${url(control)}${targetsPath}`, runtimes, watching })
    : undefined;
  for (const runtime of runtimes) runtime.start();

  const file: WorldFile = {
    version: 1,
    pid: process.pid,
    instance,
    repository: repository.dir,
    control: url(control),
    proxy: url(proxy),
    project: project.path,
    token,
    environments,
    prometheus: observatory?.url,
  };
  const troubles = () => observatory?.troubles ?? [];
  pages = board({ repository, file, runtimes, tally, prometheus: observatory?.url, troubles });
  await writeFile(`${worldFile(dir)}.new`, JSON.stringify(file, null, 2), { mode: 0o600 });
  await rename(`${worldFile(dir)}.new`, worldFile(dir));

  let stopping = false;
  async function stop(): Promise<void> {
    if (stopping) return;
    stopping = true;
    for (const server of [control, proxy]) {
      server.close();
      server.closeAllConnections();
    }
    await Promise.all([...runtimes.map((runtime) => runtime.close()), observatory?.close()]);
    if (remove) await rm(remove, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
    else if ((await readFile(worldFile(dir), 'utf8').catch(() => '')).includes(instance))
      await rm(worldFile(dir), { force: true });
    process.exit(0);
  }
  process.on('SIGTERM', () => void stop());
  process.on('SIGINT', () => void stop());
  if (tied) process.stdin.on('end', () => void stop()).resume();
}

/** A fixed port is a convenience: when somebody has it, any other will do. */
function listen(listener: RequestListener, wanted: number): Promise<Server> {
  const server = createServer(listener);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE') return reject(error);
      server.once('error', reject);
      server.listen(0, '127.0.0.1', () => resolve(server));
    });
    server.listen(wanted, '127.0.0.1', () => resolve(server));
  });
}

function url(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function firstLine(): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    const read = (chunk: Buffer) => {
      said += chunk.toString();
      if (!said.includes('\n')) return;
      process.stdin.off('data', read).pause();
      resolve(said.slice(0, said.indexOf('\n')));
    };
    process.stdin.on('data', read);
    process.stdin.once('end', () => reject(new Error('no settings were given')));
  });
}
