import { openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { type Cell, columns, type Setting } from '../model/columns.ts';
import { type Bar, buckets, type Dora, dora, type Figures, type Spread } from '../model/dora.ts';
import { isTime, seconds } from '../model/environment.ts';
import { environmentBranch } from '../model/names.ts';
import { Misuse } from '../model/refusal.ts';
import { timeOf } from '../model/since.ts';
import { day, duration, minute } from '../model/words.ts';
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
  { checkout, remote, now }: Pick<Context, 'checkout' | 'remote' | 'now'>,
  { environment, app, from, window }: DoraRequest,
): Promise<Delivered[]> {
  const mirror = await openMirror(checkout, remote);
  try {
    const histories = new Histories(mirror, mirror.shelf, now());
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
  const period = isShort(measured) ? `${minute(from)} to ${minute(until)} UTC` : `${day(from)} to ${day(until)}`;
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
  const { deployments, days, between, lead, failed, failRate, by, young, rework, reworkRate } = figures;
  const { recovery, overtaken, open } = figures;
  const often = rate(deployments, length);
  const told = [
    ...(often === undefined ? [] : [often]),
    `on ${counted(days, 'day')}`,
    // Of less than a day, two that happened to follow each other say nothing.
    ...(between === undefined || often === undefined ? [] : [`one every ${duration(between)}`]),
  ];
  const ways = [
    [by.back, 'taken back'],
    [by.edited, 'edited'],
    [by.hotfix, 'overtaken by a hotfix'],
  ] as const;
  const how = ways.filter(([count]) => count > 0).map(([count, way]) => `${count} ${way}`);
  const ends = [
    ...(recovery.count > 0 ? [spreadOf(recovery)] : []),
    ...(overtaken.count > 0 ? [`by a hotfix alone: ${spreadOf(overtaken)}`] : []),
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
  const whole = last === undefined ? 0 : last.until - last.from;
  const said = (from: number, to: number) => (time: number) =>
    new Date(time).toISOString().slice(from, to).replace('T', ' ');
  // The first is shorter, and may begin on the day, or in the minute, of the second.
  const ways = isBrief ? [said(5, 16), said(5, 19)] : [day, minute, said(0, 19)];
  const isClear = (way: (time: number) => string) => new Set(bars.map(({ from }) => way(from))).size === bars.length;
  const start = ways.find(isClear) ?? said(0, 19);
  const top = Math.max(...bars.map(({ deployments }) => deployments));
  const scale = Math.min(1, longest / top);
  const rows = bars.map(({ from, until: end, deployments, failed }) => {
    const length = deployments === 0 ? 0 : Math.max(1, Math.round(deployments * scale));
    const bad = failed === 0 ? 0 : Math.min(length, Math.max(1, Math.round(failed * scale)));
    const bar = `${'█'.repeat(length - bad)}${'▒'.repeat(bad)}`;
    const number = failed === 0 ? `${deployments}` : `${deployments}, ${failed} failed`;
    const part = end - from < whole ? ` (${duration(end - from)} of ${duration(whole)})` : '';
    return [start(from), `${deployments === 0 ? '·' : `${bar} ${number}`}${part}`];
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
  const figures = ({ lead, histogram: counts, recovery, overtaken, failRate, reworkRate, by, ...one }: Figures) => ({
    deployments: one.deployments,
    days: one.days,
    between: whole(one.between),
    lead: { ...spread(lead), buckets: buckets.map(({ below }, at) => ({ below: whole(below), commits: counts[at] })) },
    failed: { count: one.failed, rate: failRate ?? null, ...by, young: one.young },
    recovery: { ...spread(recovery), open: one.open, hotfix: spread(overtaken) },
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

/** `dora`: how often, how fast and how well an environment is delivered to. */
export async function run({ values }: Asked): Promise<void> {
  const asked = values as Partial<Record<'env' | 'app' | 'since' | 'window', string>>;
  const window = asked.window ?? '7d';
  if (!isTime(window) || seconds(window) === 0) throw new Misuse(`--window ${window}: write a time such as 7d.`);
  const context = await contextOf(values);
  const since = asked.since ?? '90d';
  const from = timeOf(since, context.now());
  if (from === undefined)
    throw new Misuse(`--since ${since}: write a time such as 90d, or a day that has come, such as 2026-08-25.`);
  const request = { environment: asked.env, app: asked.app, from, window: seconds(window) * 1000 };
  const measured = await measure(context, request);
  if (values.json) return console.log(JSON.stringify({ version: 1, environments: measured.map(answer) }, null, 2));
  const setting = terminal();
  console.log(measured.map((one) => describe(one, setting).join('\n')).join('\n\n'));
}
