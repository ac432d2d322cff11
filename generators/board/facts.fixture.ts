import type { AppFacts, Environment, Facts, Signals } from './facts.ts';

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

/** What is measured of an app that answers well, or fails for some since a version came. */
function signals(fails: boolean): Signals {
  const points = (value: (at: number) => number | undefined) => Array.from({ length: 61 }, (_, at) => value(at));
  return {
    from: minutes(15),
    until: now,
    requests: points((at) => (at < 5 ? undefined : 40 + 8 * Math.sin(at / 4))),
    errors: points((at) => (at < 5 ? undefined : fails && at > 44 ? 0.05 : 0)),
    slow: points((at) => (at < 5 || at === 30 ? undefined : 0.018 + (fails && at > 44 ? 0.3 : 0))),
    busy: points((at) => 0.12 + at / 1000),
    budget: fails ? -0.35 : 0.982,
    rollouts: fails
      ? [
          { time: minutes(8), isBack: true },
          { time: minutes(4), isBack: false },
        ]
      : [],
  };
}

/** The same path where a Prometheus watches: in staging a version fails. */
export function measured(count: number): Facts {
  const { environments, events } = facts(count);
  const runbook = '/runbooks/error-budget-burns-fast';
  const about = { app: 'counter', since: minutes(2) };
  return {
    environments: environments.map((environment) => ({
      ...environment,
      apps: environment.apps.map((one) =>
        ['counter', 'search'].includes(one.name)
          ? { ...one, signals: signals(environment.name === 'staging' && one.name === 'counter') }
          : one,
      ),
      alerts:
        environment.name === 'staging'
          ? [
              {
                ...{ ...about, name: 'ErrorBudgetBurnsFast', severity: 'page', runbook },
                summary:
                  '5 % of the requests to counter in staging fail: its error budget of 30 days is gone in two days.',
              },
              {
                ...about,
                name: 'PodsRestart',
                severity: 'ticket',
                summary: 'Containers were started again.',
                runbook: undefined,
              },
            ]
          : [],
    })),
    events,
  };
}
