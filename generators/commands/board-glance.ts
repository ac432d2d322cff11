import type { AppFacts, Environment, Facts, Happening, PodFacts } from '../board/facts.ts';
import type { MergeRequest } from '../forge/forge.ts';
import { openMirror } from '../git/mirror.ts';
import { observing } from '../live/observed.ts';
import type { Live } from '../model/gate.ts';
import { environmentBranch, head, proposalBranch, rendered } from '../model/names.ts';
import { earlier } from '../model/rollback.ts';
import type { ActiveAlert } from '../model/signals.ts';
import { quote } from '../model/words.ts';
import { liveOf, withLive } from './asked.ts';
import { lately } from './board-events.ts';
import { alertsIn, Observed, signalsAt } from './board-signals.ts';
import type { Context } from './context.ts';
import { Histories } from './histories.ts';
import { promote } from './promote.ts';
import { nothingStands, type Row, type Standing, standing } from './survey.ts';

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
  /** The Prometheus that watches; undefined where none does. */
  readonly prometheus?: string | undefined;
}

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
  readonly #observed: Observed | undefined;
  #looking: Promise<Facts> | undefined;

  constructor(context: Context, nearby: Nearby) {
    this.#context = context;
    this.#nearby = nearby;
    const { prometheus: server } = nearby;
    if (server !== undefined) this.#observed = new Observed(observing({ server }), context.now);
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
    const seen = await this.#observed?.latest();
    const waiting = await this.#waitingAt(
      [tips, ...[...live.values()].map(healthOf), ...(seen?.alerts ?? []).map(firingOf)].join('\n'),
      stands,
    );
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
          apps: rows.map((row) => ({
            ...this.#app(row, stands),
            ...(seen ? { signals: signalsAt(seen, name, row.app, stands) } : {}),
          })),
          requests: open.map(lineOf),
          offers: isOpen ? [] : offers,
          waits: grouped(waits),
          ...(seen ? { alerts: alertsIn(seen, name) } : {}),
        },
      ];
    });
    return {
      environments,
      events: events.filter(({ environment }) => names.includes(environment)),
      ...(seen?.refused === undefined ? {} : { unmeasured: seen.refused }),
    };
  }

  async #readAt(tips: string): Promise<Read> {
    // Before the first publish there is nothing to read.
    if (!tips.includes(`${head(rendered)} `)) return { standing: nothingStands, events: [] };
    if (this.#read?.tips !== tips) this.#read = { tips, read: await this.#readAll() };
    return this.#read.read;
  }

  async #readAll(): Promise<Read> {
    const { checkout, remote } = this.#context;
    const mirror = await openMirror(checkout, remote);
    try {
      const stands = await standing(mirror, new Histories(mirror, mirror.shelf));
      return { standing: stands, events: await lately(mirror, stands) };
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
    const { environment, app, version, commit, health, since, behind = 0, held, heldBy, state } = row;
    const said = [row.note, row.message].filter((text) => text !== undefined);
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
      heldBy: heldBy && { author: quote(heldBy.by), since: moment, words: quote(heldBy.words, 300) },
      note: said.length > 0 ? short(said.join('; ')) : undefined,
      url: this.#nearby.address(environment, app),
      canGoBack: before.some((part) => part !== undefined),
      pods: this.#nearby.pods(environment, app),
    };
  }
}

const healthOf = (live: readonly Live[] | undefined) =>
  (live ?? []).map(({ app, health, revision }) => `${app} ${health} ${revision}`).join();

const firingOf = ({ labels }: ActiveAlert) =>
  `${labels.namespace} ${labels.app} ${labels.alertname} ${labels.severity}`;

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

const lineOf = ({ iid, title, target }: MergeRequest) => ({ iid, title, target });
