import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createForge } from '../../clusters/local/forge/forge.ts';
import type { Method } from '../../clusters/local/forge/merge.ts';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import { advance } from '../commands/advance.ts';
import { type Context, untilSettled } from '../commands/context.ts';
import type { Scope } from '../commands/sandbox.fixture.ts';
import type { Forge } from '../forge/forge.ts';
import { gitlab } from '../forge/gitlab.ts';
import { Git } from '../git/git.ts';
import { type Depth, openMirror } from '../git/mirror.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit, Write } from '../model/commit.ts';
import type { Live } from '../model/gate.ts';
import { formatMetadata, formatPublished, type Stage } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import {
  applicationFile,
  environmentBranch,
  head,
  main,
  metadataFile,
  pipelineFile,
  publishedFile,
  rendered,
} from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { apart, lived } from './cut.ts';

export const apps = ['a', 'b', 'c'] as const;
export type App = (typeof apps)[number];

/** What a gate sees of an app, by what is wrong with it; `fresh` is healthy since a moment, `behind` runs an earlier commit. */
export type Health = 'healthy' | 'fresh' | 'degraded' | 'out of sync' | 'behind' | 'missing';
export const healths: readonly Health[] = ['healthy', 'fresh', 'degraded', 'out of sync', 'behind', 'missing'];

/** By so many commits at most is late who is `behind`. */
export const late = 2;

/** What the forge does to a call: it is not made, fails, or is made and nobody hears of it. */
export type ForgeFault = 'cut before' | 'cut after' | '500';

/**
 * Milliseconds between two turns. A part soaks in more than one and less than two, so that the clocks of two runners,
 * a few seconds apart, never disagree on it. Nor does a rollout, which may take ten minutes, end with a turn.
 */
export const tick = 61_000;

const dev: Stage = { name: 'dev', soak: 90 };
const staging: Stage = { name: 'staging', after: 'dev', soak: 0 };
const production: Stage = { name: 'production', after: 'staging', soak: 90 };

/** The shapes of the promotion path: one source asks for a soak time, the other for none. */
export const paths: Readonly<Record<string, readonly Stage[]>> = {
  line: [dev, staging, production],
  fork: [dev, staging, production, { ...production, name: 'drill' }],
};

/** What `main` says of an app: two numbers far apart in one file, and one that a single environment sees. */
interface Definition {
  image: number;
  config: number;
  removed: boolean;
  /** Per environment. */
  readonly own: Record<string, number>;
}

/** What one commit of `main` changes. */
export interface Change {
  readonly images?: readonly App[];
  readonly configs?: readonly App[];
  readonly removed?: readonly App[];
  /** What a single environment sees. */
  readonly own?: { readonly app: App; readonly environment: string };
  /** The pipeline files of every environment. */
  readonly pipelines?: true;
}

const token = 'a-token';

