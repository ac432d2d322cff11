import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grouped, type NewCommit } from './commit.ts';

const commit = (name: string): NewCommit => ({
  message: `${name} 1 → 2\n\nDry-Sha: abc\n`,
  writes: [{ path: name, mode: '040000', id: name.repeat(40) }],
});
const commits = ['a', 'b', 'c', 'd', 'e'].map(commit);

test('a commit per app, as long as there are not too many', () => {
  assert.equal(grouped(commits, 5), commits);
  assert.equal(grouped([], 5).length, 0);
});

test('of too many, neighbours share a commit that names and writes all of them', () => {
  for (const most of [1, 2, 3, 4]) {
    const found = grouped(commits, most);
    assert.ok(found.length <= most);
    assert.deepEqual(
      found.flatMap(({ writes }) => writes),
      commits.flatMap(({ writes }) => writes),
    );
    for (const { message } of commits) assert.ok(found.some((one) => one.message.includes(message)));
  }
  assert.deepEqual(
    grouped(commits, 2).map(({ message }) => message.split('\n')[0]),
    ['a 1 → 2, and 2 more', 'd 1 → 2, and 1 more'],
  );
});
