import { styleText } from 'node:util';
import { metadataOf } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { Published } from '../model/metadata.ts';
import { instead } from '../model/nearest.ts';
import { domainsIn } from '../model/outline.ts';
import { formatBetween, type PartBetween } from '../model/part-between.ts';
import { rangeOf } from '../model/range.ts';
import { Misuse } from '../model/refusal.ts';
import type { ObjectId } from '../model/timeline.ts';
import { versionOf } from '../model/words.ts';
import { coloured } from './coloured.ts';
import type { Context } from './context.ts';
import { type Resolved, resolve } from './ends.ts';
import { Histories } from './histories.ts';
import type { Asked } from './main.ts';
import { objectsBetween } from './objects-between.ts';
import { rawBetween } from './raw-between.ts';
import { contextOf } from './surroundings.ts';

export interface BetweenRequest {
  /** `staging..production` */
  readonly range: string;
  /** Only this environment, only this app; a version is looked for there. @default all */
  readonly environment?: string | undefined;
  readonly app?: string | undefined;
}

/** One app that is not the same on both sides. */
export interface Pair {
  readonly app: string;
  /** The environment of each side; the same but between two environments. */
  readonly environments: readonly [from: string, to: string];
  readonly parts: readonly [from: ObjectId | undefined, to: ObjectId | undefined];
}

export interface Between {
  readonly from: Omit<Resolved, 'vector'>;
  readonly to: Omit<Resolved, 'vector'>;
  /** In path order of the environments, then by app. */
  readonly parts: readonly PartBetween[];
}

/**
 * What two sides differ by: parts by object and field, whatever they are sides of.
 * @throws {Misuse} for a side, environment or app that there is not
 */
export async function between(context: Context, request: BetweenRequest): Promise<Between> {
  return reading(context, request, async (mirror, { from, to, pairs, outlines, isOurs }) => {
    const ids = pairs.flatMap(({ parts }) => parts.flatMap((part) => part ?? []));
    const [metadata, objects] = await Promise.all([
      metadataOf(mirror, ids),
      objectsBetween(mirror, pairs, (name) => domainsIn(name, outlines)),
    ]);
    const parts = pairs.flatMap((pair, index): PartBetween[] => {
      const found = objects[index];
      if (!found || found.objects.length + found.illegible.length === 0) return [];
      const [was, is] = pair.parts.map((part) => {
        if (part === undefined) return 'nothing';
        const known = metadata.get(part);
        return known?.removed ? 'nothing' : known && versionOf(known);
      });
      const change = was === 'nothing' ? 'added' : is === 'nothing' ? 'removed' : 'changed';
      const from = was === undefined || was === 'nothing' ? {} : { from: was };
      const to = is === undefined || is === 'nothing' ? {} : { to: is };
      const edited = (['from', 'to'] as const).filter((_, side) => {
        const part = pair.parts[side];
        return part !== undefined && !isOurs(pair.environments[side] as string, pair.app, part);
      });
      const hand = edited.length > 0 ? { edited } : {};
      return [{ app: pair.app, environments: pair.environments, change, ...from, ...to, ...hand, ...found }];
    });
    return { from: withoutVector(from), to: withoutVector(to), parts };
  });
}

/** The same as git's unified difference of the files. */
export const raw = (context: Context, request: BetweenRequest): Promise<string> =>
  reading(context, request, (mirror, { pairs }) => rawBetween(mirror, pairs));

const withoutVector = ({ vector: _, ...side }: Resolved) => side;

interface Sides {
  readonly from: Resolved;
  readonly to: Resolved;
  readonly pairs: readonly Pair[];
  readonly outlines: Published['outlines'];
  /** Whether a part was ever rendered for an environment: else somebody edited it. */
  readonly isOurs: (environment: string, app: string, part: ObjectId) => boolean;
}

