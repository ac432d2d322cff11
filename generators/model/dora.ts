import type { Failure } from './deployment.ts';
import type { Traced } from './lead-time.ts';

/**
 * How well an environment is delivered to, in the five figures of DORA, counted from the branches alone:
 * https://dora.dev/guides/dora-metrics/ (read 2026-11-23; the fifth came with
 * https://dora.dev/insights/dora-metrics-history/). DORA names no window for a failure but asks for an immediate
 * intervention; ours is an option. `terms` says what each figure counts here, and what it leaves out.
 */
export interface Dora {
  readonly environment: string;
  /** Milliseconds since 1970. It begins with the first part that came here, where that was later than what was asked. */
  readonly from: number;
  readonly until: number;
  /** Milliseconds. */
  readonly window: number;
  readonly all: Figures;
  /** By app, in alphabetical order: those that a deployment brought. */
  readonly apps: readonly (Figures & { readonly app: string })[];
  /** Stretches of equal length that end with the period, oldest first. */
  readonly bars: readonly Bar[];
}

/** What was counted, of an environment or of one app. A share or a middle of nothing is undefined. */
export interface Figures {
  readonly deployments: number;
  /** Days of UTC with a deployment. */
  readonly days: number;
  /** The middle of the times between two that follow each other, in milliseconds. */
  readonly between: number | undefined;
  /** From commit to here. */
  readonly lead: Spread;
  /** How many commits took so long, by `buckets`. */
  readonly histogram: readonly number[];
  readonly failed: number;
  /** Of the failed ones; one may be of several kinds. */
  readonly by: Readonly<Record<Failure['is'], number>>;
  readonly failRate: number | undefined;
  /** Not failed, and so young that it still may. */
  readonly young: number;
  /** From a failed deployment to the last step back, or until the last edit was gone. */
  readonly recovery: Spread;
  /** From one that nothing but a hotfix followed, to the hotfix. */
  readonly overtaken: Spread;
  /** Failed, and not over. */
  readonly open: number;
  readonly rework: number;
  readonly reworkRate: number | undefined;
}

/** Some durations in milliseconds. Each percentile is the smallest of them that so many do not exceed (nearest rank). */
export interface Spread {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p75: number | undefined;
  readonly p95: number | undefined;
}

export interface Bar {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  readonly deployments: number;
  readonly failed: number;
}

const [minute, hour, day] = [60_000, 3_600_000, 86_400_000];

/** Lead times are counted below each; the last has no end. */
export const buckets: readonly { readonly name: string; readonly below: number | undefined }[] = [
  { name: '< 1 h', below: hour },
  { name: '< 1 d', below: day },
  { name: '< 1 week', below: 7 * day },
  { name: '< 30 d', below: 30 * day },
  { name: 'more', below: undefined },
];

/** What each figure counts here, for whoever reads it. @param window how long a deployment is watched: `7 d` */
export const terms = (window: string): readonly (readonly [name: string, says: string])[] => [
  [
    'Deployment',
    'a merge, or what one run pushed at one moment, that brought at least one app a part that this environment never had. A fast-forward leaves no time of its own: it counts at the time that its commits were composed. Left out: what was taken back or came again, edits, removals, and the pipeline file.',
  ],
  [
    'Lead time',
    'from the time that a commit names as its author’s to its arrival, for every commit of main that changed what came, those of merged branches too, once for each deployment. Merges, and the commits behind an app’s first arrival, are left out.',
  ],
  [
    'Failed',
    `a deployment of which, within ${window}, an app was taken to before it, was edited on the branch, or got a part past the source environment; each of these is counted, and the deployment once. A fix that came by an ordinary promotion looks like any other: it is not seen.`,
  ],
  [
    'Recovery',
    'from the arrival of a failed deployment to the last step back; of an edit, until a part of ours stands there again. What was overtaken by a hotfix alone is told beside it.',
  ],
  [
    'Rework',
    'deployments that nobody had planned: a part that came past the source, or to an app that was taken back or edited.',
  ],
];

/** A deployment, or one app of it, as far as it is counted. */
interface Counted {
  readonly time: number;
  readonly failures: readonly Failure[];
  readonly isRework: boolean;
  readonly leads: readonly number[];
}

/** What is counted, and between which times. */
export interface Asked {
  readonly environment: string;
  readonly traced: readonly Traced[];
  /** When the first part came to the environment; undefined for never. All in milliseconds since 1970. */
  readonly begun: number | undefined;
  readonly from: number;
  readonly until: number;
  /** Milliseconds. */
  readonly window: number;
  /** Only this app. @default all */
  readonly app?: string | undefined;
}

