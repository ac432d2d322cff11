import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { code, duration, move, quote, versionOf, visible } from './words.ts';

const at = (version: string) => ({ repoURL: 'r', drySha: 'a'.repeat(40), commands: [], version });

test('what a move is called', () => {
  assert.equal(move('a', at('1.0.1'), at('1.0.2')), 'a 1.0.1 → 1.0.2');
  assert.equal(move('a', undefined, at('1.0.2')), 'a 1.0.2 added');
  assert.equal(move('a', at('1.0.2'), at('1.0.2')), 'a 1.0.2, new configuration');
  assert.equal(move('a', at('1.0.2'), { ...at(''), removed: true }), 'a 1.0.2 removed');
  assert.equal(move('.gitlab-ci.yml', undefined, undefined), '.gitlab-ci.yml updated');
});

test('a duration is told in its largest whole unit', () => {
  const second = 1000;
  for (const [milliseconds, said] of [
    [-5, '0 s'],
    [119 * second, '119 s'],
    [120 * second, '2 min'],
    [7200 * second, '2 h'],
    [172_800 * second, '2 d'],
  ] as const)
    assert.equal(duration(milliseconds), said);
});

test('a version that somebody wrote into a file by hand has no characters but those of a tag', () => {
  const table: [string, string][] = [
    ['1.4.2', '1.4.2'],
    ['v1.0.0-rc.1_x+build', 'v1.0.0-rc.1_x+build'],
    ['1.0 | **x** @all [skip ci] <b> `', '1.0 x all skip ci b'],
    ['1.0\u202e\u001b[31m', '1.0 31m'],
    ['*', 'aaaaaaaaaaaa'],
  ];
  for (const [version, reads] of table) assert.equal(versionOf(at(version)), reads);
});

test('text of other people is made harmless and cut', () => {
  const table: [string, string][] = [
    // It stays what it was where it does nothing.
    ['feat(counter): greet in 3 languages (PROJ-12)', 'feat(counter): greet in 3 languages (PROJ-12)'],
    ['Closes PROJ-12', 'Closes PROJ-12'],
    ['a@example.com: counter@sha256:0123', 'a@example.com: counter@sha256:0123'],
    ['if a < b && c > d, 50 %', 'if a < b && c > d, 50 %'],
    ['Grüße, 世界, שלום 👋', 'Grüße, 世界, שלום 👋'],
    ['/', '/'],
    // Markup and tables.
    ['fix `x`\n/merge', "fix 'x' /merge"],
    ['a | b', 'a ¦ b'],
    ['``` js', "''' js"],
    ['<script>alert(1)</script>', '‹script>alert(1)‹/script>'],
    ['<!-- hidden --> <https://evil.example.com>', '‹!-- hidden --> ‹https://evil.example.com>'],
    // Terminals and what nobody sees.
    ['\u001b[31mred\u202e', '[31mred'],
    ['\u001b]8;;https://evil.example.com\u0007click\u001b]8;;\u0007', ']8;;https://evil.example.com click ]8;;'],
    ['\u009b2Jgone', '2Jgone'],
    ['a\u200bb\u2066c\u00add\u2028e\u3164f\u{e0041}g', 'a b c d e f g'],
    ['\ud800 half', 'half'],
    ['Z\u0300\u0301\u0302\u0303\u0304\u0305', 'Z\u0300\u0301\u0302'],
    // Mentions and quick actions.
    ['thanks @ann, (@group/team) and @all', 'thanks @ ann, (@ group/team) and @ all'],
    ['/merge', '/ merge'],
    ['\n\n  /close', '/ close'],
    ['\u200b/approve', '/ approve'],
    // Pipelines.
    ['typo [skip ci]', 'typo [ skip ci]'],
    ['typo [ci skip] [CI-SKIP] [skip_ci]', 'typo [ ci skip] [ CI-SKIP] [ skip_ci]'],
    ['[no ci] [skip actions] [actions skip]', '[ no ci] [ skip actions] [ actions skip]'],
    ['[skip\u00adci] [skip\u00a0ci]', '[ skip ci] [ skip ci]'],
    ['skip-checks: true', 'skip-checks : true'],
    // References that close something, or leave a note there.
    ['Closes #12', 'Closes # 12'],
    ['fixes group/project#3, #4 and #5', 'fixes group/project# 3, # 4 and # 5'],
    ['Resolves !5', 'Resolves ! 5'],
    ['implements group&7', 'implements group& 7'],
    ['Closes https://gitlab.example.com/g/p/-/issues/4', 'Closes https://gitlab.example.com/g/p/-/issues/ 4'],
    ['Closes https://gitlab.example.com/g/p/-/work_items/4', 'Closes https://gitlab.example.com/g/p/-/work_items/ 4'],
    ['Fixes https://github.com/o/r/pull/6', 'Fixes https://github.com/o/r/pull/ 6'],
    ['Fixes GH-7 and o/r#8', 'Fixes GH- 7 and o/r# 8'],
    ['Closes [work_item:9]', 'Closes [ work_item:9]'],
    ['Closes #\u200b12', 'Closes # 12'],
  ];
  for (const [text, reads] of table) assert.equal(quote(text), reads);
  assert.equal(quote('x'.repeat(200)).length, 100);
  assert.equal(quote(`${'x'.repeat(98)}👋👋`), `${'x'.repeat(98)}…`, 'no character is cut in half');
});

test('on a terminal, text of other people stays as it was written, but for what steers it', () => {
  const table: [string, string][] = [
    ['Closes #12, !7 and g/p#3, thanks @ann', 'Closes #12, !7 and g/p#3, thanks @ann'],
    ['https://gitlab.example.com/g/p/-/merge_requests/4', 'https://gitlab.example.com/g/p/-/merge_requests/4'],
    ['`a | b` <c> [skip ci]', '`a | b` <c> [skip ci]'],
    ['\u001b[31mred\u202e\nnext\tcolumn', '[31mred  next column'],
    ['\u001b]8;;https://evil.example.com\u0007click', ']8;;https://evil.example.com click'],
    ['\u009b2J\u200bgone', '2J gone'],
  ];
  for (const [text, reads] of table) assert.equal(visible(text), reads);
  assert.equal(visible('x'.repeat(2000)).length, 2000);
  assert.equal(visible('👋👋', 3), '👋…');
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      assert.doesNotMatch(visible(text), /[\p{Cc}\p{Cf}\p{Cs}]/u);
    }),
    { seed: 2026, numRuns: 100 },
  );
});

const nasty = [
  '[skip',
  'ci]',
  'Closes',
  '#',
  '!',
  '&',
  '1',
  '@',
  'a',
  '/',
  '/issues/',
  '`',
  '|',
  '<',
  '\n',
  '\u200b',
  ' ',
];

test('nothing that a forge acts on can be put together so that it survives', () => {
  const pieces = fc.array(fc.oneof(fc.constantFrom(...nasty), fc.string({ unit: 'binary', maxLength: 3 })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = quote(parts.join(''));
      assert.equal(quote(text), text, 'twice is once');
      assert.doesNotMatch(text, /[#!&]\d|(^|\W)@\w|\[skip[ _-]ci\]|\/issues\/\d|^\/\S|[`|]|<[a-z/!?]|[\p{Cc}\p{Cf}]/iu);
    }),
    { seed: 2026, numRuns: 500, examples: [[['㐀', '@', 'ci]']]] },
  );
});

test('a code span is never empty, since two backticks would begin another one', () => {
  assert.equal(code(' ` '), "`'`");
  assert.equal(code('\u200b'), '`(empty)`');
});
