import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { $ } from 'zx';
import { createForge, type ForgeSettings } from '../../clusters/local/forge/forge.ts';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import type { Forge } from '../forge/forge.ts';
import { gitlab } from '../forge/gitlab.ts';
import { Git } from '../git/git.ts';
import { environmentBranch, head } from '../model/names.ts';
import type { Context } from './context.ts';
import { program } from './hydrate-commit.ts';
import { type Promotion, promote } from './promote.ts';
import { type PublishResult, publish } from './publish.ts';
import { type Row, status } from './survey.ts';

// No setting of whoever runs the tests may change what git does.
Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
for (const role of ['AUTHOR', 'COMMITTER']) {
  Object.assign(process.env, { [`GIT_${role}_NAME`]: 'A Tester', [`GIT_${role}_EMAIL`]: 'tester@localhost.invalid' });
}

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** A Slipway repository of its own in a temporary folder: real git, small fixture apps, the local forge. */
export class Sandbox {
  readonly dir: string;
  readonly checkout: Git;
  /** The bare repository that plays the remote. */
  readonly remote: Git;
  readonly context: Context;
  /** What tells the command line where the forge is, and that it may do everything; its Reporter is `a-reporter`. */
  readonly variables: Readonly<Record<'CI_SERVER_URL' | 'CI_PROJECT_ID' | 'SLIPWAY_TOKEN', string>>;
  readonly #values: Record<string, string> = {};
  /** Why apps were taken out. */
  readonly #gone: Record<string, string> = {};
  #commits = 0;

  constructor(dir: string, remote: Git, context: Context, variables: Sandbox['variables']) {
    this.dir = dir;
    this.variables = variables;
    this.checkout = context.checkout;
    this.remote = remote;
    this.context = context;
  }

  /** Opens what a folder holds, with a forge of its own, until the scope ends. */
  static async open(t: Scope, dir: string, forge: Pick<ForgeSettings, 'method'> = {}): Promise<Sandbox> {
    const [remote, checkout] = [new Git(join(dir, 'remote.git')), new Git(join(dir, 'checkout'))];
    const served = await serveForge(t, remote, join(dir, 'forge.json'), forge);
    const context: Context = { checkout, remote: remote.dir, forge: served.forge, now: Date.now, say: () => {} };
    return new Sandbox(dir, remote, context, served.variables);
  }

