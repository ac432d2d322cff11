import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { dump } from 'js-yaml';
import { Git } from '../../generators/git/git.ts';
import { writeCommits } from '../../generators/git/write.ts';
import { argocd } from '../../generators/live/argocd.ts';
import type { Live } from '../../generators/model/gate.ts';
import { head } from '../../generators/model/names.ts';
import { processesIn } from './processes.fixture.ts';
import { startWorld, stopWorld, type Ways, type World } from './world.ts';

Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });

export interface Started {
  /** A folder that goes with the test. */
  readonly dir: string;
  readonly world: World;
  readonly checkout: Git;
  /** The world's own. */
  readonly repository: Git;
  /** Puts these files on env/dev, and of the apps that they belong to no others. @returns the commit */
  readonly commit: (files: Readonly<Record<string, string>>) => Promise<string>;
  /** Waits until what is live of an app is as asked, which it asks every so many milliseconds. */
  readonly until: (app: string, holds: (live: Live) => boolean, period?: number) => Promise<Live>;
}

/** @param t with whose end the world ends */
export async function started(t: Pick<TestContext, 'after'>, ways: Omit<Ways, 'tied'> = {}): Promise<Started> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-world-'));
  const checkout = new Git(join(dir, 'checkout'));
  await mkdir(checkout.dir);
  await checkout.bytes(['init', '--quiet']);
  await writeFile(join(checkout.dir, 'README.md'), 'x');
  await commitAll(checkout);
  const world = await startWorld(checkout, join(dir, 'world'), ['dev'], { tied: true, ...ways });
  t.after(async () => {
    await stopWorld(world);
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  const repository = new Git(world.repository);
  const live = argocd({ server: world.control, token: world.token });
  return {
    dir,
    world,
    checkout,
    repository,
    commit: async (files) => {
      const tip = await repository.commit(head('env/dev'));
      const apps = new Set(Object.keys(files).map((path) => path.split('/')[0]));
      const there = tip === undefined ? [] : await repository.lines(['ls-tree', '-r', '--name-only', tip]);
      const gone = there.filter((path) => !(path in files) && apps.has(path.split('/')[0]));
      const writes = [
        ...Object.entries(files).map(([path, bytes]) => ({ path, bytes })),
        ...gone.map((path) => ({ path, deleted: true as const })),
      ];
      const [commit = ''] = await writeCommits(repository, tip, [{ message: 'x\n', writes }], Date.now());
      await repository.bytes(['update-ref', head('env/dev'), commit]);
      return commit;
    },
    until: async (app, holds, period = 50) => {
      let found: Live | undefined;
      for (const end = Date.now() + 20_000; Date.now() < end; await delay(period)) {
        found = (await live('dev')).find((candidate) => candidate.app === app);
        if (found && holds(found)) return found;
      }
      throw new Error(`${app} is ${JSON.stringify(found)}; ${await readFile(join(world.dir, 'world.log'), 'utf8')}`);
    },
  };
}

export async function commitAll(git: Git): Promise<string> {
  await git.bytes(['add', '--all']);
  await git.bytes(['-c', 'user.name=x', '-c', 'user.email=x@localhost', 'commit', '--quiet', '-m', 'x']);
  return git.text(['rev-parse', 'HEAD']);
}

/** A program as an artifact of the world. @returns its digest */
export async function artifact(world: Pick<World, 'dir'>, program: string): Promise<string> {
  const dir = await mkdtemp(join(world.dir, 'program-'));
  await writeFile(join(dir, 'package.json'), '{"main":"main.mjs"}');
  await writeFile(join(dir, 'main.mjs'), program);
  const tar = execFileSync('tar', ['-c', '-C', dir, 'package.json', 'main.mjs']);
  const hex = createHash('sha256').update(tar).digest('hex');
  await mkdir(join(world.dir, 'artifacts'), { recursive: true });
  await writeFile(join(world.dir, 'artifacts', `${hex}.tar`), tar);
  return `sha256:${hex}`;
}

export const answering = (text: string) => `
import { createServer } from 'node:http';
const server = createServer((_, response) => response.end(${JSON.stringify(text)}));
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

/** A program that answers each request by `answer(path)`. */
export const serving = (answer: string, before = '') => `
import { createServer } from 'node:http';
import { readFileSync, writeFileSync, existsSync, appendFileSync } from 'node:fs';
${before}
const server = createServer(async (request, response) => {
  const say = (text, status = 200) => response.writeHead(status).end(text);
  ${answer}
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;
/** Counts in the Redis at $REDIS, and answers what Redis said. */
export const speaking = `
import { createServer } from 'node:http';
import { connect } from 'node:net';
createServer((request, response) => {
  if (request.url === '/readyz') return response.end();
  const [host, port] = process.env.REDIS.split(':');
  const ask = request.url === '/kill' ? 'SHUTDOWN NOSAVE' : 'INCR hits';
  const socket = connect(Number(port), host, () => socket.write(ask + '\\r\\n'));
  socket.once('close', () => response.end());
  socket.once('data', (data) => { response.end(data.toString().trim()); socket.destroy(); });
  socket.once('error', (error) => response.writeHead(503).end(error.message));
}).listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

export const files = (app: string, manifests: readonly object[]) =>
  Object.fromEntries([
    [`${app}/application.yaml`, 'kind: Application\n'],
    ...manifests.map((manifest) => [
      `${app}/${(manifest as { kind: string }).kind.toLowerCase()}-${app}.yaml`,
      dump(manifest),
    ]),
  ]);

/** What a test's Deployment has beside, or instead of, the usual. */
export interface Besides {
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Of its container. */
  readonly container?: object;
  /** Of its pod. */
  readonly pod?: object;
  /** What its pods say of themselves. */
  readonly metadata?: object;
  /** Of the Deployment. */
  readonly spec?: object;
  /** Further manifests of the app. */
  readonly manifests?: readonly object[];
}

/** An app with a Deployment, a Service and an Ingress: what each commit puts on the branch. */
export function web(name: string, digest: string, besides: Besides = {}) {
  const { replicas = 1, env = {}, manifests = [] } = besides;
  const container = {
    name,
    image: `registry.example.com/${name}@${digest}`,
    env: Object.entries({ PORT: '3000', ...env }).map(([key, value]) => ({ name: key, value })),
    ports: [{ name: 'http', containerPort: 3000 }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
    ...besides.container,
  };
  const pod = { terminationGracePeriodSeconds: 5, containers: [container], ...besides.pod };
  const backend = { service: { name, port: { name: 'http' } } };
  const strategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  return files(name, [
    {
      kind: 'Deployment',
      metadata: { name },
      spec: { replicas, strategy, template: { metadata: besides.metadata, spec: pod }, ...besides.spec },
    },
    {
      kind: 'Service',
      metadata: { name },
      spec: { selector: { 'app.kubernetes.io/name': name }, ports: [{ port: 80, targetPort: 'http' }] },
    },
    {
      kind: 'Ingress',
      metadata: { name },
      spec: { rules: [{ host: `${name}.dev.example.com`, http: { paths: [{ path: '/', backend }] } }] },
    },
    ...manifests,
  ]);
}

export function stateful(name: string, args: readonly string[], label: string) {
  const container = {
    name,
    image: `docker.io/library/redis:8@sha256:${'b'.repeat(64)}`,
    args,
    ports: [{ containerPort: 6379 }],
    readinessProbe: { exec: { command: ['redis-cli', '-e', '-p', '6379', 'ping'] } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
  return files(name, [
    {
      kind: 'StatefulSet',
      metadata: { name },
      spec: {
        replicas: 1,
        template: {
          metadata: { labels: { label } },
          spec: { terminationGracePeriodSeconds: 5, containers: [container] },
        },
      },
    },
    {
      kind: 'Service',
      metadata: { name },
      spec: { selector: { 'app.kubernetes.io/name': name }, ports: [{ port: 6379 }] },
    },
  ]);
}

/** Processes that work in the world's folder, and the world's own. */
export const processesOf = ({ dir, pid }: World) => [...processesIn(dir), ...(existsSync(`/proc/${pid}`) ? [pid] : [])];

export function has(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
}
