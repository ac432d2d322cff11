import { readPublishes } from '../git/chronicle.ts';
import type { Git } from '../git/git.ts';
import { metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { publishedAt } from '../git/published.ts';
import type { Stage } from '../model/metadata.ts';
import { environmentBranch, head, main } from '../model/names.ts';
import { instead } from '../model/nearest.ts';
import type { End } from '../model/range.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { sinceOf } from '../model/since.ts';
import type { Rendered, Timeline } from '../model/timeline.ts';
import { type Vector, vectorOf, vectorThen } from '../model/vector.ts';
import { minute, short, versionOf } from '../model/words.ts';
import type { Histories } from './histories.ts';

/** What one side of `A..B` stands for. */
export interface Resolved {
  /** `production at 4f2a91c…`, for people. */
  readonly says: string;
  /** The commit of an environment branch or of `rendered`; absent for what stood at a time. */
  readonly commit?: string;
  /** The one environment that it is about. @default every one */
  readonly environment?: string;
  /** The one app that it is about. @default every one */
  readonly app?: string;
  readonly vector: (environment: string) => Vector;
}

/** What ends are looked up in. */
export interface Looking {
  readonly mirror: Mirror;
  /** What a person's own revisions (`HEAD`) mean. */
  readonly checkout: Git;
  readonly histories: Histories;
  readonly stages: readonly Stage[];
  /** Where a version is looked for. */
  readonly environment: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/**
 * @throws {Misuse} for what there is not
 * @throws {Refusal} for a commit of `main` that was never published, with what shows it all the same
 */
export async function resolve(end: End, looking: Looking): Promise<Resolved> {
  if (end.is === 'environment') return inEnvironment(end, looking);
  if (end.is === 'version') return ofVersion(end, looking);
  return ofRevision(end.revision, looking);
}

async function inEnvironment(
  { environment, at }: Extract<End, { is: 'environment' }>,
  { mirror, histories, now }: Looking,
): Promise<Resolved> {
  const history = await histories.environment(environment);
  const branch = environmentBranch(environment);
  if (!history) throw new Refusal(`There is no branch ${branch} at ${mirror.address}: nothing stands there yet.`);
  const rendered = await histories.rendered();
  const { course, tip } = history;
  const stood = (isThen: Parameters<typeof vectorThen>[3]) => {
    const vector = vectorThen(rendered, environment, course, isThen);
    return (of: string): Vector => (of === environment ? vector : new Map());
  };
  if (at === undefined) return { environment, says: environment, commit: tip, vector: stood(() => true) };
  const when = sinceOf(at, now, `${environment}@${at}`);
  if ('time' in when) {
    const { time } = when;
    const begun = course.standings.at(-1)?.time;
    if (begun === undefined || time < begun)
      throw new Misuse(
        `${environment}@${at}: nothing stood there then; ${branch} began ${begun === undefined ? 'with nothing' : `at ${minute(begun)} UTC`}.`,
      );
    return { environment, says: `${environment} at ${minute(time)}`, vector: stood((one) => one.time <= time) };
  }
  const commit = await mirror.git.commit(when.revision);
  const place = course.place(commit ?? '');
  if (commit === undefined || place === undefined)
    throw new Misuse(
      `${environment}@${at}: neither a time nor a commit of ${branch} itself; write ${environment}@2d, ${environment}@2026-11-20, or a commit that npx slipway history --env ${environment} --json names.`,
    );
  const isThen = (one: { readonly commit: string }) => (course.place(one.commit) ?? -1) >= place;
  return { environment, says: `${environment} at ${short(commit)}`, commit, vector: stood(isThen) };
}

/** So many parts are read at once, from the newest on: most who ask mean one of the last. */
const batch = 64;

async function ofVersion(
  { app, version }: Extract<End, { is: 'version' }>,
  { mirror, histories, stages, environment }: Looking,
): Promise<Resolved> {
  if (environment === undefined)
    throw new Misuse(
      `${app}@${version}: an app has a part of each version in each environment; say which with --env ${stages.map(({ name }) => name).join('|')}.`,
    );
  const timelines = (await histories.rendered()).timelines;
  const timeline = timelines.get(`${environment}/${app}`);
  if (!timeline) {
    const apps = [...timelines.keys()].flatMap((path) =>
      path.startsWith(`${environment}/`) ? [path.split('/')[1] ?? ''] : [],
    );
    throw new Misuse(`${app}@${version}: ${app} was never published for ${environment}; ${instead(app, apps)}`);
  }
  const part = await partOf(mirror, timeline, `${app}@${version}`, version);
  return {
    environment,
    app,
    says: `${app} ${version}`,
    vector: (of) => (of === environment ? new Map([[app, part]]) : new Map()),
  };
}

/** The newest part of a version. */
async function partOf(mirror: Mirror, timeline: Timeline, asked: string, version: string): Promise<string> {
  const parts = timeline.parts();
  const known = new Set<string>();
  for (let at = 0; at < parts.length; at += batch) {
    const some = parts.slice(at, at + batch);
    const metadata = await metadataOf(mirror, some);
    for (const part of some) {
      const found = versionOf(metadata.get(part));
      if (found === version) return part;
      known.add(found);
    }
  }
  throw new Misuse(`${asked}: no part has that version; the newest are ${[...known].slice(0, 8).join(', ')}.`);
}

async function ofRevision(text: string, { mirror, checkout, histories, stages }: Looking): Promise<Resolved> {
  const commit = (await checkout.commit(text)) ?? (await mirror.git.commit(text));
  if (commit === undefined)
    throw new Misuse(
      `${text} is no environment, no app@version and no commit that is known here; environments are ${stages.map(({ name }) => name).join(', ')}.`,
    );
  const rendered = await histories.rendered();
  const own = rendered.commits.indexOf(commit);
  const place = own < 0 ? await placeOf(mirror, rendered, commit, text) : own;
  return {
    says: own < 0 ? short(commit) : `rendered at ${short(commit)}`,
    commit: rendered.commits[place] as string,
    vector: (environment) => vectorOf(rendered, environment, place),
  };
}

/** Where in `rendered` a commit of main was published: found by its subject, proven by what it holds. */
async function placeOf(mirror: Mirror, { commits }: Rendered, dry: string, text: string): Promise<number> {
  const publishes = await readPublishes(mirror.git, commits);
  const place = commits.findLastIndex((commit) => publishes.get(commit) === dry);
  const published = place < 0 ? undefined : await publishedAt(mirror, commits[place] as string);
  if (published?.drySha === dry) return place;
  const tip = mirror.refs.get(head(main));
  const chain = tip === undefined ? [] : await mirror.git.lines(['rev-list', '--first-parent', tip]);
  const known = new Set(publishes.values());
  const at = chain.indexOf(dry);
  const before = at < 0 ? undefined : chain.slice(at).find((commit) => known.has(commit));
  const nearest = before ? ` The newest before it that was published is ${short(before)}.` : '';
  throw new Refusal(
    `${text} was never published: nothing of it stands in rendered. npx slipway diff --dry ${text} shows what publishing it would change.${nearest}`,
  );
}
