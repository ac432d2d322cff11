import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { imagesIn, keptFor, pruning, type Stock, stoodSince, treesLeft } from './retention.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;
const tree = (letter: string) => letter.repeat(40);
const standing = (name: string, part: string | undefined, time: number) => ({ commit: `at ${time}`, name, part, time });

test('what stands, and what was replaced since, stood since; what went before did not', () => {
  const standings = [
    standing('a', 'a3', 300),
    standing('b', undefined, 250),
    standing('a', 'a2', 200),
    standing('b', 'b1', 100),
    standing('a', 'a1', 100),
    standing('c', 'c1', 1),
  ];
  assert.deepEqual(stoodSince(standings, 220), [
    { name: 'a', part: 'a3', until: undefined },
    { name: 'a', part: 'a2', until: 300 },
    { name: 'b', part: 'b1', until: 250 },
    { name: 'c', part: 'c1', until: undefined },
  ]);
});

test('a commit whose date was set back takes nothing away earlier', () => {
  const standings = [standing('a', 'a3', 5), standing('b', 'b1', 300), standing('a', 'a1', 100)];
  assert.deepEqual(
    stoodSince(standings, 250).map(({ part }) => part),
    ['a3', 'b1', 'a1'],
  );
});

test('main left a tree when the next one came, and has not left the one that it has, nor one that came back', () => {
  const version = (of: string | undefined, time: number) => ({ tree: of, time });
  assert.deepEqual(
    [
      ...treesLeft([
        version('t1', 40),
        version('t3', 30),
        version(undefined, 20),
        version('t2', 15),
        version('t1', 10),
      ]),
    ],
    [
      ['t1', undefined],
      ['t3', 40],
      ['t2', 20],
    ],
  );
  assert.deepEqual(
    [...treesLeft([version('new', 5), version('old', 30)])],
    [
      ['new', undefined],
      ['old', 30],
    ],
  );
});

test('every image of a text is found, in whatever field, and a digest that stands alone as well', () => {
  const table: readonly (readonly [string, readonly (string | undefined)[]])[] = [
    [
      `image: registry.gitlab.com/example/slipway/counter:1.0.3@${digest('a')}`,
      ['registry.gitlab.com/example/slipway/counter'],
    ],
    [`image: "127.0.0.1:5000/a@${digest('a')}"`, ['127.0.0.1:5000/a']],
    [`{"counter":"docker.io/library/redis:8.4-alpine@${digest('a')}"}`, ['docker.io/library/redis']],
    [`checksum: ${digest('a')}`, [undefined]],
    [`a@${digest('a')} b@${digest('a')}`, ['a', 'b']],
    [`registry.example.com/UPPER@${digest('a')}`, [undefined]],
    ['image: a:latest', []],
    [`${digest('a')}ff`, []],
  ];
  for (const [text, expected] of table)
    assert.deepEqual(
      imagesIn(text).map(({ repository }) => repository),
      expected,
      text,
    );
});

suite('a prune', () => {
  const before = keptFor;
  const stock = (tags: Readonly<Record<string, string>>, fields: Partial<Stock> = {}): Stock => ({
    tags: new Map(Object.entries(tags)),
    children: new Map(),
    named: new Set(),
    trees: new Map([
      [tree('1'), 1],
      [tree('2'), before + 1],
      [tree('3'), undefined],
    ]),
    before,
    ...fields,
  });
  const taken = (given: Stock) => pruning(given).take.map(({ digest: one }) => one);
  const old = digest('a');
  const beside = (of: string, kind: string) => `${of.replace(':', '-')}.${kind}`;

  test('takes an old image with its version, its signatures and its platforms', () => {
    const children = new Map([[old, [digest('b'), digest('c')]]]);
    const tags = {
      [tree('1')]: old,
      '1.0.1': old,
      [beside(old, 'sig')]: digest('d'),
      [beside(digest('b'), 'att')]: digest('e'),
    };
    const [one, ...more] = pruning(stock(tags, { children })).take;
    assert.deepEqual(more, []);
    assert.deepEqual(one, {
      digest: old,
      tags: [tree('1'), '1.0.1'],
      left: 1,
      deletes: [digest('d'), digest('e'), old, digest('b'), digest('c')],
    });
  });

  test('takes nothing that it cannot prove to be old and ours', () => {
    const table: readonly (readonly [string, Stock, RegExp])[] = [
      ['named', stock({ [tree('1')]: old }, { named: new Set([old]) }), /an environment names it/],
      ['just left', stock({ [tree('2')]: old }), /main had its tree until/],
      ['at the tip', stock({ [tree('3')]: old }), /main has its tree/],
      ['one of two trees at the tip', stock({ [tree('1')]: old, [tree('3')]: old }), /main has its tree/],
      ['of no commit', stock({ [tree('9')]: old }), /no commit of main has the tree 9+/],
      ['one of two trees of no commit', stock({ [tree('1')]: old, [tree('9')]: old }), /no commit of main/],
      ['with a tag of somebody', stock({ [tree('1')]: old, latest: old }), /has the tag latest/],
    ];
    for (const [what, given, why] of table) {
      const { take, kept } = pruning(given);
      assert.deepEqual(take, [], what);
      assert.match(kept[0]?.why ?? '', why, what);
    }
    assert.deepEqual(pruning(stock({ '1.0.1': old, latest: digest('b') })), { take: [], kept: [] });
  });

  test('takes no platform that an image which stays is made of, under whatever tag it is', () => {
    const runs = digest('f');
    const children = new Map([
      [old, [digest('b'), digest('c')]],
      [runs, [digest('b')]],
    ]);
    const shared = stock({ [tree('1')]: old, [tree('3')]: runs }, { children });
    assert.deepEqual(pruning(shared).take[0]?.deletes, [old, digest('c')]);
    // What runs has lost its tag to somebody: it is made of the same images all the same.
    const moved = stock({ [tree('1')]: old }, { children, named: new Set([runs]) });
    assert.deepEqual(pruning(moved).take[0]?.deletes, [old, digest('c')]);
    const itself = stock({ [tree('1')]: digest('b') }, { children, named: new Set([runs]) });
    assert.deepEqual(taken(itself), []);
  });

  test('takes nothing that somebody put beside an old image, or under its tag, to have it deleted', () => {
    const runs = digest('f');
    const named = new Set([runs]);
    const asSignature = stock({ [tree('1')]: old, [beside(old, 'sig')]: runs }, { named });
    assert.deepEqual(pruning(asSignature).take[0]?.deletes, [old]);
    const ofOther = stock(
      { [tree('1')]: old, [beside(old, 'sig')]: digest('d'), [beside(runs, 'sig')]: digest('d') },
      { named },
    );
    assert.deepEqual(pruning(ofOther).take[0]?.deletes, [old]);
    assert.deepEqual(taken(stock({ [tree('1')]: runs }, { named })), []);
    const current = stock({ [tree('1')]: old, [beside(old, 'att')]: digest('e'), [tree('3')]: digest('e') });
    assert.deepEqual(pruning(current).take[0]?.deletes, [old]);
  });
});
