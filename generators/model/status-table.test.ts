import assert from 'node:assert/strict';
import { test } from 'node:test';
import { widthOf } from './columns.ts';
import type { Foreign } from './foreign.ts';
import { pathPicture } from './path-picture.ts';
import type { Row } from './row.ts';
import { many, morning as now, overviews, row, troubled } from './rows.fixture.ts';
import { addressLines, statusNotes, statusTable } from './status-table.ts';

const foreign: readonly Foreign[] = [{ environment: 'production', name: 'CODEOWNERS\u0007', is: 'file' }];
/** Two days ago. */
const since = new Date(now - 48 * 3_600_000).toISOString();
const printed = (width: number) => [
  ...pathPicture(overviews, troubled, { width }),
  ...statusTable(troubled, { now, width }),
  ...statusNotes(troubled, foreign, { now, width }),
  ...addressLines(troubled, { width }),
];

test('at 80 columns status tells what somebody must look at, and cuts only what can be', () => {
  assert.deepEqual(printed(80), [
    'dev            ──►  staging              ──►  production',
    '3 apps              3 apps                    3 apps',
    '✗ 1 unhealthy       ✓ Healthy                 ✓ Healthy',
    '                    ↑ 2 apps behind dev       ✎ 1 edited',
    '                    !52 open                  ‖ 1 held',
    '   env         app      version  commit    since  behind     health     state',
    '   dev         counter  1.4.7    c0ffeec0  26 h              Healthy    equal',
    '   dev         redis    8.2.1    c0ffeec0  26 h              Healthy    equal',
    '✗  dev         shop     2.0.0    c0ffeec0  26 h              Degraded   equal',
    '↑  staging     counter  1.4.6    c0ffeec0  26 h   3, 5 h     Healthy    !52 open',
    '   staging     redis    8.2.1    c0ffeec0  26 h              Healthy    equal',
    '↑  staging     shop     1.9.9    c0ffeec0  26 h   1, 60 min  Healthy    gate: no',
    '‖  production  counter  1.4.5    c0ffeec0  4 d    4, 2 d     Healthy    held',
    '✎  production  redis    8.2.0    c0ffeec0  4 d               OutOfSync  edited',
    '   production  shop     1.9.9    c0ffeec0  4 d    1, 60 min  Healthy    equal',
    'dev/shop: Back-off restarting failed container [31m shop',
    'staging/shop: waits (60 min by now): dev has it Synced and Degraded: Back-off',
    '  (Argo CD)',
    'production/counter: held: Ann Onymous on 2026-01-07 (“Revert "counter 1.4.6"”)',
    '  went back; it stays until npx slipway release --env production --app counter,',
    '  or a revert of the revert',
    'production/redis: statefulset-redis.yaml changed by hand: frozen until the edit',
    '  is reverted; last by Bob on 2026-01-08 (“more memory, now”)',
    'production/CODEOWNERS: a file that people keep here: it is left alone',
    'dev/counter  https://counter.dev.example.com/',
  ]);
});

test('at 120 columns nothing is cut', () => {
  assert.deepEqual(printed(120), [
    'dev            ──►  staging              ──►  production',
    '3 apps              3 apps                    3 apps',
    '✗ 1 unhealthy       ✓ Healthy                 ✓ Healthy',
    '                    ↑ 2 apps behind dev       ✎ 1 edited',
    '                    !52 open                  ‖ 1 held',
    '   env         app      version  commit        since  behind     health     state',
    '   dev         counter  1.4.7    c0ffeec0ffee  26 h              Healthy    equal',
    '   dev         redis    8.2.1    c0ffeec0ffee  26 h              Healthy    equal',
    '✗  dev         shop     2.0.0    c0ffeec0ffee  26 h              Degraded   equal',
    '↑  staging     counter  1.4.6    c0ffeec0ffee  26 h   3, 5 h     Healthy    !52 open',
    '   staging     redis    8.2.1    c0ffeec0ffee  26 h              Healthy    equal',
    '↑  staging     shop     1.9.9    c0ffeec0ffee  26 h   1, 60 min  Healthy    gate: no',
    '‖  production  counter  1.4.5    c0ffeec0ffee  4 d    4, 2 d     Healthy    held',
    '✎  production  redis    8.2.0    c0ffeec0ffee  4 d               OutOfSync  edited',
    '   production  shop     1.9.9    c0ffeec0ffee  4 d    1, 60 min  Healthy    equal',
    'dev/shop: Back-off restarting failed container [31m shop',
    'staging/shop: waits (60 min by now): dev has it Synced and Degraded: Back-off (Argo CD)',
    'production/counter: held: Ann Onymous on 2026-01-07 (“Revert "counter 1.4.6"”) went back; it stays until npx slipway',
    '  release --env production --app counter, or a revert of the revert',
    'production/redis: statefulset-redis.yaml changed by hand: frozen until the edit is reverted; last by Bob on 2026-01-08',
    '  (“more memory, now”)',
    'production/CODEOWNERS: a file that people keep here: it is left alone',
    'dev/counter  https://counter.dev.example.com/',
  ]);
});