/** A remote with its forge and its gates, in which publishing costs next to nothing: what is rendered are three small files. */
export class Site {
  readonly dir: string;
  readonly remote: Git;
  readonly checkout: Git;
  readonly stages: readonly Stage[];
  readonly forge: Forge;
  /** Tells the command line where the forge is. */
  readonly variables: Readonly<Record<string, string>>;
  /** How the project merges now. */
  method: Method = 'rebase_merge';
  /** By environment and app: `staging/a`. @default healthy */
  readonly health = new Map<string, Health>();
  /** Environments whose gates cannot be asked. */
  readonly unreachable = new Set<string>();
  /** Milliseconds since 1970. */
  clock = Date.UTC(2026, 0, 1);
  /** What the forge does to each call, for as long as it says something. */
  forgeFault: (() => ForgeFault | undefined) | undefined;
  /** The published commits of `main`, oldest first. */
  readonly dry: string[] = [];
  readonly #url: string;
  readonly #definitions = new Map<App, Definition>(
    apps.map((app) => [app, { image: 1, config: 1, removed: false, own: {} }]),
  );
  #pipelines = 1;
  #person: Git | undefined;

  private constructor(dir: string, checkout: Git, stages: readonly Stage[], url: string) {
    this.dir = dir;
    this.remote = new Git(join(dir, 'remote.git'));
    this.checkout = checkout;
    this.stages = stages;
    this.#url = url;
    this.forge = gitlab({ host: url, project: project.path, token });
    this.variables = { CI_SERVER_URL: url, CI_PROJECT_ID: project.path, SLIPWAY_TOKEN: token };
  }

  /** A site on which nothing was published. */
  static async make(scope: Scope, stages: readonly Stage[]): Promise<Site> {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-site-'));
    scope.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    const branches = [main, rendered, ...stages.map(({ name }) => environmentBranch(name))];
    await createRepository(join(dir, 'remote.git'), branches);
    const checkout = new Git(join(dir, 'checkout'));
    await mkdir(checkout.dir);
    await checkout.bytes(['init', '--quiet', '--initial-branch=main']);
    return Site.#serve(scope, dir, checkout, stages);
  }

  /** A copy, which goes its own way. */
  async copy(scope: Scope): Promise<Site> {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-site-'));
    scope.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
    for (const name of ['remote.git', 'forge.json'])
      await cp(join(this.dir, name), join(dir, name), {
        recursive: true,
        filter: (path) => !path.endsWith('.sample'),
      });
    const site = await Site.#serve(scope, dir, this.checkout, this.stages);
    site.dry.push(...this.dry);
    for (const [app, { own, ...definition }] of this.#definitions)
      site.#definitions.set(app, { ...definition, own: { ...own } });
    return site;
  }

  static async #serve(scope: Scope, dir: string, checkout: Git, stages: readonly Stage[]): Promise<Site> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.after(() => {
      server.closeAllConnections();
      server.close();
    });
    const site = new Site(dir, checkout, stages, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const answer = await createForge({
      get repository() {
        return site.#dated(site.remote);
      },
      file: join(dir, 'forge.json'),
      token,
      url: () => site.#url,
      now: () => new Date(site.clock),
      squash_option: 'default_off',
      get method() {
        return site.method;
      },
    });
    server.on('request', (request, response) => apart(() => site.#answer(answer, request, response)));
    return site;
  }

  #answer(
    answer: (request: IncomingMessage, response: ServerResponse) => void,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    const fault = this.forgeFault?.();
    if (fault === 'cut before') request.socket.destroy();
    else if (fault === '500') response.writeHead(500, { 'content-type': 'application/json' }).end('{"message":"500"}');
    else {
      if (fault === 'cut after') response.end = () => response.destroy();
      answer(request, response);
    }
  }

  /** Calls the forge as a person does, whose connection holds. @returns the status, and what it said */
  async ask(method: string, path: string, body?: object): Promise<{ status: number; said: unknown }> {
    const url = `${this.#url}/api/v4/projects/${project.id}/merge_requests${path}`;
    const response = await fetch(url, {
      method,
      headers: { 'private-token': token, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, said: await response.json() };
  }

  /** @param skew milliseconds by which this runner's clock is ahead */
  context(skew = 0): Context {
    const { forge, checkout, remote } = this;
    const calls = Object.entries(forge) as [keyof Forge, (...args: never[]) => Promise<unknown>][];
    const watched = calls.map(([name, call]) => [name, (...args: never[]) => lived(() => call(...args))]);
    return {
      checkout,
      remote: remote.dir,
      forge: Object.fromEntries(watched) as unknown as Forge,
      live: (environment) => lived(() => this.live(environment)),
      now: () => this.clock + skew,
      say: () => {},
    };
  }

  healthOf(environment: string, app: string): Health {
    return this.health.get(`${environment}/${app}`) ?? 'healthy';
  }

  /** When the health of an app last changed, in milliseconds since 1970. */
  since(environment: string, app: string): number {
    return this.clock - (this.healthOf(environment, app) === 'fresh' ? 5_000 : 3_600_000);
  }

  /** What Argo CD would say of what stands on an environment branch. */
  async live(environment: string): Promise<readonly Live[]> {
    if (this.unreachable.has(environment)) throw new Refusal(`Argo CD cannot be asked about ${environment}.`);
    const branch = head(environmentBranch(environment));
    const own = await this.remote.lines(['rev-list', '--first-parent', `-${late + 1}`, branch]);
    const tip = own[0];
    const files = await this.remote.lines(['ls-tree', '-r', '--name-only', tip as string]);
    const running = files.flatMap((file) => (file.endsWith(`/${applicationFile}`) ? [file.split('/')[0] ?? ''] : []));
    return running.flatMap((app): Live[] => {
      const is = this.healthOf(environment, app);
      if (is === 'missing') return [];
      return [
        {
          app,
          sync: is === 'out of sync' ? 'OutOfSync' : 'Synced',
          revision: is === 'behind' ? own.at(-1) : tip,
          health: is === 'degraded' ? 'Degraded' : 'Healthy',
          since: this.since(environment, app),
        },
      ];
    });
  }

  /** Commits to `main` and appends what it renders to to `rendered`; no environment moves. */
  async publish(change: Change): Promise<void> {
    for (const app of change.images ?? []) Object.assign(this.#of(app), { removed: false }).image++;
    for (const app of change.configs ?? []) Object.assign(this.#of(app), { removed: false }).config++;
    for (const app of change.removed ?? []) this.#of(app).removed = true;
    const { own } = change;
    if (own) this.#of(own.app).own[own.environment] = (this.#of(own.app).own[own.environment] ?? 0) + 1;
    if (change.pipelines) this.#pipelines++;
    const first = this.dry.length === 0;
    const dry = await this.#commit(main, {
      message: 'a change\n',
      writes: [{ path: 'number', bytes: `${this.dry.length}` }],
    });
    const changed = new Set<string>([...(change.images ?? []), ...(change.configs ?? []), ...(change.removed ?? [])]);
    const writes = this.stages.flatMap(({ name }) => [
      ...(first || change.pipelines ? [this.#pipelineOf(name)] : []),
      ...apps
        .filter((app) => first || changed.has(app) || (own?.app === app && own.environment === name))
        .flatMap((app) => this.#part(name, app, dry)),
    ]);
    const there = await this.remote.commit(head(rendered));
    const [scratch = ''] = await writeCommits(this.remote, there, [{ message: 'x\n', writes }], this.clock, 'unsigned');
    const names = this.stages.map(({ name }) => name);
    const ids = await this.remote.lines(['rev-parse', ...names.map((name) => `${scratch}:${name}`)]);
    const trees = Object.fromEntries(names.map((name, index) => [name, ids[index] as string]));
    await this.#commit(rendered, {
      message: `Publish\n\nDry-Sha: ${dry}\n`,
      writes: [
        ...names.map((path): Write => ({ path, mode: mode.folder, id: trees[path] as string })),
        { path: publishedFile, bytes: this.#record(dry, trees) },
      ],
    });
    this.dry.push(dry);
  }

  /**
   * Has the first environment take what was published, as a publish does.
   * @param depth what it fetches: a publish that has nothing to append sees the tips alone
   */
  async follow(depth: Depth): Promise<void> {
    const mirror = await openMirror(this.checkout, this.remote.dir, { depth });
    try {
      const tip = () => mirror.refs.get(head(rendered)) as string;
      await untilSettled(mirror, () => advance(this.context(), mirror, tip(), false));
    } finally {
      await mirror.close();
    }
  }

  /** A person's clone, on a branch as it is now. */
  async person(branch: string): Promise<Git> {
    if (!this.#person) {
      const dir = join(this.dir, 'person');
      await this.remote.bytes(['clone', '--quiet', '--no-checkout', this.remote.dir, dir]);
      this.#person = new Git(dir);
    } else await this.#person.bytes(['fetch', '--quiet', '--prune', 'origin']);
    await this.#person.bytes(['checkout', '--quiet', '--force', '-B', 'work', `origin/${branch}`]);
    return this.#dated(this.#person);
  }

  /** A repository whose commits have the time of this site, so that a schedule that is repeated has the same ones. */
  #dated(git: Git): Git {
    const date = `${this.clock / 1000} +0000`;
    return git.with({ GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
  }

  async #commit(branch: string, commit: NewCommit): Promise<string> {
    const from = await this.remote.commit(head(branch));
    const [made = ''] = await writeCommits(this.remote, from, [commit], this.clock, 'unsigned');
    await this.remote.bytes(['update-ref', head(branch), made, ...(from ? [from] : [])]);
    return made;
  }

  #of(app: App): Definition {
    return this.#definitions.get(app) as Definition;
  }

  #pipelineOf(environment: string): Write {
    const bytes = `include: { project: group/slipway, file: ${environment}.yml, ref: v${this.#pipelines} }\n`;
    return { path: `${environment}/${pipelineFile}`, bytes };
  }

  #part(environment: string, app: App, drySha: string): Write[] {
    const { image, config, removed, own } = this.#of(app);
    const folder = `${environment}/${app}`;
    const version = `${image}.${config}`;
    const about = { repoURL: 'https://gitlab.example.com/group/slipway.git', drySha, commands: ['slipway render'] };
    const metadata = formatMetadata(removed ? { ...about, removed } : { ...about, version });
    const described = { path: `${folder}/${metadataFile}`, bytes: metadata };
    if (removed) return [{ path: folder, deleted: true }, described];
    const between = Array.from({ length: 8 }, (_, line) => `  line${line}: "${line}"\n`).join('');
    const object = `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${app}\ndata:\n  image: "${image}"\n${between}  config: "${config}"\n${between.replaceAll('line', 'more')}  own: "${own[environment] ?? 0}"\n`;
    return [
      { path: `${folder}/${applicationFile}`, bytes: `kind: Application\nmetadata: { name: ${app} }\n` },
      { path: `${folder}/configmap-${app}.yaml`, bytes: object },
      described,
    ];
  }

  #record(drySha: string, trees: Readonly<Record<string, string>>): string {
    return formatPublished({
      drySha,
      node: process.version,
      repository: 'https://gitlab.example.com/group/slipway.git',
      environments: this.stages,
      images: {},
      source: '',
      keys: {},
      removed: Object.fromEntries(apps.map((app) => [app, 'nobody needs it'])),
      outlines: {},
      trees,
      kept: [],
    });
  }

  /** Everything that a run may have changed, as text. */
  async state(): Promise<string> {
    const { said } = await this.ask('GET', '');
    const refs = await this.remote.text(['for-each-ref', '--format=%(refname) %(objectname)']);
    return `${refs}\n${JSON.stringify(said)}`;
  }

  /** Writes a file into the person's clone. */
  async write(path: string, text: string): Promise<void> {
    await writeFile(join(this.dir, 'person', path), text);
  }
}
