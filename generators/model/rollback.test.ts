import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Standing } from './course.ts';
import { earlier, lastMoved } from './rollback.ts';
import { Timeline } from './timeline.ts';

/** `rendered` had p0, p1, … in this order; anything else is no part of ours. */
const timeline = new Timeline();
for (let index = 0; index < 6; index++) timeline.add(index, `p${index}`);
const place = (part: string | undefined) => (part === undefined ? -1 : timeline.place(part));

const part = fc.constantFrom<string | undefined>(undefined, 'p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'edited');
const standingsOf = (name: string, parts: readonly (string | undefined)[]): Standing[] =>
  parts.map((part, index) => ({ commit: `${name}${parts.length - index}`, name, part, time: index }));

test('what an app may go back to stood there, is ours, and is earlier, the newest of it first', () => {
  fc.assert(
    fc.property(fc.array(part, { minLength: 1, maxLength: 8 }), (parts) => {
      const [now, ...before] = parts;
      const here = place(now) ?? Number.POSITIVE_INFINITY;
      const found = earlier(standingsOf('a', parts), timeline);
      assert.equal(new Set(found).size, found.length);
      for (const one of found) assert.ok((place(one) ?? here) < here && [...before, undefined].includes(one));
      const missed = before.filter((one) => place(one) !== undefined && (place(one) as number) < here);
      assert.ok(missed.every((one) => found.includes(one)));
      assert.ok(now === undefined || found.includes(undefined));
      const order = found.map((one) => (before.includes(one) ? before.indexOf(one) : before.length));
      assert.deepEqual(
        order,
        order.toSorted((a, b) => a - b),
      );
    }),
  );
});

test('what moved last came forward, stands there, and has somewhere to go back to', () => {
  const histories = fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c'), part }), { maxLength: 12 });
  fc.assert(
    fc.property(histories, fc.array(fc.nat(3)), (history, commits) => {
      // Oldest first, several names to a commit; a commit that changes nothing under a name is none of it.
      const stands = new Map<string, string | undefined>();
      const told: Standing[] = [];
      for (const [index, { name, part }] of history.entries()) {
        if (stands.get(name) === part) continue;
        stands.set(name, part);
        told.unshift({ commit: `c${index - (commits[index] ?? 0)}`, name, part, time: index });
      }
      const names = lastMoved(told, () => timeline);
      for (const name of names) {
        const own = told.filter((standing) => standing.name === name);
        assert.equal(own[0]?.part, stands.get(name));
        assert.ok(earlier(own, timeline).length > 0);
      }
      // An app that only ever came forward can always be taken back.
      const rising = [...stands.keys()].some((name) => {
        const own = told.filter((standing) => standing.name === name).map((standing) => place(standing.part) ?? -2);
        return (own[0] ?? -1) >= 0 && own.every((at, index) => at > (own[index + 1] ?? -1));
      });
      assert.ok(!rising || names.length > 0);
    }),
  );
});
