import assert from 'node:assert/strict';
import type { Scope } from '../commands/sandbox.fixture.ts';
import { anyFault, type Door, isKill, type Kind, kindsAt, replyIsLost } from './fault.ts';
import type { Random } from './random.ts';
import { completed, made, type Reference, refer, type Scene, Trial } from './scene.ts';
import { scenes } from './scenes.ts';
import { each, inScope } from './scope.ts';
import type { Summary, Task } from './task.ts';

/** One way to disturb one command: this fault at this step. */
export interface Point {
  readonly scene: Scene;
  readonly reference: Reference;
  readonly step: number;
  readonly door: Door;
  readonly name: string;
  readonly kind: Kind;
}

/** Every fault at every step of the scenes. */
export async function allPoints(scope: Scope, few: boolean): Promise<Point[]> {
  const points: Point[] = [];
  for (const scene of await scenes(scope, few)) {
    const reference = await refer(scope, scene);
    // A publisher that is dead before it can be overtaken never is: that scene has two ends.
    for (const { number: step, door, name } of reference.steps)
      for (const kind of kindsAt[door])
        if (!(scene.overtakenBy && isKill(kind))) points.push({ scene, reference, step, door, name, kind });
  }
  return points;
}

/**
 * What the short form never leaves out, by scene: a failure after something was done, and one that could be taken for an
 * answer.
 */
const decisive: Readonly<Record<string, readonly (readonly [step: string, kinds: readonly Kind[]])[]>> = {
  'the first proposal': [
    ['git push', ['kill after', 'strange reply']],
    ['POST merge_requests', ['lose reply']],
  ],
  'a render': [
    [`writeFile ${made}`, ['refuse']],
    [`rename ${made}`, ['kill before']],
  ],
  'a publish of a new environment': [['git push', ['kill after', 'refuse']]],
  'a publish that another overtakes': [['git push', ['strange reply']]],
  'a repeated publish': [['git rev-parse', ['refuse']]],
};

/** So many other steps the short form disturbs. */
const others = 2;

/** The few that stand for all: the decisive ones, and of the other steps some, with one fault each, where it is cheapest. */
export function fewPoints(points: readonly Point[], random: Random): Point[] {
  const chosen = Object.entries(decisive).flatMap(([scene, steps]) =>
    steps.flatMap(([step, kinds]) => {
      const able = points.filter((point) => point.scene.name === scene && point.name.startsWith(step));
      return kinds.flatMap((kind) => {
        const found = able.filter((point) => point.kind === kind);
        if (found.length === 0) throw new Error(`${scene} has no ${step} at which to ${kind}: kill.ts is outdated.`);
        return found;
      });
    }),
  );
  const rest = Map.groupBy(
    points.filter((point) => !chosen.includes(point) && !point.scene.overtakenBy),
    ({ name }) => name,
  );
  const cheapest = (list: readonly Point[]) => {
    const fewest = Math.min(...list.map(({ reference }) => reference.steps.length));
    return list.filter(({ reference }) => reference.steps.length === fewest);
  };
  const some = random.shuffled([...rest.values()]).slice(0, others);
  return [...chosen, ...some.map((list) => random.pick(cheapest(list)))];
}

/**
 * Disturbs a command once, and runs it again as nobody disturbs it: branches, merge requests and the temporary folder
 * are then as if nothing had happened. A command that says that it succeeded must have.
 */
export async function disturb(point: Point, random: Random): Promise<void> {
  const { scene, reference, step, door, kind } = point;
  const fault = { step, ...anyFault(door, random, kind) };
  try {
    await inScope(async (scope) => {
      const trial = await Trial.open(scope, scene);
      const victim = trial.run(fault);
      const ended = await victim.ended;
      // Steps that run side by side change places: what suffered need not be the step of the undisturbed run.
      const suffered = ended.steps.findLast((one) => one.fault);
      assert.equal(suffered?.fault, kind, `the fault did not happen: ${ended.err}`);
      if (isKill(kind)) assert.equal(ended.status, undefined, 'it was to be killed');
      else assert.ok(ended.status === 0 || ended.status === 1, `it ended with ${ended.status}: ${ended.err}`);
      if (suffered.name === 'git push' && replyIsLost(kind))
        assert.equal(ended.status, 0, `the branch moved, and it was called a failure: ${ended.err}`);
      const bundle = await trial.bundle();
      if (bundle.length > 0) assert.deepEqual(bundle, reference.state.bundle, 'a bundle is whole or not there');
      if (ended.status === 0) assert.deepEqual(await trial.state(), reference.state, 'it was called a success');
      else if (!isKill(kind)) assert.match(ended.err, /^slipway: /m, 'a failure is told');
      // What a killed process left running goes on beside the next run, as it would in life.
      await completed(trial);
      await victim.alone();
      assert.deepEqual(await trial.state(), reference.state, 'after the second run');
    });
  } catch (error) {
    const { delay } = fault;
    throw new Error(`${scene.name}: ${kind} at step ${step} (${point.name}), after ${delay} ms`, { cause: error });
  }
}

/** So many failures of the long form tell enough. */
const plenty = 12;

/** Disturbs commands at points by chance, `count` times; or at the few that stand for all. */
export const kill: Task = {
  name: 'kill',
  about:
    'kills, lost replies and refusals at the steps of render, publish and promote, and then a run that nobody disturbs',
  count: 2000,
  run: ({ random, count, say }) =>
    inScope(async (scope): Promise<Summary> => {
      const points = await allPoints(scope, count === undefined);
      const chosen =
        count === undefined ? fewPoints(points, random) : Array.from({ length: count }, () => random.pick(points));
      const seen = new Map<string, number>();
      let done = 0;
      const failures: Error[] = [];
      const enough = count === undefined ? 1 : plenty;
      await each(chosen.entries(), 2, async ([index, point]) => {
        if (failures.length >= enough) return;
        await disturb(point, random.child(index)).catch((error) => failures.push(error));
        seen.set(point.kind, (seen.get(point.kind) ?? 0) + 1);
        say(++done, chosen.length);
      });
      if (failures.length > 0)
        throw new AggregateError(failures, failures.map(({ message, cause }) => `${message}: ${cause}`).join('\n'));
      return { trials: done, points: points.length, ...Object.fromEntries(seen) };
    }),
};
