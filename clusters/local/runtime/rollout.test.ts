import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { nextStep, type RolloutPod, type Wanted } from './rollout.ts';

/** `n1` is a new pod, `o1` an old one; `!` says that it is ready, `~` that it is stopping. */
const pods = (text: string): RolloutPod[] =>
  text
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({
      id: word.slice(0, 2),
      template: word.startsWith('n') ? 'new' : 'old',
      ready: word.includes('!'),
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
    ['none is wanted any more', 'o1! o2!', { replicas: 0, maxSurge: 1, maxUnavailable: 0 }, 0, ['o1', 'o2']],
  ];
  for (const [name, here, wanted, start, stop] of table) {
    assert.deepEqual(nextStep(pods(here), { ...wanted, template: 'new' }), { start, stop }, name);
  }
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
