import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitted, longest, type Section, whole } from './sections.ts';

const entries = (count: number, length = 100) =>
  Array.from({ length: count }, (_, index) => `- ${index} `.padEnd(length, 'x'));
const first: Section = { head: ['The first lines.'], entries: [] };
const last: Section = { head: ['### To undo it', 'Revert it.'], entries: [] };

test('what fits is whole', () => {
  const sections = [first, { head: ['### Some'], entries: ['- a', '- b'], cut: 1 }, { head: [], entries: [] }, last];
  assert.equal(fitted(sections), 'The first lines.\n\n### Some\n- a\n- b\n\n### To undo it\nRevert it.\n');
  assert.equal(fitted(sections), whole(sections));
});

test('what does not fit is cut from the end of the least important section first, and says so', () => {
  const more = { head: ['### More'], entries: entries(20), tail: ['</details>'], cut: 1 };
  const worse = { head: ['### Worse'], entries: entries(20), cut: 2 };
  const text = fitted([first, worse, more, last], 3500);
  assert.ok(text.length <= 3500 && text.length > 3300, `${text.length}`);
  assert.match(text, /^The first lines\.\n\n### Worse\n/);
  assert.match(text, /- 19 x+\n\n### More\n- 0 x+\n/);
  assert.match(
    text,
    /\n- … and 7 more lines, cut for its length: the report of this run has all\.\n<\/details>\n\n### To undo it\nRevert it\.\n$/,
  );
});

test('no text is longer than its limit', () => {
  for (const count of [1, 50, 599, 600, 601, 5000])
    for (const [one, other] of [
      [count, count],
      [count, 0],
      [0, count],
    ] as const) {
      const sections = [
        first,
        { head: ['### A'], entries: entries(one), cut: 1 },
        { head: ['### B'], entries: entries(other), cut: 2 },
        last,
      ];
      const text = fitted(sections);
      assert.ok(text.length <= longest);
      assert.ok(text.startsWith('The first lines.') && text.endsWith('Revert it.\n'));
    }
  assert.ok(fitted([{ head: entries(1000), entries: [] }]).length <= longest);
});
