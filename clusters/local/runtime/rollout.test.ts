import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { limitsOf, nextOrdinals, nextStep, type RolloutPod, type Strategy, type Wanted } from './rollout.ts';

/** `n1` is a new pod, `o1` an old one; `!` says that it is available, `?` ready, but not for long, `~` stopping. */
const pods = (text: string): RolloutPod[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({
      id: word.slice(0, 2),
      template: word.startsWith('n') ? 'new' : 'old',
      ready: /[!?]/.test(word),
      available: word.includes('!'),
      stopping: word.includes('~'),
    }));

test('the next step of a rolling update', () => {
  const table: [name: string, here: string, wanted: Omit<Wanted, 'template'>, start: number, stop: string[]][] = [
    ['a first start', '', { replicas: 2, maxSurge: 1, maxUnavailable: 0 }, 2, []],
    ['an update begins with a new pod', 'o1! o2!', { replicas: 2, maxSurge: 1, maxUnavailable: 0 }, 1, []],
    ['the new one is not ready yet', 'o1! o2! n1', { replicas: 2, maxSurge: 1, maxUnavailable: 0 }, 0, []],
    [
      'the new one is ready: an old one may leave',
      'o1! o2! n1!',
      { replicas: 2, maxSurge: 1, maxUnavailable: 0 },
      0,
      ['o1'],
    ],
    [
      'the old one leaves: the next new one starts',
      'o1~ o2! n1!',
      { replicas: 2, maxSurge: 1, maxUnavailable: 0 },
      1,
      [],
    ],
    ['the last old one leaves', 'o2! n1! n2!', { replicas: 2, maxSurge: 1, maxUnavailable: 0 }, 0, ['o2']],
    ['done', 'n1! n2!', { replicas: 2, maxSurge: 1, maxUnavailable: 0 }, 0, []],
    [
      'an old pod that is not ready leaves at once',
      'o1 n1',
      { replicas: 1, maxSurge: 1, maxUnavailable: 0 },
      0,
      ['o1'],
    ],
    ['without surge the old one leaves first', 'o1!', { replicas: 1, maxSurge: 0, maxUnavailable: 1 }, 0, ['o1']],
    ['fewer replicas', 'n1! n2! n3!', { replicas: 1, maxSurge: 1, maxUnavailable: 0 }, 0, ['n2', 'n3']],
    [
      'a new one that is ready, but not for long enough, lets nobody leave',
      'o1! o2! n1?',
      { replicas: 2, maxSurge: 1, maxUnavailable: 0 },
      0,
      [],
    ],
    [
      'all old ones leave first',
      'o1! o2!',
      { replicas: 2, maxSurge: 0, maxUnavailable: 2, recreate: true },
      0,
      ['o1', 'o2'],
    ],
    ['until the last is gone', 'o2~', { replicas: 2, maxSurge: 0, maxUnavailable: 2, recreate: true }, 0, []],
    ['then all new ones start', '', { replicas: 2, maxSurge: 0, maxUnavailable: 2, recreate: true }, 2, []],
    ['none is wanted any more', 'o1! o2!', { replicas: 0, maxSurge: 1, maxUnavailable: 0 }, 0, ['o1', 'o2']],
  ];
  for (const [name, here, wanted, start, stop] of table) {
    assert.deepEqual(nextStep(pods(here), { ...wanted, template: 'new' }), { start, stop }, name);
  }
});

