import { duration } from '../board/page.ts';
import { openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { type Cell, columns, type Setting } from '../model/columns.ts';
import { type Bar, buckets, type Dora, dora, type Figures, type Spread } from '../model/dora.ts';
import { isTime, seconds } from '../model/environment.ts';
import { environmentBranch } from '../model/names.ts';
import { Misuse } from '../model/refusal.ts';
import { day } from '../model/words.ts';
import type { Context } from './context.ts';
import { type Delivered, endsOf, readDelivered } from './delivery.ts';
import { Histories } from './histories.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';
import { terminal } from './terminal.ts';

/** What is asked of how well we deliver. */
export interface DoraRequest {
  /** @default those that nothing comes after */
  readonly environment?: string | undefined;
  readonly app?: string | undefined;
  /** Milliseconds since 1970. */
  readonly from: number;
  /** So many milliseconds after a deployment somebody steps in because of it. */
  readonly window: number;
}

/**
 * Counts what environments got, from the branches alone.
 * @throws {Misuse} for an environment or app that there is not
 */
export async function measure(context: Context, request: DoraRequest): Promise<Dora[]> {
  const delivered = await gather(context, request);
  return delivered.map((one) => dora({ ...one, ...request, environment: one.environment, until: context.now() }));
}

/** What is counted. @throws {Misuse} for an environment or app that there is not */
export async function gather(
  context: Pick<Context, 'checkout' | 'remote'>,
  { environment, app, from, window }: DoraRequest,
): Promise<Delivered[]> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const histories = new Histories(mirror, mirror.shelf);
    // It takes the longest, and needs nothing of what is read meanwhile. Whoever asks for it meets its failure.
    histories.rendered().catch(() => {});
    const published = await readNewest(mirror);
    const { environments: stages } = published;
    const chosen = environment === undefined ? endsOf(stages) : stages.filter(({ name }) => name === environment);
    if (environment !== undefined && chosen.length === 0)
      throw new Misuse(
        `--env ${environment}: not an environment; known are ${stages.map(({ name }) => name).join(', ')}.`,
      );
    const { timelines } = await histories.rendered();
    const isKnown = chosen.some(({ name }) => timelines.has(`${name}/${app}`));
    if (app !== undefined && !isKnown)
      throw new Misuse(
        `--app ${app}: nothing of it was ever published for ${chosen.map(({ name }) => name).join(', ')}.`,
      );
    return await Promise.all(
      chosen.map(({ name }) => readDelivered(mirror, histories, published, name, { from, window })),
    );
  } finally {
    await mirror.close();
  }
}

/** What a person reads, a line each. */
export function describe(measured: Dora, setting: Setting = {}): string[] {
  const { environment, from, until, window, all, apps, bars } = measured;
  const moment = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
  const period = isShort(measured) ? `${moment(from)} to ${moment(until)} UTC` : `${day(from)} to ${day(until)}`;
  const head = `How ${environmentBranch(environment)} is delivered to: ${period}, ${duration(until - from)}`;
  if (all.deployments === 0) return [head, '', 'No deployment.'];
  const rows = columns(summary(all, until - from, duration(window)), setting);
  const lines = [
    head,
    '',
    ...rows,
    '',
    ...barLines(bars),
    '',
    ...columns(histogram(all), { ...setting, shape: [{}, ...right(5)] }),
  ];
  // Of a single app all was told above.
  return apps.length < 2 ? lines : [...lines, '', ...appLines(apps, setting)];
}

function summary(figures: Figures, length: number, window: string): Cell[][] {
  const { deployments, days, between, lead, failed, failRate, by, young, recovery, open, rework, reworkRate } = figures;
  const often = rate(deployments, length);
  const told = [
    ...(often === undefined ? [] : [often]),
    `on ${counted(days, 'day')}`,
    ...(between === undefined ? [] : [`one every ${duration(between)}`]),
  ];
  const ways = [
    [by.back, 'taken back'],
    [by.edited, 'edited'],
    [by.hotfix, 'overtaken by a hotfix'],
  ] as const;
  const how = ways.filter(([count]) => count > 0).map(([count, way]) => `${count} ${way}`);
  const ends = [
    ...(recovery.count > 0 ? [spreadOf(recovery)] : []),
    ...(open > 0 ? [`${open} not over: edited, and no part of ours since`] : []),
    ...(failed === 0 ? ['nothing to recover from'] : []),
  ];
  return [
    ['deployments', `${deployments}: ${told.join(', ')}`],
    [
      'lead time',
      lead.count === 0 ? 'no commit to tell it of' : `${spreadOf(lead)}, of ${counted(lead.count, 'commit')}`,
    ],
    ['failed', `${failed}, ${percent(failRate)}${how.length > 0 ? `: ${how.join(', ')}` : ''}`],
    ...(young > 0 ? [['', `${young} younger than ${window} may still fail`]] : []),
    ...['recovery', ''].flatMap((name, at) => (ends[at] === undefined ? [] : [[name, ends[at]]])),
    ['rework', `${rework}, ${percent(reworkRate)}`],
  ];
}

/** How often, in the largest of day and week that the period holds; undefined where it is shorter than a day. */
function rate(deployments: number, length: number): string | undefined {
  const days = length / 86_400_000;
  if (days < 1) return undefined;
  const [each, name] =
    deployments >= days || days < 7 ? [deployments / days, 'day'] : [(deployments / days) * 7, 'week'];
  return `${each.toFixed(each < 10 ? 1 : 0)} a ${name}`;
}

