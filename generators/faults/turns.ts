import { merge, mergeStale, people } from './people.ts';
import type { Schedule, Turn } from './schedule.ts';
import { apps, type Change, tick } from './site.fixture.ts';

function change({ random, model, environments }: Schedule): Change {
  const chance = random.next();
  const some = random.shuffled(apps).slice(0, 1 + random.below(2));
  const stands = some.filter((app) => !model.isRemoved(model.offer('dev', app)));
  if (chance < 0.1 && stands[0]) return { removed: [stands[0]] };
  if (chance < 0.2 && stands[0]) return { own: { app: stands[0], environment: random.pick(environments) } };
  if (chance < 0.25) return { pipelines: true };
  return chance < 0.65 ? { images: some } : { configs: some };
}

async function publish(schedule: Schedule): Promise<string> {
  const what = change(schedule);
  await schedule.publish(what);
  return `publish ${JSON.stringify(what)}`;
}

async function publishAgain(schedule: Schedule): Promise<string> {
  await schedule.publishAgain();
  return 'publish the same again';
}

/** Whoever is faster than a promotion: it publishes, merges, goes back, or changes what was proposed. */
const others: readonly Turn[] = [
  publish,
  publish,
  merge,
  people['revert of the tip'],
  people['one app taken out of a proposal'],
];

const promotions = {
  promote: async (schedule: Schedule) => {
    // One environment is half the work.
    const made = await schedule.promote(
      0,
      schedule.random.chance(0.6) ? schedule.random.pick(schedule.later) : undefined,
    );
    return `promote: ${made.map(({ environment, outcome, moves }) => `${environment} ${outcome} ${moves.join(', ')}`).join('; ')}`;
  },
  'promote one app': async (schedule: Schedule) => {
    const [to, app] = [schedule.random.pick(schedule.later), schedule.random.pick(apps)];
    return `promote ${app} to ${to}: ${await schedule.promoteOne(to, app)}`;
  },
  'promote, twice at once': async (schedule: Schedule) => {
    await schedule.promoteTwice();
    return 'promote, twice at once';
  },
  'promote, overtaken': async (schedule: Schedule) => {
    let meanwhile: string | undefined;
    const before = schedule.random.chance(0.7) ? await publish(schedule) : 'nothing';
    await schedule.promoteOvertaken(async () => {
      meanwhile = await schedule.random.pick(others)(schedule);
    });
    return `${before}; promote, overtaken by: ${meanwhile ?? 'nobody'}`;
  },
  'promote through faults of the forge': async (schedule: Schedule) => {
    await schedule.promoteThroughFaults();
    return 'promote through faults of the forge';
  },
  'promote, cut off': async (schedule: Schedule) => `promote, cut off: ${await schedule.promoteUntilCut()}`,
} as const satisfies Readonly<Record<string, Turn>>;

/** What can happen, with how often it does. */
const weights: readonly (readonly [number, Readonly<Record<string, Turn>>])[] = [
  [5, { publish }],
  [1, { 'publish the same again': publishAgain }],
  [4, { promote: promotions.promote }],
  [0.8, promotions],
  [9, { merge }],
  [3, { 'merge of what went stale': mergeStale }],
  [0.6, people],
  [1.2, { release: people.release, rollback: people.rollback }],
  // Both need something to have happened there before: most draws find nothing to do.
  [1.5, { 'revert of a revert': people['revert of a revert'], 'folder put back': people['folder put back'] }],
  // What only a merge's second parent shows is the rarest of holds.
  [1, { 'a proposal merged and not taken': people['a proposal merged and not taken'] }],
  [3, { 'gates flap': async (schedule) => schedule.flap() }],
];

const all = weights.flatMap(([weight, turns]) => Object.entries(turns).map(([name, turn]) => ({ name, turn, weight })));

/** The names of all that can happen. */
export const turnNames = [...new Set(all.map(({ name }) => name))];

/** Has one thing happen, of which something always can. @returns its name */
export async function take(schedule: Schedule): Promise<string> {
  for (;;) {
    const { name, turn } = drawn(schedule.random.next());
    schedule.site.clock += tick;
    // Also of what failed half-way it is told.
    schedule.told.push(`${name} …`);
    const told = await turn(schedule);
    schedule.told.pop();
    if (told === undefined) continue;
    schedule.told.push(told);
    return name;
  }
}

const total = all.reduce((sum, { weight }) => sum + weight, 0);

/** @param chance from 0 up to, not including, 1 */
function drawn(chance: number): (typeof all)[number] {
  let at = chance * total;
  for (const one of all) {
    at -= one.weight;
    if (at < 0) return one;
  }
  throw new Error('unreachable: the weights are more than their sum');
}