/** Counts the deployments of a period. */
export function dora({ environment, traced, begun = 0, from: asked, until, window, app: only }: Asked): Dora {
  const from = Math.min(until, Math.max(asked, begun));
  const within = traced.filter(({ deployment: { time } }) => from <= time && time <= until);
  const names = new Set(within.flatMap(({ deployment }) => deployment.arrivals.map(({ app }) => app)));
  const chosen = [...names].filter((name) => only === undefined || name === only).sort();
  const counted = within.flatMap((one) => countedOf(one, only));
  const figures = (own: readonly Counted[]) => figuresOf(own, until, window);
  return {
    environment,
    from,
    until,
    window,
    all: figures(counted),
    apps: chosen.map((app) => ({ app, ...figures(within.flatMap((one) => countedOf(one, app))) })),
    bars: barsOf(counted, from, until),
  };
}

/** @param only of this app, nothing where it was none of it */
function countedOf({ deployment, commits }: Traced, only?: string): Counted[] {
  const arrivals = deployment.arrivals.filter(({ app }) => only === undefined || app === only);
  if (arrivals.length === 0) return [];
  const own = commits.filter(({ apps }) => only === undefined || apps.includes(only));
  return [
    {
      time: deployment.time,
      failures: arrivals.flatMap(({ failures }) => failures),
      isRework: arrivals.some(({ isRework }) => isRework),
      leads: own.map(({ took }) => took),
    },
  ];
}

/** A deployment has failed once, however many of its apps did, and is over when the last of them is. */
function endOf(failures: readonly Failure[]): number | undefined {
  const ends = failures.map(({ ended = Number.POSITIVE_INFINITY }) => ended);
  const last = Math.max(...ends);
  return last === Number.POSITIVE_INFINITY ? undefined : last;
}

function figuresOf(counted: readonly Counted[], until: number, window: number): Figures {
  const failed = counted.filter(({ failures }) => failures.length > 0);
  const ends = failed.map(({ failures, time }) => {
    // A hotfix comes on top: what was taken back or edited as well is over by that.
    const stepped = failures.filter(({ is }) => is !== 'hotfix');
    const end = endOf(stepped.length > 0 ? stepped : failures);
    return { isOvertaken: stepped.length === 0, took: end === undefined ? undefined : end - time };
  });
  const took = (isOvertaken: boolean) =>
    spread(ends.flatMap((one) => (one.isOvertaken === isOvertaken ? (one.took ?? []) : [])));
  const leads = counted.flatMap((one) => one.leads);
  const number = (is: Failure['is']) => failed.filter(({ failures }) => failures.some((one) => one.is === is)).length;
  const rework = counted.filter(({ isRework }) => isRework).length;
  const times = counted.map(({ time }) => time);
  return {
    deployments: counted.length,
    days: new Set(times.map((time) => Math.floor(time / day))).size,
    between: spread(times.slice(1).map((time, index) => time - (times[index] as number))).p50,
    lead: spread(leads),
    histogram: buckets.map(({ below = Number.POSITIVE_INFINITY }, at) => {
      const least = buckets[at - 1]?.below ?? 0;
      return leads.filter((took) => least <= took && took < below).length;
    }),
    failed: failed.length,
    by: { back: number('back'), edited: number('edited'), hotfix: number('hotfix') },
    failRate: share(failed.length, counted.length),
    young: counted.filter(({ failures, time }) => failures.length === 0 && until - time < window).length,
    recovery: took(false),
    overtaken: took(true),
    open: ends.filter((one) => one.took === undefined).length,
    rework,
    reworkRate: share(rework, counted.length),
  };
}

const share = (part: number, whole: number) => (whole === 0 ? undefined : part / whole);

/** Durations by nearest rank. */
export function spread(durations: readonly number[]): Spread {
  const sorted = durations.toSorted((a, b) => a - b);
  const at = (percent: number) => sorted[Math.ceil((percent / 100) * sorted.length) - 1];
  return { count: sorted.length, p50: at(50), p75: at(75), p95: at(95) };
}

/** A bar of a chart is one of these long. */
const steps = [minute, 5 * minute, 15 * minute, hour, 6 * hour, day, 7 * day, 28 * day, 91 * day, 364 * day];
/** So many bars are read at a glance. */
const most = 14;

function barsOf(counted: readonly Counted[], from: number, until: number): Bar[] {
  const step = steps.find((one) => until - from <= one * most) ?? (steps.at(-1) as number);
  const count = Math.max(1, Math.ceil((until - from) / step));
  return Array.from({ length: count }, (_, at) => {
    const end = until - (count - 1 - at) * step;
    const start = end - step;
    // What came at the end of one bar is in it, and not in the next.
    const own = counted.filter(({ time }) => (at === 0 || start < time) && time <= end);
    return {
      from: Math.max(from, start),
      until: end,
      deployments: own.length,
      failed: own.filter(({ failures }) => failures.length > 0).length,
    };
  });
}
