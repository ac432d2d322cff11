import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createForge } from '../../clusters/local/forge/forge.ts';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import { appsIndex, environmentsFile, fixtureApp, protectedNames } from '../commands/sandbox.fixture.ts';
import type { Forge } from '../forge/forge.ts';
import { gitlab } from '../forge/gitlab.ts';
import { Git } from '../git/git.ts';
import { head } from '../model/names.ts';

const root = join(import.meta.dirname, '../..');
const program = join(root, 'node_modules/gitlab-ci-local/dist/index.js');

/** What cleans up at its end. */
interface Scope {
  after(cleanUp: () => unknown): void;
}

/** Who has which token: each is a variable of one environment of the pipeline. */
const tokens = { publish: 'a-publisher', promote: 'a-promoter', statuses: 'a-teller', 'hand-over': 'a-messenger' };

export interface PipelineRun {
  /** Why GitLab made it. */
  readonly source: 'merge_request_event' | 'push' | 'schedule' | 'web';
  /** The commit it is for. @default the tip of main */
  readonly commit?: string;
  /** What main was before: what `changes` compares with. @default the commit's parent */
  readonly before?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Only these jobs and what they need: whatever comes after was cut off. @default all */
  readonly only?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  /** Another project, whose pipeline it is. */
  readonly of?: Project;
  /** As before anybody has set the variables of the environments. */
  readonly withoutTokens?: boolean;
}

/** A repository beside that of Slipway, on the same GitLab. */
export interface Project {
  readonly path: string;
  readonly remote: Git;
  readonly work: Git;
}

export interface Ran {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
  /** What a job printed, by name. */
  readonly said: ReadonlyMap<string, string>;
  /** All that gitlab-ci-local printed. */
  readonly output: string;
  readonly seconds: number;
}

/**
 * A GitLab on this machine: the local forge over a bare repository, with git over HTTP, one account for each token, and
 * a runner, which is gitlab-ci-local. Commands that need an account or a network are stand-ins on its PATH.
 */
export class Site {
  readonly dir: string;
  readonly url: string;
  readonly remote: Git;
  readonly forge: Forge;
  /** Whoever writes the commits; it knows the repository by its folder. */
  readonly work: Git;
  /** `127.0.0.1:5000`, where a registry is served. */
  readonly registry: string;
  readonly tokens = tokens;
  /** Whether an app is built here; without one the job that looks for images is a stand-in, too. */
  readonly builds: boolean;
  #runs = 0;

  constructor(dir: string, url: string, remote: Git, forge: Forge, registry: string | undefined) {
    this.dir = dir;
    this.url = url;
    this.remote = remote;
    this.forge = forge;
    this.registry = registry ?? '127.0.0.1:9';
    this.builds = registry !== undefined;
    this.work = new Git(join(dir, 'work'));
  }

  /** Commits files, and takes away those that are undefined. @returns the commit */
  async commit(files: Readonly<Record<string, string | undefined>>, branch = 'main'): Promise<string> {
    const from = branch === 'main' || !(await this.tip(branch)) ? 'main' : branch;
    await this.work.bytes(['fetch', '--quiet', 'origin']);
    if (await this.tip(from)) await this.work.bytes(['checkout', '--quiet', '--force', '-B', branch, `origin/${from}`]);
    for (const [path, text] of Object.entries(files)) {
      const file = join(this.work.dir, path);
      await mkdir(dirname(file), { recursive: true });
      if (text === undefined) await rm(file);
      else await writeFile(file, text);
    }
    await this.work.bytes(['add', '--all']);
    await this.work.bytes([
      'commit',
      '--quiet',
      '--allow-empty',
      '-m',
      `change ${Object.keys(files).join(', ')}`.slice(0, 60),
    ]);
    await this.work.bytes(['push', '--quiet', 'origin', `HEAD:${branch}`]);
    return this.work.text(['rev-parse', 'HEAD']);
  }

