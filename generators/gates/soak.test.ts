import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Live, Sample } from '../model/gate.ts';
import { isSettled, type SoakFacts, soakAnswer } from './soak.ts';

const start = Date.parse('2026-11-20T10:00:00Z');
const minute = (count: number) => start + count * 60_000;

/** Commits `c0`, `c1` … brought parts `p0`, `p1` … at these minutes; all may be offered. */
const candidatesAt = (...minutes: readonly number[]) =>
  minutes.map((at, index) => ({ part: `p${index}`, time: minute(at) })).reverse();

/** One sample every half minute: `H` healthy, `P` progressing, `D` degraded, `.` none; the first one at minute `from`. */
const samplesOf = (text: string, from = 0): Sample[] =>
  [...text].flatMap((letter, index) =>
    letter === '.' ? [] : [{ time: minute(from + index / 2), health: words[letter as keyof typeof words] }],
  );
const words = { H: 'Healthy', P: 'Progressing', D: 'Degraded' };

const healthy: Live = { app: 'a', sync: 'Synced', health: 'Healthy', revision: 'c0', since: minute(1) };
const facts = (given: Partial<Omit<SoakFacts, 'live'>> & { live?: Partial<Live> | undefined }): SoakFacts => ({
  environment: 'dev',
  app: 'a',
  candidates: candidatesAt(0),
  index: 0,
  partAt: (revision) => (revision?.startsWith('c') ? revision.replace('c', 'p') : undefined),
  removed: false,
  samples: undefined,
  soak: 600,
  now: minute(20),
  ...given,
  live: { ...healthy, ...given.live },
});

const agree = (given: Parameters<typeof facts>[0]) => {
  const { is, evidence } = soakAnswer(facts(given));
  return `${is}: ${evidence}`;
};

test('without Prometheus, a part has soaked when it is live and Healthy for the soak time', () => {
  const table: [Parameters<typeof facts>[0], string][] = [
    [{}, 'yes: dev has it Synced and Healthy since 2026-11-20T10:01:00Z, and 600 s are asked (Argo CD)'],
    [
      { now: minute(11) },
      'yes: dev has it Synced and Healthy since 2026-11-20T10:01:00Z, and 600 s are asked (Argo CD)',
    ],
    [
      { now: minute(11) - 1 },
      'unknown: dev has it Synced and Healthy since 2026-11-20T10:01:00Z, and 600 s are asked (Argo CD)',
    ],
    [
      { candidates: candidatesAt(15) },
      'unknown: dev has it Synced and Healthy since 2026-11-20T10:15:00Z, and 600 s are asked (Argo CD)',
    ],
    [
      { live: { deployed: [{ revision: 'c0', time: minute(16) }] } },
      'unknown: dev has it Synced and Healthy since 2026-11-20T10:16:00Z, and 600 s are asked (Argo CD)',
    ],
    [{ live: { since: undefined } }, 'unknown: dev does not say since when it is Healthy (Argo CD)'],
    [{ live: { revision: 'elsewhere' } }, 'unknown: dev does not run this part of a yet (Argo CD)'],
    [{ live: { revision: undefined } }, 'unknown: dev does not run this part of a yet (Argo CD)'],
    [{ live: { sync: 'OutOfSync' } }, 'unknown: dev has it OutOfSync and Healthy (Argo CD)'],
    [{ live: { sync: 'Unknown' } }, 'no: dev has it Unknown and Healthy (Argo CD)'],
    [
      { live: { health: 'Degraded', message: '`rm`\u001b[2J\n# now' } },
      "no: dev has it Synced and Degraded: 'rm' [2J # now (Argo CD)",
    ],
    [{ live: { health: 'Progressing' } }, 'unknown: dev has it Synced and Progressing (Argo CD)'],
    [{ soak: 0, live: { since: undefined } }, 'yes: dev has it Synced and Healthy (Argo CD)'],
  ];
  for (const [given, said] of table) assert.equal(agree(given), said, JSON.stringify(given));
});

test('of an app that is gone nothing may run; of any other something must', () => {
  const gone = (removed: boolean) => soakAnswer({ ...facts({ removed }), live: undefined });
  assert.deepEqual([gone(true).is, gone(false).is], ['yes', 'unknown']);
  assert.match(gone(false).evidence, /dev has not begun to run it/);
});

