import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Context } from '../commands/context.ts';
import { publish } from '../commands/publish.ts';
import { type Sandbox, sandbox } from '../commands/sandbox.fixture.ts';
import { Git } from '../git/git.ts';
import { Refusal } from '../model/refusal.ts';
import { apps, type History, makeHistory, type Values } from './history.ts';
import type { Random } from './random.ts';
import { each, inScope } from './scope.ts';
import { checkRendered, textsOf, valueIn } from './state.ts';
import type { Summary, Task } from './task.ts';

/** Publishes as a pipeline of this commit does. */
const pipeline = (context: Context, dry: string) => publish(context, { dry, images: new Map() });

/** What a pipeline may come to. */
type Outcome = 'published' | 'unchanged' | 'superseded' | 'refused';

/**
 * The whole of what must happen, in a few lines: the newest place of `main` that was published wins, whatever comes
 * later; what has no place is refused.
 */
class Expectation {
  readonly #history: History;
  /** How much of the chain is on the remote's `main`. */
  visible: number;
  #newest = -1;

  constructor(history: History, visible: number) {
    this.#history = history;
    this.visible = visible;
  }

  pipeline(dry: string): Outcome {
    const place = this.#history.chain.findIndex(({ commit }) => commit === dry);
    if (place < 0 || place >= this.visible) return 'refused';
    if (place < this.#newest) return 'superseded';
    if (place === this.#newest) return 'unchanged';
    this.#newest = place;
    return 'published';
  }

  get values(): Values {
    return this.#history.chain[this.#newest]?.values ?? {};
  }
}

/** The value of each app at every place where it must be the same: what was published, and the first environment. */
async function valuesAt(remote: Git): Promise<Record<string, Values>> {
  const found: Record<string, Values> = {};
  for (const place of ['rendered:dev/', 'rendered:production/', 'env/dev:']) {
    const texts = await textsOf(
      remote,
      apps.map((app) => `refs/heads/${place}${app}/deployment-${app}.yaml`),
    );
    const pairs = apps.map((app, index) => [app, valueIn(texts[index] ?? '')] as const);
    found[place] = Object.fromEntries(pairs.flatMap(([app, value]) => (value === undefined ? [] : [[app, value]])));
  }
  return found;
}

/** Lets pipelines of a history end in some order, late and more than once, and looks after each of them. */
async function permute(box: Sandbox, history: History, random: Random): Promise<Record<Outcome, number>> {
  const dir = await mkdtemp(join(box.dir, 'permutation-'));
  const remote = new Git(join(dir, 'remote.git'));
  const told: string[] = [];
  const counts = { published: 0, unchanged: 0, superseded: 0, refused: 0 };
  try {
    await cp(box.remote.dir, remote.dir, { recursive: true });
    const { chain, merged, unpushed } = history;
    const expected = new Expectation(history, 1 + random.below(chain.length));
    const reveal = () => remote.bytes(['update-ref', 'refs/heads/main', chain[expected.visible - 1]?.commit as string]);
    await reveal();
    const commits = chain.map(({ commit }) => commit);
    const repeated = Array.from({ length: 3 }, () => random.pick(commits));
    const strangers = [...merged.slice(0, 2), unpushed];
    for (const dry of random.shuffled([...commits, ...repeated, ...strangers])) {
      if (expected.visible < chain.length && random.chance(0.3)) {
        expected.visible += 1 + random.below(chain.length - expected.visible);
        await reveal();
      }
      const shallow = random.chance(0.05);
      const dryOrTip = shallow ? (chain[expected.visible - 1]?.commit as string) : dry;
      const checkout = shallow ? await shallowClone(remote, join(dir, `clone-${told.length}`)) : box.checkout;
      const must = expected.pipeline(dryOrTip);
      const is = await pipeline({ ...box.context, checkout, remote: remote.dir }, dryOrTip).then(
        ({ outcome }) => outcome,
        (error) => {
          if (error instanceof Refusal && /not on main/.test(error.message)) return 'refused';
          throw error;
        },
      );
      told.push(`${commits.indexOf(dryOrTip)} of ${expected.visible}${shallow ? ' from a shallow clone' : ''}: ${is}`);
      assert.equal(is, must);
      counts[is]++;
      if (is === 'refused') continue;
      for (const [place, values] of Object.entries(await valuesAt(remote)))
        assert.deepEqual(values, expected.values, place);
    }
    if (counts.published > 0) await checkRendered(remote);
    await remote.bytes(['fsck', '--strict']);
    return counts;
  } catch (error) {
    throw new Error(`pipelines by place on main:\n${told.join('\n')}`, { cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function shallowClone(remote: Git, dir: string): Promise<Git> {
  const clone = new Git(dir);
  await remote.bytes(['clone', '--quiet', '--depth=1', `file://${remote.dir}`, dir]);
  return clone;
}

/** So many permutations share a history. */
const perHistory = 10;

export const permutations: Task = {
  name: 'permutations',
  about: 'late, repeated and out-of-order pipelines over histories with branches and merges, against a model',
  count: 1000,
  run: async ({ random, count = 4, say }): Promise<Summary> => {
    const counts: Record<string, number> = {};
    let done = 0;
    const share = Math.min(perHistory, Math.ceil(count / 2));
    await each(Array(Math.ceil(count / share)).keys(), 2, (number) =>
      inScope(async (scope) => {
        const own = random.child(number);
        const box = await sandbox(scope);
        const history = await makeHistory(box, own);
        for (let turn = 0; turn < share; turn++) {
          for (const [outcome, times] of Object.entries(await permute(box, history, own.child(turn))))
            counts[outcome] = (counts[outcome] ?? 0) + times;
          say(++done, count);
        }
      }),
    );
    for (const outcome of ['published', 'unchanged', 'superseded', 'refused'])
      assert.ok((counts[outcome] ?? 0) > 0, `no pipeline was ${outcome}`);
    return { permutations: done, ...counts };
  },
};
