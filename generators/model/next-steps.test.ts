import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NextStep, nextSteps } from './next-steps.ts';
import { pathPicture } from './path-picture.ts';
import type { Row } from './row.ts';
import { morning, overviews, row, troubled } from './rows.fixture.ts';

const said = ({ says, command, url }: NextStep) => [says, command ?? url].filter(Boolean).join(' → ');
const quiet = overviews.map((one) => ({ ...one, requests: [] }));

test('what is broken comes first, then holds and edits, then what waits', () => {
  assert.deepEqual(nextSteps({ rows: troubled, environments: overviews, unpublished: 2 }, morning).map(said), [
    'in dev, shop is Degraded: Back-off restarting failed container [31m shop; if what came last is why, go back → npx slipway rollback --env dev --app shop',
    'in production, counter is held for 2 d by Ann Onymous (“Revert "counter 1.4.6"”): once it is fixed, release it → npx slipway release --env production --app counter',
    'in production, redis was edited by hand by Bob on 2026-01-08, and is frozen: bring the edit to main, then take it away → npx slipway release --env production --app redis',
    '!52 waits for a person: Promote to staging: counter 1.4.7 → https://git.example.com/-/merge_requests/52',
    'staging is behind dev, whose gate waits: shop → npx slipway gate --env dev',
    'nobody has published the newest 2 commits of main yet → npx slipway publish',
  ]);
});

const older = (given: Partial<Row> = {}) => row('staging', 'counter', { state: 'older', behind: 1, ...given });
const table: readonly (readonly [rows: readonly Row[], steps: readonly string[]])[] = [
  [[row('dev', 'counter'), row('staging', 'counter')], []],
  [[older()], ['staging is behind dev: counter → npx slipway promote --to staging']],
  [
    [older({ gate: { is: 'unknown', evidence: ['it soaks'] } })],
    ['staging is behind dev, whose gate waits: counter → npx slipway gate --env dev'],
  ],
  [[older({ proposed: { branch: 'env/staging-next', iid: 3 } })], []],
  [
    [
      row('production', 'counter', {
        state: 'held',
        held: true,
        proposed: { branch: 'b', iid: 7, url: 'https://x/7' },
      }),
    ],
    ['in production, counter is held: once it is fixed, merge !7 → https://x/7'],
  ],
];

test('each thing that waits has the command, or the place, that goes on with it', () => {
  for (const [rows, steps] of table)
    assert.deepEqual(nextSteps({ rows, environments: quiet }, morning).map(said), steps);
});

test('an environment without a branch comes first, in the picture, too', () => {
  const environments = [
    { name: 'dev', missing: true } as const,
    { name: 'staging', after: 'dev', tip: 'f'.repeat(40) },
  ];
  assert.deepEqual(nextSteps({ rows: [], environments }, morning).map(said), [
    'env/dev has no branch, and stands in the path: publish makes it → npx slipway publish',
  ]);
  assert.deepEqual(pathPicture(environments, []), ['dev          ──►  staging', '✗ no branch       0 apps']);
});

test('where no forge is asked, the branch says that a proposal waits', () => {
  const environments = overviews.map(({ requests: _, ...one }) => one);
  const steps = nextSteps({ rows: [older({ proposed: { branch: 'env/staging-next' } })], environments }, morning);
  assert.deepEqual(steps.map(said), ['a proposal waits for a person on env/staging-next: counter']);
});