test('a StatefulSet takes one pod at a time: up from the lowest number, down from the highest', () => {
  const table: [name: string, here: string, replicas: number, start: number[], stop: string[]][] = [
    ['the lowest starts first', '', 3, [0], []],
    ['the next waits for it', 'n0', 3, [], []],
    ['and starts when it is ready', 'n0!', 3, [1], []],
    ['the highest is replaced first', 'o0! o1! o2!', 3, [], ['o2']],
    ['nothing happens while it stops', 'o0! o1! o2~', 3, [], []],
    ['its number comes back', 'o0! o1!', 3, [2], []],
    ['the next waits until it is ready', 'o0! o1! n2', 3, [], []],
    ['and goes', 'o0! o1! n2!', 3, [], ['o1']],
    ['a gap is filled', 'o0! n2!', 3, [1], []],
    ['an old one that is broken goes first', 'o0! o1 o2!', 3, [], ['o1']],
    ['too many: the highest goes', 'n0! n1! n2!', 1, [], ['n2']],
    ['none is wanted any more', 'n0!', 0, [], ['n0']],
    ['done', 'n0! n1!', 2, [], []],
  ];
  for (const [name, here, replicas, start, stop] of table) {
    const numbered = new Map(pods(here).map((pod) => [Number(pod.id.slice(1)), pod]));
    assert.deepEqual(nextOrdinals(numbered, { replicas, template: 'new' }), { start, stop }, name);
  }
  assert.deepEqual(nextOrdinals(new Map(), { replicas: 2, template: 'new' }, true), { start: [0, 1], stop: [] });
});

test('what a strategy allows', () => {
  const rolling = (maxSurge?: number | string, maxUnavailable?: number | string): Strategy => ({
    rollingUpdate: {
      ...(maxSurge === undefined ? {} : { maxSurge }),
      ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
    },
  });
  const table: [strategy: Strategy, replicas: number, maxSurge: number, maxUnavailable: number][] = [
    [{}, 4, 1, 1],
    [{}, 1, 1, 0],
    [{}, 10, 3, 2],
    [rolling('30%', 0), 5, 2, 0],
    [rolling(0, '30%'), 5, 0, 1],
    [rolling(2, 1), 9, 2, 1],
    [rolling('100%', '0%'), 3, 3, 0],
    [rolling(0, 0), 3, 0, 1],
    [rolling(0, '10%'), 3, 0, 1],
  ];
  for (const [strategy, replicas, maxSurge, maxUnavailable] of table)
    assert.deepEqual(limitsOf(strategy, replicas), { maxSurge, maxUnavailable }, JSON.stringify([strategy, replicas]));
  assert.deepEqual(limitsOf({ type: 'Recreate' }, 3), { maxSurge: 0, maxUnavailable: 3, recreate: true });
});

test('from any state, a rollout ends at the wanted pods, and never has too few ready or too many at all', () => {
  const wanted = fc.record({
    replicas: fc.integer({ min: 1, max: 5 }),
    maxSurge: fc.integer({ min: 1, max: 3 }),
    maxUnavailable: fc.integer({ min: 0, max: 1 }),
  });
  fc.assert(
    fc.property(wanted, fc.integer({ min: 1, max: 5 }), (limits, before) => {
      let here: RolloutPod[] = Array.from({ length: before }, (_, index) => ({
        id: `o${index}`,
        template: 'old',
        ready: true,
        stopping: false,
      }));
      const floor = Math.min(before, limits.replicas - limits.maxUnavailable);
      for (let step = 0; step < 60; step++) {
        const { start, stop } = nextStep(here, { ...limits, template: 'new' });
        here = here.filter((pod) => !stop.includes(pod.id));
        assert.ok(here.filter((pod) => pod.ready).length >= floor, 'enough stay ready');
        here.push(
          ...Array.from({ length: start }, (_, index) => ({
            id: `n${step}-${index}`,
            template: 'new',
            ready: false,
            stopping: false,
          })),
        );
        assert.ok(here.length <= Math.max(before, limits.replicas + limits.maxSurge), 'not too many');
        // One pod at a time becomes ready.
        const next = here.findIndex((pod) => !pod.ready);
        here = here.map((pod, index) => (index === next ? { ...pod, ready: true } : pod));
      }
      assert.deepEqual(
        here.map(({ template, ready }) => [template, ready]),
        Array.from({ length: limits.replicas }, () => ['new', true]),
      );
    }),
  );
});
