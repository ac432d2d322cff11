import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consequence, errandOf, strays, wayOf } from './inspection.ts';
import { releaseBranch, rollbackBranch } from './names.ts';
import { Timeline } from './timeline.ts';

const timeline = new Timeline();
for (const [index, part] of ['p0', 'p1', 'p2', 'p3'].entries()) timeline.add(index, part);

test('which way a name goes, by the order of rendered and what ever stood there', () => {
  const table: [string | undefined, string | undefined, string[], ReturnType<typeof wayOf>][] = [
    ['p1', 'p2', ['p1'], 'forward'],
    [undefined, 'p0', [], 'forward'],
    ['p2', 'p1', ['p1', 'p2'], 'back'],
    ['p2', undefined, ['p2'], 'away'],
    ['p1', 'p2', ['p1', 'p2'], 're-apply'],
    ['p1', 'p2', ['p1', 'p3'], 're-apply'],
    ['p1', 'p2', ['p1', 'theirs'], 'forward'],
    [undefined, 'p1', ['p1'], 're-apply'],
    ['theirs', 'p1', ['theirs'], 'mended'],
    ['theirs', undefined, ['theirs'], 'mended'],
    ['p1', 'theirs', ['p1'], undefined],
  ];
  for (const [from, to, seen, expected] of table)
    assert.equal(wayOf({ name: 'a', from, to }, timeline, new Set(seen)), expected, `${from} → ${to} after ${seen}`);
});

test('what a branch is for stands in its name, also of apps that are named after errands', () => {
  const table: [string, ReturnType<typeof errandOf>][] = [
    ['env/staging-next', { kind: 'promotion' }],
    [releaseBranch('staging', 'counter'), { kind: 'release', app: 'counter' }],
    [releaseBranch('staging', 'rollback-x'), { kind: 'release', app: 'rollback-x' }],
    [rollbackBranch('staging'), { kind: 'rollback', app: undefined }],
    [rollbackBranch('staging', 'release-x'), { kind: 'rollback', app: 'release-x' }],
    ['env/staging', undefined],
    ['env/dev-next', undefined],
    ['env/staging-nextest', undefined],
    ['revert-4f2a91c', undefined],
  ];
  for (const [branch, expected] of table) assert.deepEqual(errandOf('staging', branch), expected, branch);
});

test('a promotion only goes forward, a rollback only back, and either keeps to its app', () => {
  const [promotion, wish] = [{ kind: 'promotion' } as const, { kind: 'release', app: 'a' } as const];
  const back = { kind: 'rollback' } as const;
  const allowed = (errand: Parameters<typeof strays>[0]) =>
    (['forward', 'back', 're-apply', 'mended', 'away'] as const).filter(
      (way) => strays(errand, 'a', way) === undefined,
    );
  assert.deepEqual(allowed(promotion), ['forward']);
  assert.deepEqual(allowed(wish), ['forward', 'back', 're-apply', 'mended']);
  assert.deepEqual(allowed(back), ['back', 'mended', 'away']);
  assert.equal(strays(wish, 'b', 'forward'), 'this release is of a alone');
  assert.equal(strays(promotion, 'a', 're-apply'), 'it brings back what was taken back, and a promotion never does');
});

test('what a merge means is told where it is more than a move', () => {
  assert.equal(consequence('a', 'forward', false), undefined);
  assert.match(consequence('a', 're-apply', true) ?? '', /stays held/);
  assert.match(consequence('a', 're-apply', false) ?? '', /this ends the hold/);
});