  /** Commits a new configuration of an app. @returns the commit */
  change(app: string, VALUE: string): Promise<string> {
    return this.commit({ [`apps/${app}/app.ts`]: fixtureApp(app, { env: { VALUE } }) });
  }

  /** The configuration that an environment branch has for an app. */
  async value(environment: string, app: string): Promise<string | undefined> {
    const text = await this.file(`env/${environment}`, `${app}/deployment-${app}.yaml`);
    return /name: VALUE\n\s+value: '?(\w+)/.exec(text ?? '')?.[1];
  }

  tip(branch: string): Promise<string | undefined> {
    return this.remote.commit(head(branch));
  }

  /** A file of a branch; undefined when it is not there. */
  file(branch: string, path: string): Promise<string | undefined> {
    return this.remote.text(['show', `${head(branch)}:${path}`]).catch(() => undefined);
  }

  /** Writes what a stand-in answers from. */
  async write(file: string, value: unknown): Promise<void> {
    await writeFile(file, JSON.stringify(value));
  }

  /** Makes another project, with its first files. */
  async project(name: string, files: Readonly<Record<string, string>>): Promise<Project> {
    const remote = await createRepository(join(this.dir, `${name}.git`), ['main']);
    const made: Project = { path: `local/${name}`, remote, work: new Git(join(this.dir, name)) };
    await mkdir(made.work.dir);
    await made.work.bytes(['init', '--quiet', '--initial-branch=main']);
    await made.work.bytes(['remote', 'add', 'origin', remote.dir]);
    await this.push(made, files);
    return made;
  }

