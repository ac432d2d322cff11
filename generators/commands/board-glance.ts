import type { AppFacts, Environment, Facts, Happening, PodFacts } from '../board/facts.ts';
import type { MergeRequest } from '../forge/forge.ts';
import { readDeeds } from '../git/chronicle.ts';
import { metadataOf } from '../git/history.ts';
import { openMirror } from '../git/mirror.ts';
import { type Event, eventsOf } from '../model/event.ts';
import type { Live } from '../model/gate.ts';
import { environmentBranch, head, pipelineFile, proposalBranch, rendered } from '../model/names.ts';
import type { Deed } from '../model/request.ts';
import { earlier } from '../model/rollback.ts';
import { move, quote } from '../model/words.ts';
import type { Context } from './context.ts';
import { Histories } from './histories.ts';
import { promote } from './promote.ts';
import { liveOf, type Row, type Standing, standing, withLive } from './survey.ts';

/** What this machine knows beside branches, forge and what is live. */
export interface Nearby {
  /** The environments that run here, of all that there are. */
  readonly environments: readonly string[];
  /** How the visitors of all apps fare, in a few words. */
  readonly traffic: () => string;
  /** What runs of an app. */
  readonly pods: (environment: string, app: string) => readonly PodFacts[];
  /** Where an app answers; undefined where it does not. */
  readonly address: (environment: string, app: string) => string | undefined;
}

/** So many commits of each environment are told. */
const told = 12;

/** The branches, read once for as long as they stay. */
interface Read {
  readonly standing: Standing;
  readonly events: readonly Happening[];
}

/** What waits on the way, by environment. */
type Waiting = ReadonlyMap<string, { readonly offers: readonly string[]; readonly waits: readonly string[] }>;

/**
 * All that the board shows, gathered when somebody looks: what is read from git is read anew when a branch moved, and the
 * gates are asked anew when something else did.
 */
export class Glance {
  readonly #context: Context;
  readonly #nearby: Nearby;
  #read: { readonly tips: string; readonly read: Read } | undefined;
  #waiting: { readonly key: string; readonly waiting: Waiting } | undefined;
  #looking: Promise<Facts> | undefined;

  constructor(context: Context, nearby: Nearby) {
    this.#context = context;
    this.#nearby = nearby;
  }