  /** The same for somebody else: neither sees what the other does. */
  async copy(t: Scope): Promise<Sandbox> {
    const dir = await folder(t);
    await $`cp -R ${this.dir}/. ${dir}`.quiet();
    const copied = await Sandbox.open(t, dir);
    await copied.checkout.bytes(['remote', 'set-url', 'origin', copied.remote.dir]);
    Object.assign(copied.#values, this.#values);
    copied.#commits = this.#commits;
    return copied;
  }

  /** Commits files to `main` and pushes it. @returns the commit */
  async commit(files: Readonly<Record<string, string>>): Promise<string> {
    const sha = await this.commitQuietly(files);
    await this.checkout.bytes(['push', '--quiet', 'origin', 'HEAD:main']);
    return sha;
  }

  /** Commits files and pushes nothing. */
  async commitQuietly(files: Readonly<Record<string, string>>): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.checkout.dir, path)), { recursive: true });
      await writeFile(join(this.checkout.dir, path), text);
    }
    await this.checkout.bytes(['add', '--all']);
    await this.checkout.bytes(['commit', '--quiet', '--allow-empty', '-m', `commit ${++this.#commits}`]);
    return this.checkout.text(['rev-parse', 'HEAD']);
  }

  /** Commits a new configuration of these apps (`{ a: '2' }`); apps that were not named before are added. */
  change(values: Readonly<Record<string, string>>): Promise<string> {
    return this.commit(this.changed(values));
  }

  /** Takes an app out of `main`. */
  remove(app: string): Promise<string> {
    return this.commit(this.removed(app));
  }

  /** The files of a change, for whoever commits them otherwise. */
  changed(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
    Object.assign(this.#values, values);
    return appFiles(this.#values, this.#gone);
  }

  /** The files of a removal, with its reason. */
  removed(app: string): Readonly<Record<string, string>> {
    delete this.#values[app];
    this.#gone[app] = 'nobody needs it';
    return appFiles(this.#values, this.#gone);
  }

  publish(dry?: string): Promise<PublishResult> {
    return publish(this.context, { dry, images: new Map() });
  }

  promote(to?: string): Promise<Promotion[]> {
    return promote(this.context, { to });
  }

  /** Changes, publishes, and moves it through every environment by merge requests. */
  async deliver(values: Readonly<Record<string, string>>): Promise<void> {
    await this.change(values);
    await this.publish();
    for (const environment of ['staging', 'production']) await this.mergeTo(environment);
  }

  /** Promotes and merges as a person would. */
  async mergeTo(environment: string): Promise<Promotion> {
    const [promotion] = await this.promote(environment);
    if (!promotion?.request) throw new Error(`nothing to merge: ${JSON.stringify(promotion)}`);
    await this.context.forge?.merge(promotion.request.iid, promotion.request.sha);
    return promotion;
  }

  /** The state of one app in one environment, by `status`. */
  async row(environment: string, app: string): Promise<Row | undefined> {
    return (await status(this.context)).find((row) => row.environment === environment && row.app === app);
  }

  /** The value that an environment branch has for an app; undefined when its folder has no Deployment. */
  async value(environment: string, app: string): Promise<string | undefined> {
    const file = `${head(environmentBranch(environment))}:${app}/deployment-${app}.yaml`;
    const text = await this.remote.text(['show', file]).catch(() => '');
    return /name: VALUE\n\s+value: '?(\w+)/.exec(text)?.[1];
  }

  tip(branch: string): Promise<string | undefined> {
    return this.remote.commit(head(branch));
  }

  /** A person's own clone, on an environment branch; `git` runs there, `push` sends it. */
  async person(environment: string): Promise<Person> {
    const branch = environmentBranch(environment);
    const dir = await mkdtemp(join(this.dir, 'person-'));
    const git = new Git(dir);
    await git.bytes(['clone', '--quiet', '--branch', branch, this.remote.dir, '.']);
    return { dir, git, push: () => git.bytes(['push', '--quiet', 'origin', `HEAD:${branch}`]) };
  }
}

export interface Person {
  readonly dir: string;
  readonly git: Git;
  readonly push: () => Promise<unknown>;
}

/** The branches that a sandbox protects, with who may do what there. */
const protectedBranches = [
  { name: 'main', push: 0 },
  { name: 'rendered', merge: 0 },
  ...['dev', 'staging', 'production'].map((name) => ({ name: environmentBranch(name) })),
] as const;
export const protectedNames = protectedBranches.map(({ name }) => name);

/** What a sandbox lives in: a test, or anything else that cleans up at its end. */
export interface Scope {
  after(cleanUp: () => unknown): void;
}

/** Configurations by app. */
type Values = Readonly<Record<string, string>>;

/** A sandbox with the apps `a` and `b` and the environments dev → staging → production. */
export async function sandbox(t: Scope, values?: Values, forge: Pick<ForgeSettings, 'method'> = {}): Promise<Sandbox> {
  return forge.method === undefined ? copyOf(t, { values, to: 'main' }) : begin(t, values, forge);
}

async function begin(
  t: Scope,
  values: Values = { a: '1', b: '1' },
  forge: Pick<ForgeSettings, 'method'> = {},
): Promise<Sandbox> {
  const dir = await folder(t);
  const remote = await createRepository(join(dir, 'remote.git'), protectedBranches);

  const checkoutDir = join(dir, 'checkout');
  await mkdir(checkoutDir);
  const checkout = new Git(checkoutDir);
  await checkout.bytes(['init', '--quiet', '--initial-branch=main']);
  await checkout.bytes(['remote', 'add', 'origin', remote.dir]);
  // What no render loads would only be copied.
  const source = (path: string) => !/(\.(test|fixture)\.ts|\/generators\/(bench|faults)|\/requests)$/.test(path);
  await cp(join(program, 'generators'), join(checkoutDir, 'generators'), { recursive: true, filter: source });
  for (const file of ['package.json', 'package-lock.json']) await cp(join(program, file), join(checkoutDir, file));

  const made = await Sandbox.open(t, dir, forge);
  await made.commitQuietly({ 'clusters/environments.ts': environmentsFile() });
  await made.change(values);
  return made;
}

/** A folder that goes with its scope. */
export async function folder(t: Scope): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return dir;
}

/** A sandbox whose apps were published once. */
export const publishedBox = (t: Scope, values?: Values): Promise<Sandbox> => copyOf(t, { values, to: 'dev' });

/** A sandbox whose apps were published and stand in every environment up to one. */
export const deliveredBox = (t: Scope, to: 'staging' | 'production', values?: Values): Promise<Sandbox> =>
  copyOf(t, { values, to });

/** What tests begin with: how far it has come. */
interface Template {
  readonly values: Values | undefined;
  readonly to: 'main' | 'dev' | 'staging' | 'production';
}

/** Each is made once and copied: a publish renders for real, which takes longer than most tests that begin with one. */
const templates = new Map<string, Promise<Sandbox>>();

async function copyOf(t: Scope, template: Template): Promise<Sandbox> {
  const name = JSON.stringify(template);
  const made = templates.get(name) ?? make(template);
  templates.set(name, made);
  return (await made).copy(t);
}

async function make({ values, to }: Template): Promise<Sandbox> {
  const ends: (() => unknown)[] = [];
  const scope: Scope = { after: (end) => void ends.push(end) };
  const made = to === 'main' ? await begin(scope, values) : await copyOf(scope, { values, to: before[to] });
  if (to === 'dev') await made.publish();
  if (to === 'staging' || to === 'production') await made.mergeTo(to);
  for (const git of [made.remote, made.checkout]) await git.bytes(['repack', '-a', '-d', '-q']);
  // Its folder is there for as long as somebody may ask for a copy; its forge is not.
  const [, ...others] = ends;
  for (const end of others) await end();
  process.on('exit', () => rmSync(made.dir, { recursive: true, force: true }));
  return made;
}

const before = { dev: 'main', staging: 'dev', production: 'staging' } as const;

/** The local forge over a repository, at an address of its own, and the environment variables that lead a command there. */
export async function serveForge(
  t: Scope,
  repository: Git,
  file: string,
  settings: Pick<ForgeSettings, 'method' | 'asMade' | 'accounts'> = {},
): Promise<{ forge: Forge; variables: Sandbox['variables'] }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const token = 'a-token';
  const tokens = { token, reporter: 'a-reporter' };
  const answer = await createForge({ ...settings, ...tokens, repository, file, url: () => url, now: () => new Date() });
  server.on('request', answer);
  return {
    forge: gitlab({ host: url, project: project.path, token }),
    variables: { CI_SERVER_URL: url, CI_PROJECT_ID: project.path, SLIPWAY_TOKEN: token },
  };
}

