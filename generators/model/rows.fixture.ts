import type { Overview } from './overview.ts';
import type { Row } from './row.ts';

/** Six in the morning, in the year of the histories. */
export const morning = Date.UTC(2026, 0, 9, 6);

const hoursAgo = (hours: number) => new Date(morning - hours * 3_600_000).toISOString();

/** A row as it should be; what is given comes instead. */
export const row = (environment: string, app: string, given: Partial<Row> = {}): Row => ({
  ...{ environment, app, version: '1.4.7', commit: 'c0ffee'.repeat(7).slice(0, 40), since: hoursAgo(26) },
  ...{ health: 'Healthy', sync: 'Synced', state: 'equal', held: false },
  ...given,
});

const onlyStood: Partial<Row> = { since: hoursAgo(100), request: 41 };

/** Three environments in which somebody has something to do. */
export const troubled: readonly Row[] = [
  row('dev', 'counter', { addresses: ['https://counter.dev.example.com/'] }),
  row('dev', 'redis', { version: '8.2.1' }),
  row('dev', 'shop', {
    health: 'Degraded',
    message: 'Back-off restarting failed container\u001b[31m shop',
    version: '2.0.0',
  }),
  row('staging', 'counter', {
    ...{ version: '1.4.6', state: 'older', behind: 3, lacks: { parts: 3, since: hoursAgo(5) } },
    proposed: { branch: 'env/staging-next', iid: 52, url: 'https://git.example.com/-/merge_requests/52' },
    gate: { is: 'yes', since: hoursAgo(26), evidence: ['dev has it Synced and Healthy'] },
  }),
  row('staging', 'redis', { version: '8.2.1' }),
  row('staging', 'shop', {
    ...{ version: '1.9.9', state: 'older', behind: 1, lacks: { parts: 1, since: hoursAgo(1) } },
    gate: { is: 'no', since: hoursAgo(1), evidence: ['dev has it Synced and Degraded: Back-off (Argo CD)'] },
  }),
  row('production', 'counter', {
    ...{
      ...onlyStood,
      version: '1.4.5',
      state: 'held',
      held: true,
      behind: 1,
      lacks: { parts: 4, since: hoursAgo(50) },
    },
    ...{
      heldSince: hoursAgo(50),
      heldBy: { by: 'Ann Onymous', at: '2026-01-07T10:00:00.000Z', words: 'Revert "counter 1.4.6"' },
    },
    note: 'somebody went back: it stays until npx slipway release --env production --app counter, or a revert of the revert',
  }),
  row('production', 'redis', {
    ...{ ...onlyStood, version: '8.2.0', state: 'edited', edited: ['statefulset-redis.yaml'], sync: 'OutOfSync' },
    editedBy: { by: 'Bob\u202e', at: '2026-01-08T10:00:00.000Z', words: 'more memory, now' },
    note: 'statefulset-redis.yaml changed by hand: frozen until the edit is reverted',
  }),
  row('production', 'shop', { ...onlyStood, version: '1.9.9', lacks: { parts: 1, since: hoursAgo(1) } }),
];

const tip = 'f'.repeat(40);
export const overviews: readonly Overview[] = [
  { name: 'dev', tip, requests: [], gate: 'Argo CD' },
  {
    ...{ name: 'staging', after: 'dev', tip, gate: 'Argo CD' },
    requests: [
      {
        ...{ iid: 52, title: 'Promote to staging: counter 1.4.7', source: 'env/staging-next' },
        url: 'https://git.example.com/-/merge_requests/52',
      },
    ],
  },
  { name: 'production', after: 'staging', tip, requests: [], gate: 'Argo CD' },
];

/** The same of many apps, all as they should be but those. */
export const many = (count: number): Row[] =>
  overviews.flatMap(({ name }) => [
    ...Array.from({ length: count }, (_, at) => row(name, `app-${at}`)),
    ...troubled.filter(({ environment }) => environment === name),
  ]);
