import assert from 'node:assert/strict';
import { sandbox } from '../commands/sandbox.fixture.ts';
import { forms } from './forms.ts';
import { each, inScope } from './scope.ts';
import { Story } from './story.ts';
import type { Summary, Task } from './task.ts';

/** So many things happen in a history, beside its first and last publish. */
const turns = 12;

export const reverts: Task = {
  name: 'reverts',
  about: 'random histories of env/dev and env/staging with every form of going back, against a model',
  count: 200,
  run: async ({ random, count = 1, say }): Promise<Summary> => {
    const counts: Record<string, number> = {};
    let done = 0;
    await each(Array(count).keys(), 2, (number) =>
      inScope(async (scope) => {
        const own = random.child(number);
        const story = new Story(await sandbox(scope, {}), own);
        try {
          await story.publish();
          for (let turn = 0; turn < turns; turn++) {
            const chance = own.next();
            if (chance < 0.3) await story.publish();
            else if (chance < 0.5) await story.promote();
            else {
              const form = await story.person();
              if (form) counts[form] = (counts[form] ?? 0) + 1;
            }
          }
          await story.publish();
          await story.promote();
        } catch (error) {
          throw new Error(`history ${number}:\n${story.told.join('\n')}`, { cause: error });
        }
        say(++done, count);
      }),
    );
    // So many histories have every form in them, or the proof is a smaller one than it says.
    if (count >= 50) assert.deepEqual(Object.keys(counts).sort(), Object.keys(forms).sort());
    assert.notDeepEqual(counts, {}, 'histories go back');
    return { histories: done, ...counts };
  },
};
