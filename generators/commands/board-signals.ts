import type { AlertFacts, Rollout, Signals } from '../board/facts.ts';
import type { Observing } from '../live/observed.ts';
import { eventsOf } from '../model/event.ts';
import { Refusal } from '../model/refusal.ts';
import { type ActiveAlert, type Measured, measuredOf, type Range, rangeAt, since } from '../model/signals.ts';
import { quote } from '../model/words.ts';
import type { Standing } from './survey.ts';

/** For so long what Prometheus said is good enough, and so long the first who looks waits for it, in milliseconds. */
const [fresh, patience] = [5000, 1500];

/** What Prometheus said of all environments. */
export interface Seen {
  readonly range: Range;
  readonly measured: ReadonlyMap<string, Measured>;
  readonly alerts: readonly ActiveAlert[];
  /** Why nothing is known. */
  readonly refused?: string;
}

/** What a Prometheus shows, asked anew when somebody looks: a page never waits for long, and shows what was said last. */
export class Observed {
  readonly #door: Observing;
  readonly #now: () => number;
  #seen: { readonly time: number; readonly seen: Seen } | undefined;
  #asking: Promise<void> | undefined;

  constructor(door: Observing, now: () => number) {
    this.#door = door;
    this.#now = now;
  }

  async latest(): Promise<Seen> {
    const now = this.#now();
    if (!this.#seen || now - this.#seen.time > fresh) {
      this.#asking ??= this.#ask(now).finally(() => {
        this.#asking = undefined;
      });
      await Promise.race([this.#asking, new Promise((resolve) => setTimeout(resolve, patience).unref())]);
    }
    return this.#seen?.seen ?? { ...nothing(now), refused: 'Prometheus has not answered yet.' };
  }

  async #ask(now: number): Promise<void> {
    const seen = await Promise.all([this.#door.series(rangeAt(now)), this.#door.alerts()]).then(
      ([series, alerts]): Seen => {
        const range = since(series, rangeAt(now));
        return { range, measured: measuredOf(series, range), alerts };
      },
      (error: unknown): Seen => {
        if (!(error instanceof Refusal)) throw error;
        return { ...nothing(now), refused: error.message };
      },
    );
    this.#seen = { time: now, seen };
  }
}

const nothing = (now: number): Seen => ({ range: rangeAt(now), measured: new Map(), alerts: [] });

/** What is measured of one app, with what came to stand there meanwhile. */
export function signalsAt(
  { range, measured }: Seen,
  environment: string,
  app: string,
  { environments, rendered }: Standing,
): Signals | undefined {
  const found = measured.get(`${environment}/${app}`);
  const course = environments.get(environment)?.course;
  if (!found || !course) return undefined;
  const timelineOf = (name: string) => rendered.timelines.get(`${environment}/${name}`);
  const within = ({ name, time }: { readonly name: string; readonly time: number }) =>
    name === app && time >= range.from && time <= range.until;
  const rollouts = eventsOf(environment, course, timelineOf, Number.POSITIVE_INFINITY, within).flatMap(
    ({ time, changes }) => changes.map(({ turn }): Rollout => ({ time, isBack: turn === 'back' || turn === 'gone' })),
  );
  return { ...found, from: range.from, until: range.until, rollouts: rollouts.reverse() };
}

/**
 * What fires in an environment: what wakes somebody first, then what is older. One that fires for several windows of time
 * is one.
 */
export function alertsIn({ alerts }: Seen, environment: string): AlertFacts[] {
  const rank = (severity: string) => (severity === 'page' ? 0 : 1);
  const told = alerts
    .filter(({ labels }) => labels.namespace === environment)
    .map(({ labels, annotations, since }) => ({
      name: quote(labels.alertname ?? ''),
      severity: quote(labels.severity ?? 'unknown'),
      app: quote(labels.app ?? ''),
      summary: quote(annotations.summary ?? '', 300),
      since,
      runbook: runbookAt(annotations.runbook ?? ''),
    }))
    .sort((a, b) => rank(a.severity) - rank(b.severity) || a.since - b.since || (a.name < b.name ? -1 : 1));
  return told.filter(
    (one, at) =>
      at ===
      told.findIndex(({ name, app, severity }) => name === one.name && app === one.app && severity === one.severity),
  );
}

/** Where a runbook is shown: one of this repository by the board itself, another where its address leads. */
function runbookAt(address: string): string | undefined {
  const own = runbookFile.exec(address)?.[1];
  if (own !== undefined) return `/runbooks/${own}`;
  return /^https?:\/\//.test(address) && URL.canParse(address) ? address : undefined;
}

const runbookFile = /\/-\/blob\/main\/clusters\/runbooks\/([a-z0-9]+(?:-[a-z0-9]+)*)\.md$/;