async function reading<Answer>(
  { checkout, remote, now }: Context,
  { range, environment, app }: BetweenRequest,
  answer: (mirror: Mirror, sides: Sides) => Promise<Answer>,
): Promise<Answer> {
  const mirror = await openMirror(checkout, remote);
  try {
    const histories = new Histories(mirror, mirror.shelf);
    histories.readAhead();
    const { environments: stages, outlines } = await readNewest(mirror);
    const names = stages.map(({ name }) => name);
    if (environment !== undefined && !names.includes(environment))
      throw new Misuse(`--env ${environment}: not an environment; ${instead(environment, names)}`);
    const ends = rangeOf(range, names);
    // A version stands beside an environment without --env: it is looked for there.
    const [beside] = ends.flatMap((end) => (end.is === 'environment' ? [end.environment] : []));
    const looking = { mirror, checkout, histories, stages, environment: environment ?? beside, now: now() };
    const [from, to] = await Promise.all([resolve(ends[0], looking), resolve(ends[1], looking)]);
    const only = from.app ?? to.app;
    if (from.app !== undefined && to.app !== undefined && from.app !== to.app)
      throw new Misuse(`${range}: ${from.app} and ${to.app} are two apps; write versions of one.`);
    const isAsked = (name: string) => (only ?? name) === name && (app ?? name) === name;
    const all = environmentsOf(from, to, names, environment).flatMap((pair) => pairsIn(from, to, pair));
    const known = [...new Set(all.map((pair) => pair.app))].sort();
    if (app !== undefined && !known.includes(app))
      throw new Misuse(`--app ${app}: it stands on neither side; ${instead(app, known)}`);
    const pairs = all.filter((pair) => isAsked(pair.app) && pair.parts[0] !== pair.parts[1]);
    const { timelines } = await histories.rendered();
    const isOurs = (name: string, of: string, part: ObjectId) =>
      timelines.get(`${name}/${of}`)?.place(part) !== undefined;
    return await answer(mirror, { from, to, pairs, outlines, isOurs });
  } finally {
    await mirror.close();
  }
}

/** Which environment of one side is held against which of the other. */
function environmentsOf(
  from: Resolved,
  to: Resolved,
  names: readonly string[],
  asked: string | undefined,
): (readonly [string, string])[] {
  const [one, other] = [from.environment ?? to.environment, to.environment ?? from.environment];
  if (one === undefined || other === undefined)
    return names.filter((name) => (asked ?? name) === name).map((name) => [name, name]);
  if (asked !== undefined && asked !== one && asked !== other)
    throw new Misuse(`--env ${asked}: the two sides are about ${[...new Set([one, other])].join(' and ')}.`);
  return [[one, other]];
}

function pairsIn(from: Resolved, to: Resolved, environments: readonly [string, string]): Pair[] {
  const [old, now] = [from.vector(environments[0]), to.vector(environments[1])];
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .map((app) => ({ app, environments, parts: [old.get(app), now.get(app)] as const }));
}

/** A line of git's, in its colours. What a file holds may steer a terminal; a program gets it as it is. */
function seen(line: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const text = line.replace(/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '�');
  const colour = ({ '+': 'green', '-': 'red', '@': 'cyan' } as const)[text[0] as '+' | '-' | '@'];
  return colour ? styleText(colour, text, { stream: process.stdout }) : text;
}

/** `diff A..B`; without it see diff.ts. */
export async function run({ values, words }: Asked): Promise<void> {
  const [range = ''] = words;
  const other = ['dry', 'image', 'images', 'out'].find((option) => values[option] !== undefined);
  if (other !== undefined) throw new Misuse(`--${other} goes with slipway diff alone: ${range} renders nothing.`);
  if (values.raw && values.json)
    throw new Misuse('--raw is for git and people, --json for programs: give one of them.');
  const { env: environment, app } = values as Partial<Record<string, string>>;
  const request = { range, environment, app };
  const context = await contextOf(values);
  if (values.raw) {
    const text = await raw(context, request);
    process.stdout.write(process.stdout.isTTY ? text.split('\n').map(seen).join('\n') : text);
    return;
  }
  const found = await between(context, request);
  if (values.json) return console.log(JSON.stringify({ version: 1, ...found }, null, 2));
  for (const line of formatBetween(found.parts, [found.from.says, found.to.says])) console.log(coloured(line));
}
