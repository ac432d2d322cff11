import assert from 'node:assert/strict';
import type { Scope } from '../commands/sandbox.fixture.ts';
import { Random } from './random.ts';
import { Schedule } from './schedule.ts';
import { each, inScope } from './scope.ts';
import { apps, paths, Site, tick } from './site.fixture.ts';
import type { Summary, Task } from './task.ts';
import { take, turnNames } from './turns.ts';

/** So many things happen in a schedule, before all is quiet. */
const turns = 10;
/** So many schedules has the short form. */
const few = 6;
/** One promotion in so many schedules runs in a process of its own, which is killed. */
const rarely = 6;

/** Sites of every shape where the first version of everything runs everywhere. */
async function delivered(scope: Scope): Promise<Site[]> {
  return Promise.all(
    Object.values(paths).map(async (stages) => {
      const site = await Site.make(scope, stages);
      const schedule = await Schedule.at(site, new Random(0));
      await schedule.publish({ images: apps });
      for (const environment of schedule.later) {
        site.clock += 2 * tick;
        await schedule.promote(0, environment);
        const request = (await schedule.open()).find(({ target }) => target === `env/${environment}`);
        if (request) await site.ask('PUT', `/${request.iid}/merge`);
        await schedule.observe('person');
      }
      await site.remote.bytes(['repack', '-a', '-d', '-q']);
      return site;
    }),
  );
}

export const promotions: Task = {
  name: 'promotions',
  about:
    'random schedules of publishes, promotions at once, merges by every method, reverts, gates and faults, against a model',
  count: 500,
  run: ({ random, count = few, say }) =>
    inScope(async (outer): Promise<Summary> => {
      const sites = await delivered(outer);
      const counts: Record<string, number> = {};
      const met: Record<string, number> = {};
      let done = 0;
      await each(Array(count).keys(), 2, (number) =>
        inScope(async (scope) => {
          const own = random.child(number);
          const site = await (own.chance(0.3) ? (sites.at(-1) as Site) : (sites[0] as Site)).copy(scope);
          const schedule = await Schedule.at(site, own);
          try {
            const killed = number % rarely === rarely - 1 ? own.below(turns) : undefined;
            for (let turn = 0; turn < turns; turn++) {
              const name = await take(schedule);
              counts[name] = (counts[name] ?? 0) + 1;
              if (turn !== killed) continue;
              await schedule.promoteUntilKilled();
              schedule.told.push('promote, in a process that is killed');
            }
            await schedule.settle();
            for (const [what, times] of Object.entries(schedule.met)) met[what] = (met[what] ?? 0) + times;
          } catch (error) {
            throw new Error(`schedule ${number}:\n${schedule.told.join('\n')}`, { cause: error });
          }
          say(++done, count);
        }),
      );
      // So many schedules have everything in them, or the proof is a smaller one than it says.
      if (count >= 200) {
        assert.deepEqual(Object.keys(counts).sort(), [...turnNames].sort());
        assert.ok(!Object.values(met).includes(0), JSON.stringify(met));
      }
      return { schedules: done, ...counts, ...met };
    }),
};
