import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Built, handOverText, judgeHandOver, type Lineage } from './hand-over.ts';
import { parseImage } from './image.ts';

const [one, two] = ['1', '2'].map(
  (digit): Built => ({
    reference: `r.example.org/shop:1.${digit}@sha256:${digit.repeat(64)}`,
    commit: digit.repeat(40),
  }),
) as [Built, Built];

test('the later commit counts, whichever pipeline ends last', () => {
  const table: [lineage: Lineage, handed: Built, expected: string | RegExp][] = [
    ['newer', two, 'bump'],
    ['newer', { ...one, commit: two.commit }, 'unchanged'],
    ['same', one, 'unchanged'],
    ['same', { ...one, reference: one.reference.replace(':1.1@', ':again@') }, 'unchanged'],
    [
      'same',
      { ...two, commit: one.commit },
      /apps\/shop\/app\.ts has .*1{64} for commit 1{40}; it cannot have a second/,
    ],
    ['older', two, 'superseded'],
    ['older', { ...one, commit: two.commit }, 'superseded'],
    [
      'diverged',
      two,
      /^Refusal: 2{40} does not come after 1{40}, which apps\/shop\/app\.ts has: .*, or change it by hand\.$/,
    ],
  ];
  const images = [parseImage(one.reference, '')];
  const pinned = { images, commit: one.commit, where: 'apps/shop/app.ts', remedy: 'change it by hand' };
  for (const [lineage, handed, expected] of table) {
    const judge = () => judgeHandOver(handed, pinned, lineage);
    if (typeof expected === 'string') assert.equal(judge(), expected, `${lineage} ${handed.reference}`);
    else assert.throws(judge, expected);
  }
});

test('whoever merges reads what moves, from which commit to which, and nothing of it acts', () => {
  const commits = [
    { sha: '3'.repeat(40), author: 'A Person', subject: 'Sell more' },
    { sha: '2'.repeat(40), author: '@everyone', subject: 'fix | <img src=x> closes #1 [skip ci] ![](https://x.org/y)' },
  ];
  const tree = 'a'.repeat(40);
  const to = { ...two, reference: two.reference.replace(':1.2@', `:${tree}@`) };
  const handOver = { app: 'shop', repository: 'https://gitlab.com/example/shop.git', from: one, to, count: 3, commits };
  const { title, body } = handOverText(handOver);
  assert.equal(title, 'Bump shop 1.1 → 222222222222');
  assert.equal(
    body,
    `The image of \`r.example.org/shop\` is built from https://gitlab.com/example/shop.

|  | from | to |
| --- | --- | --- |
| Tag | \`1.1\` | \`${tree}\` |
| Digest | \`sha256:${'1'.repeat(64)}\` | \`sha256:${'2'.repeat(64)}\` |
| Commit | [\`111111111111\`](https://gitlab.com/example/shop/-/commit/${'1'.repeat(40)}) | [\`222222222222\`](https://gitlab.com/example/shop/-/commit/${'2'.repeat(40)}) |

3 commits between, newest first ([compare](https://gitlab.com/example/shop/-/compare/${'1'.repeat(40)}...${'2'.repeat(40)})):

- [\`333333333333\`](https://gitlab.com/example/shop/-/commit/${'3'.repeat(40)}) Sell more, by A Person
- [\`222222222222\`](https://gitlab.com/example/shop/-/commit/${'2'.repeat(40)}) \`fix ¦ ‹img src=x> closes # 1 [ skip ci] ![](https://x.org/y)\`, by \`@ everyone\`
- and 1 more

Merged, it is published for every environment, and the first one takes it; the others get it by promotion. To take it back, revert the merge.`,
  );
  const elsewhere = handOverText({ ...handOver, repository: 'https://github.com/example/shop' }).body;
  assert.match(elsewhere, /\]\(https:\/\/github\.com\/example\/shop\/compare\/1+\.\.\.2+\)/);
});