  /** Whoever asks while it is being gathered gets the same. */
  facts(): Promise<Facts> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<Facts> {
    const { checkout, forge } = this.#context;
    const tips = await checkout.text(['for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads']);
    const { standing: stands, events } = await this.#readAt(tips);
    const names = [...stands.environments.keys()].filter((name) => this.#nearby.environments.includes(name));
    const live = new Map(
      await Promise.all(names.map(async (name) => [name, await liveOf(this.#context, name)] as const)),
    );
    const opened = new Map(
      await Promise.all(
        names.map(async (name) => [name, (await forge?.opened(environmentBranch(name))) ?? []] as const),
      ),
    );
    const waiting = await this.#waitingAt(`${tips}\n${[...live.values()].map(healthOf).join('\n')}`, stands);
    const environments = stands.stages.flatMap(({ name, after }): Environment[] => {
      const target = stands.environments.get(name);
      if (!target || !names.includes(name)) return [];
      const rows = withLive(
        stands.rows.filter(({ environment }) => environment === name),
        live.get(name),
      );
      const open = opened.get(name) ?? [];
      const { offers = [], waits = [] } = waiting.get(name) ?? {};
      const isOpen = open.some(({ source }) => source === proposalBranch(name));
      return [
        {
          name,
          after,
          tip: target.tip,
          apps: rows.map((row) => this.#app(row, stands)),
          requests: open.map(lineOf),
          offers: isOpen ? [] : offers,
          waits: grouped(waits),
        },
      ];
    });
    return { environments, events: events.filter(({ environment }) => names.includes(environment)) };
  }

  async #readAt(tips: string): Promise<Read> {
    // Before the first publish there is nothing to read.
    if (!tips.includes(`${head(rendered)} `)) return { standing: empty, events: [] };
    if (this.#read?.tips !== tips) this.#read = { tips, read: await this.#readAll() };
    return this.#read.read;
  }

  async #readAll(): Promise<Read> {
    const { checkout, remote } = this.#context;
    const mirror = await openMirror(checkout, remote);
    try {
      const stands = await standing(mirror, new Histories(mirror));
      const events = [...stands.environments].flatMap(([name, { course }]) =>
        eventsOf(name, course, (app) => stands.rendered.timelines.get(`${name}/${app}`), told),
      );
      const deeds = await readDeeds(
        mirror.git,
        events.map(({ commit }) => commit),
      );
      const parts = events.flatMap(({ changes }) => changes.flatMap(({ from, to }) => [from, to]));
      const metadata = await metadataOf(
        mirror,
        parts.filter((part) => part !== undefined),
      );
      const words = events
        .map((event) => happeningOf(event, deeds.get(event.commit), (part) => metadata.get(part ?? ''), stands.rows))
        .filter(({ changes }) => changes.length > 0)
        .sort((a, b) => b.time - a.time);
      return { standing: stands, events: together(words) };
    } finally {
      await mirror.close();
    }
  }

  async #waitingAt(key: string, { stages }: Standing): Promise<Waiting> {
    if (stages.length === 0) return new Map();
    if (this.#waiting?.key !== key) {
      const promotions = await promote({ ...this.#context, say: () => {} }, { dryRun: true });
      const waiting = new Map(
        promotions.map(({ environment, moves, left }) => [environment, { offers: moves, waits: left }]),
      );
      this.#waiting = { key, waiting };
    }
    return this.#waiting.waiting;
  }

  #app(row: Row, { environments, rendered: history }: Standing): AppFacts {
    const { environment, app, version, commit, health, since, behind = 0, held, heldBy, note, state } = row;
    const moment = since === undefined ? undefined : Date.parse(since);
    const own = environments.get(environment)?.course.of(app) ?? [];
    const before = earlier(own, history.timelines.get(`${environment}/${app}`));
    return {
      name: app,
      version,
      commit,
      health,
      since: moment,
      behind,
      is: health === '-' ? 'absent' : held ? 'held' : state === 'none' || state === 'held' ? 'equal' : state,
      heldBy: heldBy && { author: quote(heldBy.author), since: moment, words: quote(heldBy.words, 300) },
      note: note && short(note),
      url: this.#nearby.address(environment, app),
      canGoBack: before.some((part) => part !== undefined),
      pods: this.#nearby.pods(environment, app),
    };
  }
}

const empty: Standing = {
  stages: [],
  rendered: { commits: [], timelines: new Map() },
  environments: new Map(),
  rows: [],
  foreign: [],
};

const healthOf = (live: readonly Live[] | undefined) =>
  (live ?? []).map(({ app, health, revision }) => `${app} ${health} ${revision}`).join();

/** A digest says nothing to a reader here. */
const short = (text: string) => text.replaceAll(/@sha256:[0-9a-f]{8,}…?/g, '');

/** Apps of which the same is said, in one line; that an app is not there yet its card shows. */
function grouped(waits: readonly string[]): string[] {
  const said = waits.flatMap((line) => {
    const [, app, rest] = /^(\S+) (.*)$/s.exec(line) ?? [];
    return app === undefined || rest === undefined || rest.startsWith('is not offered: it is not in ')
      ? []
      : [{ app, rest: short(rest) }];
  });
  return [...Map.groupBy(said, ({ rest }) => rest)].map(
    ([rest, own]) => `${own.map(({ app }) => app).join(', ')} ${rest}`,
  );
}

/** What one person or one run did at one moment is one event, a commit per app or not. */
function together(happenings: readonly Happening[]): Happening[] {
  const found: Happening[] = [];
  for (const one of happenings) {
    const last = found.at(-1);
    const same = last?.environment === one.environment && last.author === one.author && last.time === one.time;
    if (!last || !same) found.push(one);
    else found[found.length - 1] = { ...last, words: '', changes: [...last.changes, ...one.changes] };
  }
  return found;
}

const lineOf = ({ iid, title, target }: MergeRequest) => ({ iid, title, target });

function happeningOf(
  { environment, commit, time, changes }: Event,
  deed: Deed | undefined,
  metadataOf: (part: string | undefined) => Parameters<typeof move>[1],
  rows: readonly Row[],
): Happening {
  const words = quote(deed?.words ?? '', 200);
  const told = changes
    .filter(({ name }) => name !== pipelineFile)
    .map(({ name, from, to, turn }) => ({
      text: turn === 'gone' || turn === 'edited' ? name : move(name, metadataOf(from), metadataOf(to)),
      turn,
      isHeld: rows.some(
        (row) =>
          row.held && row.environment === environment && row.app === name && Date.parse(row.since ?? '') === time,
      ),
    }));
  const says = told.some(({ text }) => text === words) ? '' : words;
  return { environment, commit, time, author: quote(deed?.author ?? ''), words: says, changes: told };
}
