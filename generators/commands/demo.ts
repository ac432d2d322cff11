import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chalk } from 'zx';
import { Traffic } from '../../clusters/local/runtime/traffic.ts';
import { visit } from '../../clusters/local/runtime/visit.ts';
import { startWorld, stopWorld, type World } from '../../clusters/local/world.ts';
import { Git } from '../git/git.ts';
import type { Live } from '../model/gate.ts';
import { parseImage } from '../model/image.ts';
import { environmentBranch, proposalBranch } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Context } from './context.ts';
import { Developer } from './demo-developer.ts';
import { watched } from './demo-watched.ts';
import { program } from './hydrate-commit.ts';
import { buildImages, environmentNames } from './local.ts';
import { doorsOf } from './local-doors.ts';
import type { Asked } from './main.ts';
import { type Promotion, promote } from './promote.ts';
import { publish } from './publish.ts';
import { describe } from './status.ts';
import { status, survey } from './survey.ts';

const [first = '', second = '', last = ''] = environmentNames;

/** What the service says when visitors may come, and what it says instead in the version that never gets there. */
const [ready, broken] = [
  "response.json({ status: 'ready' })",
  "response.status(503).json({ status: 'never ready' })",
] as const;

/** Plays the main job on a world of its own, which goes with it. */
export async function run({ values }: Asked): Promise<void> {
  const stays = values.stay === true || (process.stdout.isTTY === true && values.once !== true);
  const dir = await mkdtemp(join(tmpdir(), 'slipway-demo-'));
  const stopped = new AbortController();
  // Everything temporary of this run stands in the one folder that is removed.
  process.env.TMPDIR = join(dir, 'tmp');
  await mkdir(process.env.TMPDIR);

  const tour = new Tour(dir, stopped.signal, values.observe === true);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort(signal));
  try {
    await tour.play();
    if (stays) {
      await tour.offer();
      await tour.invite();
      await new Promise((resolve) => stopped.signal.addEventListener('abort', resolve, { once: true }));
    }
  } catch (error) {
    // Whatever failed because it was stopped is no failure.
    if (!stopped.signal.aborted) throw error;
    process.exitCode = 130;
  } finally {
    if (stopped.signal.aborted) console.log('\nStopping everything that was started …');
    await tour.end();
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}

class Tour {
  readonly #dir: string;
  readonly #signal: AbortSignal;
  readonly #observe: boolean;
  readonly #began = Date.now();
  #world: World | undefined;
  #context: Context | undefined;
  #traffic: Traffic | undefined;
  #step = 0;

  constructor(dir: string, signal: AbortSignal, observe: boolean) {
    this.#dir = dir;
    this.#signal = signal;
    this.#observe = observe;
  }