test('with Prometheus, no sample of the soak time may be other than Healthy, and they must cover it', () => {
  const hour = 'H'.repeat(40);
  const table: [samples: string, says: RegExp][] = [
    [hour, /^yes: dev runs it since 2026-11-20T10:00:00Z \(Argo CD\), Healthy for the last 600 s \(Prometheus\)$/],
    [`${'D'.repeat(20)}${'H'.repeat(20)}`, /^yes/],
    [
      `${'H'.repeat(30)}D${'H'.repeat(9)}`,
      /^no: dev had it Degraded at 2026-11-20T10:15:00Z \(Prometheus\), and 600 s/,
    ],
    [`${'H'.repeat(30)}PP${'H'.repeat(8)}`, /^no: dev had it Progressing at 2026-11-20T10:15:30Z/],
    [`${'H'.repeat(22)}${'.'.repeat(8)}${'H'.repeat(10)}`, /^yes/],
    [`${'H'.repeat(22)}${'.'.repeat(12)}${'H'.repeat(6)}`, /^unknown: Prometheus has no unbroken record/],
    [`${'.'.repeat(34)}${'H'.repeat(6)}`, /^unknown: Prometheus has no unbroken record/],
    ['H'.repeat(28), /^unknown: Prometheus has no unbroken record/],
    ['', /^unknown: Prometheus has no unbroken record/],
  ];
  for (const [samples, says] of table) assert.match(agree({ samples: samplesOf(samples) }), says, samples);
  assert.match(
    agree({ samples: samplesOf(hour), candidates: candidatesAt(15) }),
    /^unknown: dev runs it since 2026-11-20T10:15:00Z \(Argo CD\), and 600 s are asked$/,
  );
  assert.equal(agree({ samples: { refused: 'It cannot be asked.' } }), 'unknown: It cannot be asked.');
});

test('a busy repository does not starve: rollouts of what follows do not count against a part', () => {
  // A new part every four minutes, each rolled out within one.
  const candidates = candidatesAt(0, 4, 8, 12, 16);
  const samples = samplesOf('PPHHHHHH'.repeat(5));
  const live = { revision: 'c4', since: minute(17) };
  const answers = (given: Parameters<typeof facts>[0]) =>
    candidates.map((_, index) => soakAnswer(facts({ candidates, samples, index, ...given })).is);
  assert.deepEqual(answers({ live }), ['unknown', 'unknown', 'yes', 'yes', 'yes']);
  assert.match(
    agree({ candidates, samples, live, index: 3 }),
    /^yes: dev runs it or what followed since 2026-11-20T10:04:00Z \(Argo CD\), Healthy, rollouts aside, for the last 600 s/,
  );
  const now = minute(16.2);
  const rolling = { ...live, sync: 'OutOfSync', health: 'Progressing' };
  assert.deepEqual(answers({ live: rolling, now }), ['unknown', 'unknown', 'unknown', 'yes', 'yes']);
  const late = { ...live, revision: 'c2' };
  assert.deepEqual(answers({ live: late }), ['unknown', 'unknown', 'yes', 'yes', 'yes'], 'what is compared is older');
  assert.deepEqual(
    answers({ live, samples: undefined }),
    ['unknown', 'unknown', 'unknown', 'unknown', 'unknown'],
    'only Prometheus remembers what was before the last rollout',
  );
});

test('what follows and fails withdraws what had soaked, and endless rollouts hide nothing', () => {
  const candidates = candidatesAt(0, 16);
  const live = { revision: 'c1', since: minute(17) };
  const of = (samples: string, given: Parameters<typeof facts>[0] = {}) =>
    soakAnswer(facts({ candidates, index: 1, live, samples: samplesOf(samples), ...given })).is;
  assert.equal(of(`${'H'.repeat(32)}PP${'H'.repeat(6)}`), 'yes');
  assert.equal(of(`${'H'.repeat(32)}DD${'H'.repeat(6)}`), 'no');
  assert.equal(of('H'.repeat(40), { live: { ...live, health: 'Degraded' } }), 'no');
  // Ten minutes after it came, a rollout is none any more.
  const slow = `${'H'.repeat(32)}${'P'.repeat(24)}`;
  assert.equal(of(slow, { now: minute(25), live: { ...live, health: 'Progressing' } }), 'yes');
  assert.equal(of(slow, { now: minute(26.5), live: { ...live, health: 'Progressing' } }), 'unknown');
  const busy = candidatesAt(0, 4, 8, 12, 16);
  const never = facts({
    candidates: busy,
    index: 4,
    live: { revision: 'c4', health: 'Progressing' },
    samples: samplesOf('P'.repeat(40)),
  });
  assert.equal(soakAnswer(never).is, 'unknown', 'it was never Healthy');
});

test('parts older than one that was rolled out before the soak time would get its answer', () => {
  const candidates = candidatesAt(0, 1, 12, 30);
  const settled = (given: Partial<Omit<SoakFacts, 'live'>>) =>
    candidates.map((_, index) =>
      isSettled(facts({ candidates, live: { revision: 'c3' }, now: minute(31), ...given, index })),
    );
  assert.deepEqual(settled({}), [false, false, true, true]);
  const all = facts({ candidates, live: { revision: 'c0' }, now: minute(31) });
  assert.deepEqual(
    candidates.map((_, index) => isSettled({ ...all, index })),
    [false, false, false, true],
    'what is compared is older than the first of them',
  );
});
