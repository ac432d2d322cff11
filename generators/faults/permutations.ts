import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Sandbox, sandbox } from '../commands/sandbox.fixture.ts';
import { type History, makeHistory } from './history.ts';
import { type Counts, Permutation } from './permutation.ts';
import type { Random } from './random.ts';
import { each, inScope } from './scope.ts';
import type { Summary, Task } from './task.ts';

/** Lets pipelines of a history end in some order, late and more than once, and looks after each of them. */
async function permute(box: Sandbox, history: History, random: Random, whole: boolean): Promise<Counts> {
  const dir = await mkdtemp(join(box.dir, 'permutation-'));
  const one = new Permutation(box, history, random, dir, whole);
  try {
    // Nothing protects the branches here, for that costs processes, and a publisher must be good without it.
    const filter = (path: string) => basename(path) !== 'hooks';
    await cp(box.remote.dir, join(dir, 'remote.git'), { recursive: true, filter });
    await one.run();
    return one.counts;
  } catch (error) {
    throw new Error(`pipelines by place on main:\n${one.told.join('\n')}`, { cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** So many permutations share a history, for rendering one costs as much as they do. */
const perHistory = 20;

/** In one of so many permutations of a history pipelines render by themselves. */
const perRendering = 5;

export const permutations: Task = {
  name: 'permutations',
  about:
    'late, repeated and out-of-order pipelines, from bundles and whole, over histories with merges, against a model',
  count: 1000,
  run: async ({ random, count = 2, say }): Promise<Summary> => {
    const counts: Record<string, number> = {};
    let done = 0;
    const share = Math.min(perHistory, Math.max(2, Math.floor(count / 6)));
    await each(Array(Math.ceil(count / share)).keys(), 2, (number, stopped) =>
      inScope(async (scope) => {
        const own = random.child(number);
        const box = await sandbox(scope);
        const history = await makeHistory(box, own, count < 12 ? 5 : 5 + own.below(4));
        // One pack is copied faster than some hundred objects, and a push need not look whether there are too many.
        await box.remote.bytes(['repack', '-a', '-d', '-q']);
        await box.remote.bytes(['config', 'receive.autoGC', 'false']);
        for (let turn = 0; turn < share && !stopped(); turn++) {
          const whole = turn % perRendering === 0;
          for (const [what, times] of Object.entries(await permute(box, history, own.child(turn), whole)))
            counts[what] = (counts[what] ?? 0) + times;
          say(++done, count);
        }
      }),
    );
    // So few as in the short form need not come to everything.
    assert.ok((counts.published ?? 0) > 0, 'no pipeline was published');
    if (count >= 12)
      for (const outcome of ['unchanged', 'superseded', 'refused'])
        assert.ok((counts[outcome] ?? 0) > 0, `no pipeline was ${outcome}`);
    if (count >= 50)
      for (const what of ['older bases', 'kept', 'intruders', 'lies'])
        assert.ok((counts[what] ?? 0) > 0, `there were no ${what}`);
    return { permutations: done, ...counts };
  },
};
