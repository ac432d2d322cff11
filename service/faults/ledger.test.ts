import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Invariant, Ledger } from './ledger.ts';

type Case = {
  name: string;
  /** Plays what the visitors met; gives the number that stands in the end. */
  play: (ledger: Ledger) => number;
  violated: Invariant[];
};

const get = (ledger: Ledger, number: number) => ledger.acknowledge(ledger.begin(), number);
const post = (ledger: Ledger, key: string, number: number) => ledger.acknowledge(ledger.begin(key), number);

const cases: Case[] = [
  {
    name: 'nobody came',
    play: () => 0,
    violated: [],
  },
  {
    name: 'every hit was acknowledged with its number, in whatever order the answers came',
    play: (ledger) => {
      const [first, second] = [ledger.begin(), ledger.begin('a')];
      ledger.acknowledge(second, 2);
      ledger.acknowledge(first, 1);
      return 2;
    },
    violated: [],
  },
  {
    name: 'a lost answer was counted',
    play: (ledger) => {
      ledger.lose(ledger.begin());
      get(ledger, 2);
      return 2;
    },
    violated: [],
  },
  {
    name: 'a lost answer was not counted',
    play: (ledger) => {
      ledger.lose(ledger.begin());
      get(ledger, 1);
      return 1;
    },
    violated: [],
  },
  {
    name: 'a lost answer was counted twice',
    play: (ledger) => {
      ledger.lose(ledger.begin());
      return 2;
    },
    violated: ['a hit counts at most once'],
  },
  {
    name: 'a hit that nobody took was counted',
    play: (ledger) => {
      ledger.refuse(ledger.begin());
      return 1;
    },
    violated: ['a hit counts at most once'],
  },
  {
    name: 'a key was tried three times and counted at the first',
    play: (ledger) => {
      ledger.lose(ledger.begin('a'));
      get(ledger, 2);
      ledger.lose(ledger.begin('a'));
      post(ledger, 'a', 1);
      return 2;
    },
    violated: [],
  },
  {
    name: 'a key was tried twice and counted twice',
    play: (ledger) => {
      ledger.lose(ledger.begin('a'));
      post(ledger, 'a', 2);
      return 2;
    },
    violated: ['a hit counts at most once'],
  },
  {
    name: 'a key that never got its answer was counted twice',
    play: (ledger) => {
      ledger.lose(ledger.begin('a'));
      ledger.lose(ledger.begin('a'));
      return 2;
    },
    violated: ['a hit counts at most once'],
  },
  {
    name: 'a key asked again got its number again',
    play: (ledger) => {
      post(ledger, 'a', 1);
      get(ledger, 2);
      post(ledger, 'a', 1);
      return 2;
    },
    violated: [],
  },
  {
    name: 'a key asked again got another number',
    play: (ledger) => {
      post(ledger, 'a', 1);
      post(ledger, 'a', 2);
      return 1;
    },
    violated: ['a key keeps its number'],
  },
  {
    name: 'two visitors got the same number',
    play: (ledger) => {
      const [first, second] = [ledger.begin(), ledger.begin('a')];
      ledger.acknowledge(first, 1);
      ledger.acknowledge(second, 1);
      return 2;
    },
    violated: ['a number is given out once'],
  },
  {
    name: 'an acknowledged hit is missing from the number',
    play: (ledger) => {
      const [first, second] = [ledger.begin(), ledger.begin()];
      ledger.acknowledge(first, 1);
      ledger.acknowledge(second, 2);
      return 1;
    },
    violated: ['an acknowledged hit is never lost', 'an acknowledged hit is never lost'],
  },
  {
    name: 'the number stands below one that was given out, though enough was counted',
    play: (ledger) => {
      get(ledger, 5);
      return 1;
    },
    violated: ['an acknowledged hit is never lost'],
  },
  {
    name: 'who asked later got a lower number',
    play: (ledger) => {
      ledger.lose(ledger.begin());
      get(ledger, 2);
      get(ledger, 1);
      return 2;
    },
    violated: ['numbers only grow'],
  },
  {
    name: 'an answer held no number',
    play: (ledger) => {
      get(ledger, Number.NaN);
      return 0;
    },
    violated: ['every answer is a number or a refusal that says so'],
  },
];

describe('the ledger', () => {
  for (const { name, play, violated } of cases) {
    test(violated.length === 0 ? `agrees: ${name}` : `objects: ${name}`, () => {
      const ledger = new Ledger();
      const found = ledger.settle(play(ledger));
      assert.deepEqual(
        found.map(({ invariant }) => invariant),
        violated,
        JSON.stringify(found),
      );
    });
  }

  test('settles each stretch by itself: what was left over in one excuses nothing in the next', () => {
    const ledger = new Ledger(10);
    ledger.lose(ledger.begin());
    assert.deepEqual(ledger.settle(10), []);
    get(ledger, 11);
    assert.deepEqual(
      ledger.settle(12).map(({ invariant }) => invariant),
      ['a hit counts at most once'],
    );
    assert.deepEqual(ledger.settle(12), []);
  });

  test('a key that waits over a settlement is one hit, counted before or after it', () => {
    for (const countedAtFirst of [0, 1]) {
      const ledger = new Ledger();
      ledger.lose(ledger.begin('a'));
      assert.deepEqual(ledger.settle(countedAtFirst), []);
      post(ledger, 'a', 1);
      assert.deepEqual(ledger.settle(1), []);
    }
  });

  test('tells what happened in figures', () => {
    const ledger = new Ledger();
    get(ledger, 1);
    post(ledger, 'a', 2);
    post(ledger, 'a', 2);
    ledger.lose(ledger.begin());
    ledger.refuse(ledger.begin('b'));
    assert.deepEqual(ledger.figures, { acknowledged: 2, uncertain: 1, refused: 1, replayed: 1 });
  });
});
