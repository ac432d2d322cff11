import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Course } from './course.ts';
import { plan, planFromTips } from './promotion.ts';
import { type Entry, type EnvironmentHistory, Timeline } from './timeline.ts';

/** What each of three apps was at each commit of `rendered` (0: not yet), and what an environment has and had of it. */
const histories = fc.array(
  fc.record({
    parts: fc.array(fc.nat({ max: 3 }), { minLength: 2, maxLength: 5 }),
    stands: fc.nat({ max: 5 }),
    had: fc.array(fc.nat({ max: 5 }), { maxLength: 3 }),
    byHand: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
);

const folder = (id: string): Entry => ({ mode: '040000', id });

test('where the tips alone say what a first environment takes, the histories say the same', () => {
  let certain = 0;
  fc.assert(
    fc.property(histories, fc.integer({ min: 2, max: 5 }), (apps, length) => {
      const commits = Array.from({ length }, (_, index) => `commit-${index}`);
      const timelines = new Map<string, Timeline>();
      const [before, desired, target] = [new Map<string, Entry>(), new Map<string, Entry>(), new Map<string, Entry>()];
      const seen = new Map<string, Set<string>>();
      for (const [number, { parts, stands, had, byHand }] of apps.entries()) {
        const name = `app-${number}`;
        const timeline = new Timeline();
        // No part ever comes back: a change is a new one.
        const stood: (string | undefined)[] = [];
        for (let index = 0; index < length; index++) {
          const changes = (parts[index % parts.length] ?? 0) > 1;
          const last = stood[index - 1];
          stood.push(changes ? `${name}-${index}` : last);
          if (changes) timeline.add(index, `${name}-${index}`);
        }
        timelines.set(`dev/${name}`, timeline);
        const at = (index: number) => stood[Math.min(index, length - 1)];
        // What was published by the commit that is only now at the tip has stood nowhere yet.
        const known = (index: number) => at(Math.min(index, length - 2));
        const here = byHand ? `${name}-edited` : known(stands);
        if (here) target.set(name, folder(here));
        const ids = [...had.map(known), here].filter((id) => id !== undefined);
        seen.set(name, new Set(ids));
        const [was, is] = [at(length - 2), at(length - 1)];
        if (was) before.set(name, folder(was));
        if (is) desired.set(name, folder(is));
      }
      const tip = commits.at(-1) as string;
      const quick = planFromTips({ tip, desired, before, target });
      if (!quick) return;
      certain++;
      const history: EnvironmentHistory = { tip: 'dev', entries: target, seen, course: new Course([], []) };
      const whole = plan({ rendered: { commits, timelines }, environment: 'dev', target: history });
      const moving = whole.filter(({ from, offer }) => offer.part !== undefined && from !== offer.part);
      assert.deepEqual(
        quick.map(({ name, from, state, offer }) => ({ name, from, is: state.is, part: offer.part })),
        moving.map(({ name, from, state, offer }) => ({ name, from, is: state.is, part: offer.part })),
      );
      assert.ok(moving.every(({ state }) => state.is === 'older' && state.heldBelow === undefined));
    }),
    { numRuns: 500 },
  );
  assert.ok(certain > 20, `only ${certain} of 500 were told by the tips`);
});