  async play(): Promise<void> {
    const source = new Git(program);
    if (!(await source.commit('HEAD'))) {
      throw new Refusal(`${program} has no commit, and the demo shows the one at HEAD: clone the repository with git.`);
    }
    if (!(await source.text(['ls-tree', 'HEAD', 'apps/counter/app.ts'])))
      throw new Refusal(
        'The demo plays with the example service, and HEAD has no apps/counter any more: npx slipway local up shows your own apps.',
      );
    const world = await this.#say('the local world is up', async () => {
      this.#world = await startWorld(source, join(this.#dir, 'world'), environmentNames, {
        tied: true,
        remove: this.#dir,
        observe: this.#observe,
      });
      const { control, proxy, prometheus } = this.#world;
      const watching = prometheus ? `, Prometheus ${prometheus}/` : '';
      return [this.#world, `repository, forge ${control}/, runtime and proxy ${proxy}/${watching}`];
    });
    const dirty = await source.text(['status', '--porcelain']);
    if (dirty) console.log(chalk.dim('   It shows HEAD; what is not committed is no part of it.'));
    const developer = await Developer.clone(world.repository, join(this.#dir, 'checkout'));
    const context: Context = { checkout: developer.checkout, ...doorsOf(world), now: Date.now, say: () => {} };
    this.#context = context;
    this.#traffic = new Traffic(world);

    // The first commit goes the whole way.
    const before = await this.#publish(context, world);
    await this.#say(`${first} runs it`, () => this.#answers(world, first, before));
    await this.#through(context, world, before);

    // A second one, which people can see.
    await this.#commits('a second commit changes the greeting', () =>
      developer.commit('feat(counter): greet those who come back', ['Holla!', 'Holla again!']),
    );
    const after = await this.#publish(context, world);
    await this.#say(`${first} runs it`, () => this.#answers(world, first, after));
    await this.#through(context, world, after);

    const newest = this.#observe ? await this.#watched(context, world, developer) : after;
    await this.#stopped(context, world, developer, newest);

    // Somebody goes back, with git alone.
    await this.#say(`git revert on ${environmentBranch(last)} takes the old version back`, async () => {
      await developer.revert(environmentBranch(last));
      return this.#answers(world, last, before);
    });
    await this.#say('the next publish and promotion leave it there', async () => {
      await developer.commit('docs: nothing that runs');
      await publish(context, { images: new Map() });
      const [promotion] = await promote(context, { to: last });
      // What waits for a gate is said first; that it is held as well, status says.
      const row = (await status(context)).find(({ environment, app }) => environment === last && app === 'counter');
      const said = promotion?.left.find((line) => line.includes('held'));
      const why = said ?? (row?.held ? `counter is held in ${last}, and besides ${promotion?.left[0]}` : undefined);
      if (!why) throw new Refusal(`${last} is not held after a revert; promote said ${JSON.stringify(promotion)}.`);
      return this.#answers(world, last, before, why);
    });

    console.log(`\n${describe(await survey(context), { now: Date.now() }).join('\n')}`);
    const { requests, failures } = this.#traffic.seen;
    console.log(
      `\nThe whole path took ${((Date.now() - this.#began) / 1000).toFixed(0)} s. Meanwhile ${requests} requests went through the proxy, and ${failures.length} failed.`,
    );
    if (failures.length === 0) return;
    throw new Refusal(
      `Requests failed while versions were rolled over: ${failures[0]}\nWhere Redis did not answer, a write took more than a second: the machine or its disk was busy. TMPDIR=/dev/shm keeps the demo in memory.`,
    );
  }

  /** A version that fails where it is watched goes no further. @returns the version that repairs it */
  #watched(context: Context, world: World, developer: Developer): Promise<string> {
    return watched({
      ...{ context, world, developer, traffic: this.#traffic as Traffic, source: second, target: last },
      say: (what, work) => this.#say(what, work),
      until: (what, holds, seconds) => this.#until(what, holds, seconds),
      publish: () => this.#publish(context, world),
      runs: (environment, version) => this.#runs(world, environment, version),
      request: (environment) => this.#ready(context, environment),
      first: (version) => this.#say(`${first} runs it`, () => this.#answers(world, first, version)),
    });
  }

  /** A version that never becomes ready: it goes nowhere, and visitors do not notice. */
  async #stopped(context: Context, world: World, developer: Developer, before: string): Promise<void> {
    await this.#commits('a third commit breaks the service: it never gets ready', () =>
      developer.commit('feat(counter): be ready when it is time', [ready, broken]),
    );
    const bad = await this.#publish(context, world);
    await this.#say(`${first} stops there, the old one goes on serving, and nothing is promoted`, async () => {
      let why: string | undefined;
      await this.#until(`the gate to refuse ${bad}`, async () => {
        const [promotion] = await promote(context, { to: second, dryRun: true });
        why = promotion?.left.find((line) => line.startsWith('counter waits'));
        return why !== undefined && promotion?.moves.length === 0;
      });
      return this.#serves(world, first, before, why);
    });
    await this.#commits('a fourth one repairs it', () =>
      developer.commit(
        'fix(counter): be ready at once, and welcome people back',
        [broken, ready],
        ['Holla again!', 'Welcome back!'],
      ),
    );
    const repaired = await this.#publish(context, world);
    await this.#say(`${first} runs it`, () => this.#answers(world, first, repaired));
  }

  /** Leaves something to be decided by whoever watches. */
  async offer(): Promise<void> {
    const context = this.#context as Context;
    await this.#say(`opened the merge request to ${second} that waits for you`, async () => {
      const { request, moves } = await this.#ready(context, second);
      return [undefined, `${request?.url}: ${moves.join(', ')}`];
    });
  }

  async invite(): Promise<void> {
    const { control, proxy, repository, prometheus } = this.#world as World;
    const port = new URL(proxy).port;
    console.log(`
It stays up until you press Ctrl-C, which removes all of it. Meanwhile:
  the board   ${chalk.bold(`${control}/`)}   press Merge for ${second}, Release or Revert in ${last}
  the app     ${chalk.bold(`http://counter.${first}.localhost:${port}/`)}   (or ${second}, ${last})${prometheus ? `\n  measured    ${chalk.bold(`${prometheus}/alerts`)}   what fires, and since when` : ''}
  ask it      SLIPWAY_WORLD=${join(this.#dir, 'world')} npx slipway status --remote local
  by git      git clone ${repository} play && cd play && git switch ${environmentBranch(last)} && git revert HEAD && git push`);
  }

  async end(): Promise<void> {
    await this.#traffic?.end();
    if (this.#world) await stopWorld(this.#world);
  }

  /** One step: what was done, how long it took, where to look. */
  async #say<T>(what: string, work: () => Promise<readonly [T, string]>): Promise<T> {
    if (this.#signal.aborted) throw new Refusal('stopped');
    const began = Date.now();
    const [result, where] = await work();
    const took = `${((Date.now() - began) / 1000).toFixed(1)} s`;
    console.log(`${chalk.bold(String(++this.#step).padStart(2))} ${what} ${chalk.dim(`(${took})`)}: ${where}`);
    return result;
  }

  #commits(what: string, work: () => Promise<string>): Promise<undefined> {
    return this.#say(what, async () => [undefined, await work()] as const);
  }

  /** Builds and publishes HEAD. @returns the version that its service has */
  async #publish(context: Context, world: World): Promise<string> {
    const images = await this.#say('built the service', async () => {
      const built = await buildImages(world.dir, context.checkout, 'HEAD', this.#signal);
      return [
        built,
        [...built].map(([app, image]) => `${app}=${image.slice(0, image.indexOf('sha256:') + 19)}…`).join(', '),
      ];
    });
    return this.#say('rendered and published', async () => {
      const result = await publish(context, {
        images: new Map([...images].map(([app, image]) => [app, parseImage(image, app)])),
      });
      const version =
        (await status(context)).find(({ environment, app }) => environment === first && app === 'counter')?.version ??
        '';
      const moved = result.environments.find(({ environment }) => environment === first)?.moved.join(', ');
      return [version, `${result.changed.length} parts on rendered; ${environmentBranch(first)}: ${moved}`];
    });
  }

  /** From environment to environment by merge requests, each merged as a person would. */
  async #through(context: Context, world: World, version: string): Promise<void> {
    for (const environment of environmentNames.slice(1)) {
      const opened = await this.#say(`opened the merge request to ${environment}`, async () => {
        const { request, moves } = await this.#ready(context, environment);
        if (!request) throw new Refusal(`No merge request to ${environment} was opened.`);
        return [request, `${request.url}: ${moves.join(', ')}`];
      });
      await this.#say(`merged it, and ${environment} runs it`, async () => {
        await context.forge?.merge(opened.iid, opened.sha);
        return this.#answers(world, environment, version);
      });
    }
  }

  /** Promotes as soon as the gate agrees to everything. */
  async #ready(context: Context, environment: string): Promise<Promotion> {
    let promotion: Promotion | undefined;
    const source = environmentNames[environmentNames.indexOf(environment) - 1] ?? first;
    // Asking what is live costs little, and a promotion reads all branches.
    await this.#until(`${source} to be healthy`, () => settled(this.#world as World, source));
    const foreign = ((await context.live?.(first)) ?? []).filter(isForeign).map(({ app }) => app);
    await this.#until(`a promotion to ${environment} (${proposalBranch(environment)})`, async () => {
      [promotion] = await promote(context, { to: environment, dryRun: true });
      const left = promotion?.left.filter((line) => !foreign.some((app) => line.startsWith(`${app} `)));
      return promotion !== undefined && promotion.moves.length > 0 && left?.length === 0;
    });
    [promotion] = await promote(context, { to: environment });
    return promotion as Promotion;
  }

  /** Waits until an environment runs a version, then asks it as a visitor would. */
  async #answers(
    world: World,
    environment: string,
    version: string,
    also?: string,
  ): Promise<readonly [undefined, string]> {
    await this.#runs(world, environment, version);
    return this.#serves(world, environment, version, also);
  }

  /** Waits until an environment runs a version, and nothing else any more. */
  #runs(world: World, environment: string, version: string): Promise<void> {
    const host = `counter.${environment}.localhost`;
    return this.#until(`${host} to run ${version}`, async () => {
      const { status: code, body } = await visit(world, host, '/version');
      return (
        code === 200 &&
        (JSON.parse(body) as { version: string }).version === version &&
        (await settled(world, environment))
      );
    });
  }

  /** Asks an environment as a visitor would, and sends more of them from now on. */
  async #serves(
    world: World,
    environment: string,
    version: string,
    also?: string,
  ): Promise<readonly [undefined, string]> {
    const host = `counter.${environment}.localhost`;
    const { status: code, body } = await visit(world, host, '/');
    if (code !== 200) throw new Refusal(`${host} answered ${code}: ${body}`);
    this.#traffic?.visit(host);
    return [
      undefined,
      `${also ? `${also}. ` : ''}http://${host}:${new URL(world.proxy).port}/ answers "${body.trim()}" (version ${version})`,
    ];
  }

  async #until(what: string, holds: () => Promise<boolean>, seconds = 60): Promise<void> {
    const until = Date.now() + seconds * 1000;
    while (!(await holds().catch((error: Error) => this.#orStopped(error)))) {
      if (Date.now() > until)
        throw new Refusal(`Waited ${seconds} s for ${what}; the logs are in ${join(this.#dir, 'world', 'logs')}.`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (this.#signal.aborted) throw new Refusal('stopped');
    }
  }

  /** While something starts, connections are refused; a refusal of ours is an answer. */
  #orStopped(error: Error): false {
    if (error instanceof Refusal || this.#signal.aborted) throw error;
    return false;
  }
}

/** Whether an app waits for nothing but another machine: this one has nothing that could run it. */
const isForeign = ({ message }: Live) => message?.includes('not run here') ?? false;

/** Whether everything of an environment is as its branch says: then no old pod answers any more. */
async function settled(world: World, environment: string): Promise<boolean> {
  const live = await doorsOf(world).live?.(environment);
  return live?.every((one) => one.sync === 'Synced' && (one.health === 'Healthy' || isForeign(one))) ?? false;
}
