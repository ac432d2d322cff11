import type { AppFacts, Environment, Facts } from './facts.ts';

export const now = Date.UTC(2026, 10, 22, 3, 0);
const minutes = (count: number) => now - count * 60_000;
const names = ['counter', 'checkout', 'catalogue', 'payments', 'search', 'mailer', 'redis', 'gateway'];

const app = (at: number): AppFacts => ({
  name: names[at] ?? `app-${at}`,
  version: `1.${at}.4`,
  commit: '8f6c03e4844b'.padEnd(40, '0'),
  health: 'Healthy',
  since: minutes(7 * (at + 1)),
  behind: 0,
  is: 'equal',
  heldBy: undefined,
  note: undefined,
  url: undefined,
  canGoBack: true,
  pods: [{ name: `${names[at]}-1`, is: 'ready', isOld: false }],
});

/** A path of three environments with so many apps, of which some need somebody. */
export function facts(count: number): Facts {
  const apps = Array.from({ length: count }, (_, at) => app(at));
  const [counter, checkout, catalogue, payments] = apps as [AppFacts, AppFacts, AppFacts, AppFacts];
  const among = (...others: readonly AppFacts[]) => [
    ...others,
    ...apps.filter(({ name }) => !others.some((other) => other.name === name)),
  ];
  const environment = (name: string, after: string | undefined, own: readonly AppFacts[]): Environment => ({
    name,
    after,
    tip: name.padEnd(40, '0'),
    apps: own,
    requests: [],
    offers: [],
    waits: [],
  });
  const trouble = 'payments-4: it ended with status 3: no such table: invoices';
  const held = { author: 'Dora', since: minutes(60), words: '5xx since 02:40: the new client retries without end' };
  return {
    environments: [
      environment('dev', undefined, among({ ...payments, health: 'Degraded', note: trouble })),
      {
        ...environment('staging', 'dev', among({ ...catalogue, health: 'Progressing' })),
        offers: ['catalogue 1.2.3 → 1.2.4'],
      },
      {
        ...environment(
          'production',
          'staging',
          among({ ...counter, is: 'held', heldBy: held }, { ...checkout, is: 'older', behind: 2 }),
        ),
        requests: [{ iid: 7, title: 'Promote to production: checkout 1.1.4', target: 'env/production' }],
        waits: ['search waits: staging has it healthy since 02:57, soaked 03:07'],
      },
    ],
    events: [
      {
        environment: 'production',
        commit: 'c'.repeat(40),
        time: minutes(60),
        author: 'Dora',
        words: 'Revert "counter 1.0.5": 5xx since 02:40',
        changes: [{ text: 'counter 1.0.5 → 1.0.4', turn: 'back', isHeld: true }],
      },
    ],
  };
}
