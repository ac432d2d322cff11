import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Git } from '../git/git.ts';
import { head, main } from '../model/names.ts';

/** The environments of the generated repository, in path order. */
export const stages = ['dev', 'staging', 'production'] as const;

/** The commits of the generated repository. Each of the others stands directly on `before`. */
export interface Workload {
  /** A bare repository that holds them; its `main` is `before`. */
  readonly remote: Git;
  readonly names: readonly string[];
  readonly commits: {
    /** Every app at release 1. */
    readonly before: string;
    /** Every app at release 2: its image and its version label are others, so nearly every object is. */
    readonly all: string;
    /** One app in five at release 2. */
    readonly some: string;
    /** The last app alone at release 2. */
    readonly one: string;
    /** A file that no app reads. */
    readonly none: string;
  };
}

/** What `release` looks like in a manifest: the tag of the app's image, and its label `app.kubernetes.io/version`. */
export const versionOf = (release: 1 | 2) => `${release}.0.0`;

/**
 * Generates a Slipway repository of `count` web services × three environments: the generators and packages of the
 * checkout `program`, and apps and clusters of its own.
 * @param dir an empty folder
 */
export async function createWorkload(program: string, dir: string, count: number): Promise<Workload> {
  const checkout = new Git(join(dir, 'source'));
  const remote = new Git(join(dir, 'main.git'));
  for (const { dir } of [checkout, remote]) await mkdir(dir, { recursive: true });
  await remote.bytes(['init', '--quiet', '--bare', `--initial-branch=${main}`]);
  await checkout.bytes(['init', '--quiet', `--initial-branch=${main}`]);

  const source = (path: string) => !/\.(test|fixture)\.ts$/.test(path);
  for (const folder of ['generators', 'clusters'])
    await cp(join(program, folder), join(checkout.dir, folder), { recursive: true, filter: source });
  for (const file of ['package.json', 'package-lock.json', '.gitignore'])
    await cp(join(program, file), join(checkout.dir, file));
  await writeFile(join(checkout.dir, 'clusters', 'environments.ts'), environmentsFile());

  const names = Array.from({ length: count }, (_, index) => `app-${String(index + 1).padStart(5, '0')}`);
  await mkdir(join(checkout.dir, 'apps'));
  await writeFile(join(checkout.dir, 'apps', 'index.ts'), indexFile(names));
  const release = async (number: 1 | 2, some: readonly string[]) => {
    for (const name of some) {
      await mkdir(join(checkout.dir, 'apps', name), { recursive: true });
      await writeFile(join(checkout.dir, 'apps', name, 'app.ts'), appFile(name, number));
    }
  };
  const commit = async (name: string) => {
    await checkout.bytes(['add', '--all']);
    await checkout.bytes(['commit', '--quiet', '-m', name]);
    const sha = await checkout.text(['rev-parse', 'HEAD']);
    await checkout.bytes([
      'push',
      '--quiet',
      remote.dir,
      `${sha}:${name === 'before' ? head(main) : `refs/bench/${name}`}`,
    ]);
    return sha;
  };
  await release(1, names);
  const before = await commit('before');
  const after = async (name: string, change: () => Promise<unknown>) => {
    await checkout.bytes(['reset', '--quiet', '--hard', before]);
    await change();
    return commit(name);
  };
  const all = await after('all', () => release(2, names));
  const some = await after('some', () => release(2, names.slice(-someOf(count))));
  const one = await after('one', () => release(2, names.slice(-1)));
  const none = await after('none', () => writeFile(join(checkout.dir, 'NOTES.md'), 'Nothing that runs.\n'));
  return { remote, names, commits: { before, all, some, one, none } };
}

/** How many apps are some of so many. */
export const someOf = (count: number) => Math.ceil(count / 5);

/** One app, with every default written out: neither side of a comparison has to fill one in. */
function appFile(name: string, release: 1 | 2): string {
  const digest = `${release}${Buffer.from(name).toString('hex')}`.padEnd(64, '0');
  return `import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'web',
  name: '${name}',
  owner: 'team-bench',
  image: 'registry.example.com/bench/${name}:${versionOf(release)}@sha256:${digest}',
  port: 3000,
  ready: '/readyz',
  live: '/healthz',
  env: { LOG_LEVEL: 'info', REDIS_URL: 'redis://redis:6379' },
  resources: { cpu: '100m', memory: '128Mi' },
  grace: 30,
};
`;
}

/** `apps/index.ts`: the apps by name, each loaded when it is asked for. */
const indexFile = (names: readonly string[]): string =>
  `export const apps = {\n${names.map((name) => `  '${name}': () => import('./${name}/app.ts'),`).join('\n')}\n};\n`;

const environmentsFile = () => `import type { Cluster, Environment } from '../generators/model/environment.ts';

export const repository = 'https://gitlab.example.com/group/slipway.git';

export const clusters: readonly Cluster[] = [
  { name: 'nonprod', profile: 'eks', registries: ['registry.example.com'], storage: 'gp3', network: '10.10.0.0/16', namespaces: {} },
];

// What was published a moment ago may go on: nobody waits here.
const base = { cluster: 'nonprod', replicas: 2, resources: { cpu: '50m', memory: '256Mi' }, soak: '0s' };

export const environments: readonly Environment[] = [
${stages
  .map((name, index) => {
    const after = index > 0 ? ` after: '${stages[index - 1]}',` : '';
    return `  { ...base, name: '${name}',${after} domain: '${name}.example.com' },`;
  })
  .join('\n')}
];
`;
