import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isByHand, mark, overrideIn, overrideLine, readMarked } from './marked.ts';

test('what people wrote around our text stays, however often ours is rewritten', () => {
  const first = mark('promotion', 'Takes a.');
  assert.equal(first, '<!-- slipway: promotion -->\nTakes a.\n<!-- /slipway -->\n');
  const edited = `Please wait for Ann.\n\n${first}\nI looked at it.\r\nTwice.`;
  const again = mark('promotion', 'Takes a and b.', { there: edited, isDrafted: true });
  assert.equal(
    again,
    'Please wait for Ann.\n\n<!-- slipway: promotion draft -->\nTakes a and b.\n<!-- /slipway -->\n\nI looked at it.\nTwice.\n',
  );
  assert.deepEqual(
    [readMarked(first).kind, readMarked(first).isDrafted, readMarked(again).isDrafted],
    ['promotion', false, true],
  );
});

test('a request that a person opened is adopted with its text', () => {
  const theirs = 'I want this in production.';
  assert.equal(readMarked(theirs).kind, undefined);
  assert.equal(
    mark('promotion', 'Takes a.', { there: theirs }),
    `<!-- slipway: promotion -->\nTakes a.\n<!-- /slipway -->\n\n${theirs}\n`,
  );
});

test('broken markers and unknown kinds mark nothing, and nothing of such a text is lost', () => {
  for (const text of [
    '<!-- slipway: promotion -->\nno end',
    'no begin\n<!-- /slipway -->',
    '<!-- slipway: something-else -->\nx\n<!-- /slipway -->',
  ]) {
    assert.equal(readMarked(text).kind, undefined, text);
    assert.ok(mark('repair', 'ours', { there: text }).endsWith(`\n\n${text}\n`), text);
  }
});

test('whatever stands in ours and theirs, the same text written again changes nothing', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('<!-- /slipway -->', '<!-- slipway: repair -->', '\n', 'x', '<!--', '-->'))
      .map((all) => all.join('')),
  );
  fc.assert(
    fc.property(text, text, (ours, theirs) => {
      const once = mark('promotion', ours, { there: theirs });
      assert.equal(mark('promotion', ours, { there: once }), once);
      assert.equal(readMarked(once).kind, 'promotion');
    }),
    { seed: 2026 },
  );
});

test('what was asked for by a person is told from what a run proposes', () => {
  assert.deepEqual(
    (['promotion', 're-apply', 'repair', 'one', 'release', 'rollback', undefined] as const).map(isByHand),
    [false, false, false, true, true, true, true],
  );
});

test('an override of the calendar is what a person wrote outside of our text', () => {
  const ours = mark('promotion', 'Calendar override: not this one');
  assert.equal(overrideIn(ours), undefined);
  assert.equal(overrideIn(`${ours}\n${overrideLine('incident\n 4711 ')}\n`), 'incident 4711');
  assert.equal(overrideIn(`calendar override:   the fix of Ann  \n${ours}`), 'the fix of Ann');
  assert.equal(overrideIn(`${ours}\ncalendar override:\n`), undefined);
});