/** A fixture app's definition; what is given comes instead. */
export const fixtureApp = (name: string, fields: object = {}) =>
  `export const app = ${JSON.stringify({
    kind: 'web',
    name,
    owner: 'team-test',
    image: `registry.example.com/${name}:1.0@${digest}`,
    port: 3000,
    ...fields,
  })};\n`;

/** `apps/index.ts` over the folders of these names. */
export const appsIndex = (names: readonly string[], removed: Readonly<Record<string, string>> = {}) =>
  `export const apps = {\n${names.map((name) => `  ${name}: () => import('./${name}/app.ts'),\n`).join('')}};
export const removed = ${JSON.stringify(removed)};\n`;

const appFiles = (values: Readonly<Record<string, string>>, removed: Readonly<Record<string, string>>) => ({
  'apps/index.ts': appsIndex(Object.keys(values), removed),
  ...Object.fromEntries(
    Object.entries(values).map(([name, VALUE]) => [`apps/${name}/app.ts`, fixtureApp(name, { env: { VALUE } })]),
  ),
});

/** The path; what only production or only staging sees may be told apart. */
export const environmentsFile = (
  production: { replicas: number } = { replicas: 2 },
  staging: { memory: string } = { memory: '64Mi' },
) => `
export const repository = 'https://gitlab.example.com/group/slipway.git';
export const clusters = [{ name: 'c', profile: 'eks', registries: ['registry.example.com', 'docker.io/library'], storage: 'gp3', namespaces: {} }];
const base = { cluster: 'c', replicas: 1, resources: { cpu: '50m', memory: '64Mi' }, soak: '1m' };
export const environments = [
  { ...base, name: 'dev', domain: 'dev.example.com' },
  { ...base, name: 'staging', after: 'dev', domain: 'staging.example.com', resources: { cpu: '50m', memory: '${staging.memory}' } },
  { ...base, name: 'production', after: 'staging', domain: 'example.com', replicas: ${production.replicas} },
];
`;