const spreadOf = ({ count, p50 = 0, p75 = 0, p95 = 0 }: Spread) =>
  count === 1 ? duration(p50) : `p50 ${duration(p50)}, p75 ${duration(p75)}, p95 ${duration(p95)}`;
const percent = (share: number | undefined) => (share === undefined ? '-' : `${Math.round(share * 100)} %`);
const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`;
const right = (count: number) => Array.from({ length: count }, () => ({ align: 'right' as const }));

/** So many signs the longest bar has at most. */
const longest = 40;

/** Within a day, moments are told instead of days. */
const isShort = ({ from, until }: Dora) => until - from < 86_400_000;

function barLines(bars: readonly Bar[]): string[] {
  const [last] = bars.slice(-1);
  const isBrief = last !== undefined && last.until - last.from < 86_400_000;
  const start = (time: number) => (isBrief ? new Date(time).toISOString().slice(5, 16).replace('T', ' ') : day(time));
  const top = Math.max(...bars.map(({ deployments }) => deployments));
  const scale = Math.min(1, longest / top);
  const rows = bars.map(({ from, deployments, failed }) => {
    const length = deployments === 0 ? 0 : Math.max(1, Math.round(deployments * scale));
    const bad = failed === 0 ? 0 : Math.min(length, Math.max(1, Math.round(failed * scale)));
    const bar = `${'█'.repeat(length - bad)}${'▒'.repeat(bad)}`;
    const number = failed === 0 ? `${deployments}` : `${deployments}, ${failed} failed`;
    return [start(from), deployments === 0 ? '·' : `${bar} ${number}`];
  });
  return columns([['from', 'deployments'], ...rows]);
}

const histogram = ({ histogram: counts }: Figures): Cell[][] => [
  ['lead time', ...buckets.map(({ name }) => name)],
  ['commits', ...counts.map(String)],
];

function appLines(apps: Dora['apps'], setting: Setting): string[] {
  const rows = apps.map(({ app, deployments, lead, failed, failRate, recovery, rework }) => [
    app,
    `${deployments}`,
    lead.p50 === undefined ? '-' : duration(lead.p50),
    lead.p95 === undefined ? '-' : duration(lead.p95),
    failed === 0 ? '-' : `${failed} (${percent(failRate)})`,
    recovery.p50 === undefined ? '-' : duration(recovery.p50),
    rework === 0 ? '-' : `${rework}`,
  ]);
  const heads = ['app', 'deployments', 'lead p50', 'p95', 'failed', 'recovery', 'rework'];
  return columns([heads, ...rows], { ...setting, shape: [{ least: 12 }, ...right(6)] });
}

/** The same for programs: times as ISO 8601, durations in seconds, a share or a middle of nothing null. */
export function answer({ environment, from, until, window, all, apps, bars }: Dora) {
  const whole = (time: number | undefined) => (time === undefined ? null : Math.round(time / 1000));
  const moment = (time: number) => new Date(time).toISOString();
  const spread = ({ count, p50, p75, p95 }: Spread) => ({ count, p50: whole(p50), p75: whole(p75), p95: whole(p95) });
  const figures = ({ lead, histogram: counts, recovery, failRate, reworkRate, by, ...one }: Figures) => ({
    deployments: one.deployments,
    days: one.days,
    between: whole(one.between),
    lead: { ...spread(lead), buckets: buckets.map(({ below }, at) => ({ below: whole(below), commits: counts[at] })) },
    failed: { count: one.failed, rate: failRate ?? null, ...by, young: one.young },
    recovery: { ...spread(recovery), open: one.open },
    rework: { count: one.rework, rate: reworkRate ?? null },
  });
  return {
    environment,
    from: moment(from),
    until: moment(until),
    window: whole(window),
    all: figures(all),
    apps: apps.map(({ app, ...own }) => ({ app, ...figures(own) })),
    bars: bars.map((bar) => ({ ...bar, from: moment(bar.from), until: moment(bar.until) })),
  };
}

/** @throws {Misuse} for what is neither a time nor a day that has come */
function since(text: string, now: number): number {
  if (isTime(text)) return now - seconds(text) * 1000;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN;
  // Date.parse takes the 31st of February for a day of March.
  if (time <= now && day(time) === text) return time;
  throw new Misuse(`--since ${text}: write a time such as 90d, or a day that has come, such as 2026-08-25.`);
}

/** `dora`: how often, how fast and how well an environment is delivered to. */
export async function run({ values }: Asked): Promise<void> {
  const asked = values as Partial<Record<'env' | 'app' | 'since' | 'window', string>>;
  const window = asked.window ?? '7d';
  if (!isTime(window) || seconds(window) === 0) throw new Misuse(`--window ${window}: write a time such as 7d.`);
  const context = await contextOf(values);
  const from = since(asked.since ?? '90d', context.now());
  const request = { environment: asked.env, app: asked.app, from, window: seconds(window) * 1000 };
  const measured = await measure(context, request);
  if (values.json) return console.log(JSON.stringify({ version: 1, environments: measured.map(answer) }, null, 2));
  const setting = terminal();
  console.log(measured.map((one) => describe(one, setting).join('\n')).join('\n\n'));
}