  /** Commits files to the main of another project. @returns the commit */
  async push({ work }: Project, files: Readonly<Record<string, string>>): Promise<string> {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(work.dir, path)), { recursive: true });
      await writeFile(join(work.dir, path), text);
    }
    await work.bytes(['add', '--all']);
    await work.bytes(['commit', '--quiet', '-m', 'a change']);
    await work.bytes(['push', '--quiet', 'origin', 'HEAD:main']);
    return work.text(['rev-parse', 'HEAD']);
  }

  /** Runs a pipeline as GitLab would. */
  async run({
    source,
    commit,
    before,
    inputs = {},
    only = [],
    variables = {},
    withoutTokens,
    of,
  }: PipelineRun): Promise<Ran> {
    const { path = project.path, remote = this.remote } = of ?? {};
    const sha = commit ?? (await remote.commit(head('main'))) ?? '';
    const dir = join(this.dir, `run-${++this.#runs}`);
    const git = new Git(dir);
    const { port } = new URL(this.url);
    // As a runner clones: with the token of the job, which may read and nothing else.
    const server = `http://gitlab-ci-token:a-job@127.0.0.1:${port}/`;
    await promisify(execFile)('git', ['clone', '--quiet', of ? remote.dir : `${server}${path}.git`, dir]);
    await git.bytes(['remote', 'set-url', 'origin', `${server}${path}.git`]);
    await git.bytes(['checkout', '--quiet', '-B', source === 'merge_request_event' ? 'a-request' : 'main', sha]);
    await git.bytes(['update-ref', 'refs/remotes/origin/main', before ?? `${sha}^`]);
    await this.#settings(dir, withoutTokens ? {} : tokens, of === undefined);
    const merging = source === 'merge_request_event';
    const given: Readonly<Record<string, string>> = {
      CI_PIPELINE_SOURCE: source,
      ...(merging ? {} : { CI_COMMIT_BRANCH: 'main' }),
      CI_REGISTRY: this.registry,
      CI_REGISTRY_IMAGE: `${this.registry}/${path}`,
      CI_REGISTRY_USER: 'a-user',
      CI_REGISTRY_PASSWORD: 'a-password',
      CI_PROJECT_ID: path,
      CI_JOB_TOKEN: 'a-job',
      SLIPWAY_SIGNING_KEY: join(this.dir, 'cosign.key'),
      ...variables,
    };
    const args = [
      ...['--force-shell-executor', '--shell-isolation', '--concurrency', '2', '--no-artifacts-to-source'],
      ...(merging ? ['--unset-variable', 'CI_COMMIT_BRANCH'] : []),
      ...Object.entries(given).flatMap(([name, value]) => ['--variable', `${name}=${value}`]),
      ...['--ignore-predefined-vars', Object.keys(given).join(',')],
      ...Object.entries(inputs).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
      ...(only.length > 0 ? ['--needs', ...only] : []),
    ];
    const start = performance.now();
    // GitLab itself fetches what a pipeline file includes from another project, as who may read there.
    const including = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${server}.insteadOf`,
      GIT_CONFIG_VALUE_0: `${this.url}/`,
    };
    const output = await this.#gitlabCiLocal(dir, args, of ? including : {});
    const seconds = (performance.now() - start) / 1000;
    return { ...(await outcomeOf(dir, output)), output, seconds };
  }

  /** What stands in, and what has a token, in the files that gitlab-ci-local reads beside the pipeline. */
  async #settings(dir: string, tokens: Readonly<Record<string, string>>, own: boolean): Promise<void> {
    await writeFile(join(dir, '.git/info/exclude'), '.gitlab-ci-local*\n');
    const scoped = Object.entries(tokens).map(([environment, token]) => `    ${environment}: ${token}\n`);
    await writeFile(
      join(dir, '.gitlab-ci-local-variables.yml'),
      scoped.length === 0 ? '{}\n' : `SLIPWAY_TOKEN:\n  type: variable\n  values:\n${scoped.join('')}`,
    );
    if (!own) return;
    const standIn = (what: string) => `  script: ['echo "stand-in: ${what} is not run here"']\n`;
    await writeFile(
      join(dir, '.gitlab-ci-local.yml'),
      `lint:\n  before_script: []\n${standIn('npm run lint')}test:\n${standIn('npm run unit')}${this.builds ? '' : "images:\n  script: [': > images.txt']\n"}`,
    );
  }

  #gitlabCiLocal(cwd: string, args: readonly string[], variables: NodeJS.ProcessEnv): Promise<string> {
    const child = spawn(process.execPath, [program, ...args], {
      cwd,
      env: { ...this.surroundings(), ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => said.push(chunk));
    return new Promise((resolve, reject) =>
      child.on('error', reject).on('close', () => resolve(Buffer.concat(said).toString())),
    );
  }

  /** What a job finds: the stand-ins first, and nothing of whoever runs the tests. */
  surroundings(): NodeJS.ProcessEnv {
    const stood = [join(this.dir, 'bin'), join(import.meta.dirname, 'stand-ins'), dirname(process.execPath)];
    return {
      ...{
        PATH: [...stood, process.env.PATH].join(':'),
        HOME: join(this.dir, 'home'),
        FORCE_COLOR: '0',
        LC_ALL: 'C.UTF-8',
      },
      SLIPWAY_JOURNAL: join(this.dir, 'journal'),
      ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap((role) => [
          [`GIT_${role}_NAME`, 'A Runner'],
          [`GIT_${role}_EMAIL`, 'runner@localhost.invalid'],
        ]),
      ),
    };
  }
}

/** Which jobs passed and failed, by the last word of gitlab-ci-local, and what each printed. */
async function outcomeOf(dir: string, output: string): Promise<Pick<Ran, 'passed' | 'failed' | 'said'>> {
  const named = (word: string) =>
    [...output.matchAll(new RegExp(`^ ?${word} +(\\S.*?)\\s*$`, 'gm'))].map(([, name = '']) => name);
  const strip = (line: string) => line.replace(/ {2,}.*$/, '');
  const passed = [...named('PASS').map(strip), ...named('WARN').map(strip)];
  const failed = named('FAIL').map(strip);
  const said = new Map<string, string>();
  for (const name of [...passed, ...failed]) {
    const file = name.replace(/[^\w-]+/g, (part) => Buffer.from(part).toString('base64url'));
    said.set(name, await readFile(join(dir, '.gitlab-ci-local/output', `${file}.log`), 'utf8').catch(() => ''));
  }
  return { passed, failed, said };
}

/** The smallest service: its image has one file. */
const serviceFiles = (repository: string) => ({
  'apps/counter/app.ts': fixtureApp('counter', { image: { repository, build: 'service' } }),
  'service/package.json': '{ "name": "counter", "version": "1.0.0" }\n',
  'service/hello.txt': 'hello\n',
  'service/Dockerfile': 'FROM scratch\nCOPY hello.txt /\nUSER 65532:65532\nCMD ["/hello.txt"]\n',
});

/** A Slipway repository with the real pipeline, two apps that are built elsewhere, and what a forge needs. */
export async function site(t: Scope, { registry }: { registry?: string } = {}): Promise<Site> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-site-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const remote = await createRepository(join(dir, 'remote.git'), protectedNames);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const bots = Object.entries(tokens).map(([name, token]) => [token, { name, role: 'maintainer' }] as const);
  const accounts = { ...Object.fromEntries(bots), 'a-job': { name: 'job', role: 'reporter' } as const };
  const file = join(dir, 'forge.json');
  server.on(
    'request',
    await createForge({ repository: remote, file, token: 'a-token', accounts, url: () => url, now: () => new Date() }),
  );

  for (const folder of ['work', 'bin', 'home']) await mkdir(join(dir, folder));
  // Packages are those of this repository: nothing is fetched.
  const npm = `#!/bin/sh\ncase $1 in\n  ci) test -e node_modules || ln -s '${join(root, 'node_modules')}' node_modules ;;\n  *) echo "no stand-in for npm $*" >&2; exit 1 ;;\nesac\n`;
  await writeFile(join(dir, 'bin/npm'), npm);
  await chmod(join(dir, 'bin/npm'), 0o755);
  await symlink(process.execPath, join(dir, 'bin/node'));
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(join(dir, 'cosign.key'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  await writeFile(join(dir, 'cosign.pub'), publicKey.export({ type: 'spki', format: 'pem' }));

  const made = new Site(dir, url, remote, gitlab({ host: url, project: project.path, token: 'a-token' }), registry);
  await made.work.bytes(['init', '--quiet', '--initial-branch=main']);
  await made.work.bytes(['remote', 'add', 'origin', remote.dir]);
  const source = (path: string) =>
    !/(\.(test|fixture|pipeline)\.ts|\.md|\/generators\/(bench|faults)|\/requests|\/stand-ins)$/.test(path);
  const kept = (path: string) => source(path) || /\/generators\/(documents\.test|example\.fixture)\.ts$/.test(path);
  for (const folder of ['generators', 'clusters/local'])
    await cp(join(root, folder), join(made.work.dir, folder), { recursive: true, filter: kept });
  for (const name of ['.gitlab-ci.yml', 'package.json', 'package-lock.json', '.npmrc'])
    await cp(join(root, name), join(made.work.dir, name));
  await made.commit({
    '.gitignore': '.gitlab-ci-local*\nnode_modules\n',
    'README.md': '# A site\n',
    'clusters/environments.ts': environmentsFile().replace(
      'registries: [',
      `registries: ['${registry}/${project.path}', `,
    ),
    'apps/index.ts': appsIndex(['a', 'b', ...(made.builds ? ['counter'] : [])]),
    ...(made.builds ? serviceFiles(`${made.registry}/${project.path}/counter`) : {}),
    'apps/a/app.ts': fixtureApp('a', { env: { VALUE: '1' } }),
    'apps/b/app.ts': fixtureApp('b', { env: { VALUE: '1' } }),
  });
  return made;
}