test('many apps that are as they should be are a line per environment, unless all are asked for', () => {
  const lines = statusTable(many(47), { now, width: 80 });
  assert.deepEqual(lines.slice(-3), [
    'dev: 49 apps as offered, Healthy',
    'staging: 48 apps as offered, Healthy',
    'production: 48 apps as offered, Healthy',
  ]);
  assert.equal(lines.length, 1 + 5 + 3);
  assert.equal(statusTable(many(47), { now, width: 80, whole: true }).length, 1 + 3 * 50);
});

test('a path that is too wide stands line by line, and one that forks stands twice', () => {
  const after = ['dev', 'dev', 'staging', 'staging'];
  const forked = ['dev', 'staging', 'production-eu', 'production-us'].map((name, at) => ({
    ...{ name, tip: '' },
    ...(at > 0 ? { after: after[at] as string } : {}),
  }));
  const rows = forked.map(({ name }) => row(name, 'a', { health: 'unknown' }));
  assert.deepEqual(pathPicture(forked, rows, { width: 80 }), [
    'dev    ──►  staging  ──►  production-eu',
    '1 app       1 app         1 app',
    '',
    'dev    ──►  staging  ──►  production-us',
    '1 app       1 app         1 app',
  ]);
  assert.deepEqual(pathPicture(forked.slice(0, 3), rows, { width: 30 }), [
    '    dev            1 app',
    '└►  staging        1 app',
    '└►  production-eu  1 app',
  ]);
});

test('nothing that is printed is wider than the terminal, or steers it', () => {
  for (const width of [80, 100, 120])
    for (const line of [...printed(width), ...statusTable(many(60), { now, width })]) {
      assert.ok(widthOf(line) <= width || !line.trim().includes(' '), line);
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
    }
});

test('colours move nothing', () => {
  const paint = (text: string, colour: string) => `<${colour}>${text}</>`;
  const plain = statusTable(troubled, { now, width: 80 });
  const painted = statusTable(troubled, { now, width: 80, paint });
  assert.deepEqual(
    painted.map((line) => line.replaceAll(/<\/?\w*>/g, '')),
    plain,
  );
  assert.match(painted.join('\n'), /<red>✗<\/>.*<red>Degraded/);
});

test('at 80 columns no name is cut: commits go first, then health, and apps that wait for the same share a line', () => {
  const platform = (app: string, given: Partial<Row> = {}) => row('platform-production', app, given);
  const gate = { is: 'unknown', evidence: ['it soaks'] } as const;
  const absent = (app: string): Row => ({
    ...{ environment: 'platform-production', app, version: '-', health: '-', state: 'older', held: false, gate },
  });
  const rows = [
    platform('alertmanager', { version: '0.28.1', state: 'older', health: 'Degraded', lacks: { parts: 12, since } }),
    platform('dashboards', { state: 'none', sourceEdited: true, health: 'Progressing' }),
    ...Array.from({ length: 16 }, (_, at) => absent(`app-${at}`)),
    ...many(1).slice(0, 4),
  ];
  assert.deepEqual(statusTable(rows, { now, width: 80 }), [
    '   env                  app           version  since  behind   state',
    '✗  platform-production  alertmanager  0.28.1   26 h   12, 2 d  Degraded, older',
    '   platform-production  dashboards    1.4.7    26 h            source edited',
    '✗  dev                  shop          2.0.0    26 h            Degraded, equal',
    '↑  platform-production: 16 apps wait for a gate',
    'dev: 3 apps as offered, Healthy',
  ]);
  assert.deepEqual(statusTable(rows.slice(0, 2), { now, width: 90 }), [
    '   env                  app           version  since  behind   health       state',
    '✗  platform-production  alertmanager  0.28.1   26 h   12, 2 d  Degraded     older',
    '   platform-production  dashboards    1.4.7    26 h            Progressing  source edited',
  ]);
});
