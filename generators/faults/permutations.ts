import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
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
    await cp(box.remote.dir, join(dir, 'remote.git'), { recursive: true });
    await one.run();
    return one.counts;
  } catch (error) {
    throw new Error(`pipelines by place on main:\n${one.told.join('\n')}`, { cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** So many permutations share a history; the first of them renders by itself. */
const perHistory = 20;

export const permutations: Task = {
  name: 'permutations',
  about:
    'late, repeated and out-of-order pipelines, from bundles and whole, over histories with merges, against a model',
  count: 1000,
  run: async ({ random, count = 4, say }): Promise<Summary> => {
    const counts: Record<string, number> = {};
    let done = 0;
    const share = Math.min(perHistory, Math.max(2, Math.floor(count / 6)));
    await each(Array(Math.ceil(count / share)).keys(), 2, (number) =>
      inScope(async (scope) => {
        const own = random.child(number);
        const box = await sandbox(scope);
        const history = await makeHistory(box, own);
        // One pack is copied faster than some hundred objects.
        await box.remote.bytes(['repack', '-a', '-d', '-q']);
        for (let turn = 0; turn < share; turn++) {
          for (const [what, times] of Object.entries(await permute(box, history, own.child(turn), turn === 0)))
            counts[what] = (counts[what] ?? 0) + times;
          say(++done, count);
        }
      }),
    );
    for (const outcome of ['published', 'unchanged', 'superseded', 'refused'])
      assert.ok((counts[outcome] ?? 0) > 0, `no pipeline was ${outcome}`);
    if (count >= 50)
      for (const what of ['older bases', 'kept', 'intruders', 'lies'])
        assert.ok((counts[what] ?? 0) > 0, `there were no ${what}`);
    return { permutations: done, ...counts };
  },
};
