import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { exposition, type Family } from './exposition.ts';
import { readingFamilies, type VersionRow, versionFamilies } from './version-metrics.ts';

const gauge = (name: string, ...samples: Family['samples']): Family => ({
  name,
  help: 'Help.',
  type: 'gauge',
  samples,
});

test('families are written as Prometheus reads them, and one that was not measured is left out', () => {
  const families: Family[] = [
    { name: 'a_total', help: 'One\nline of C:\\.', type: 'counter', samples: [{ value: 3 }] },
    gauge('empty'),
    gauge('b', { labels: { env: 'dev', app: 'a"\\\n' }, value: 0.5 }, { labels: { env: 'x' }, value: Number.NaN }),
    gauge('c', { labels: { is: 'more' }, value: Infinity }, { labels: { is: 'less' }, value: -Infinity }),
  ];
  assert.equal(
    exposition(families),
    `# HELP a_total One\\nline of C:\\\\.
# TYPE a_total counter
a_total 3
# HELP b Help.
# TYPE b gauge
b{env="dev",app="a\\"\\\\\\n"} 0.5
b{env="x"} NaN
# HELP c Help.
# TYPE c gauge
c{is="more"} +Inf
c{is="less"} -Inf
`,
  );
});

test('what no series may be called, and one series twice, is refused before anything is written', () => {
  for (const [family, says] of [
    [gauge('1st'), /"1st" is no name of a metric/],
    [gauge('a b'), /"a b" is no name of a metric/],
    [gauge('a', { labels: { 'b-c': '' }, value: 1 }), /"b-c" is no name of a label/],
    [gauge('a', { labels: { b: 'x' }, value: 1 }, { labels: { b: 'x' }, value: 2 }), /a\{b="x"\} is there twice/],
  ] as const)
    assert.throws(() => exposition([family]), says);
});

test('a label reads back as it was, whatever stands in it, on one line', () => {
  const back = (text: string) => text.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      const [line = '', ...more] = exposition([gauge('a', { labels: { b: value }, value: 1 })])
        .split('\n')
        .slice(2);
      assert.deepEqual(more, ['']);
      assert.equal(back(/^a\{b="(.*)"\} 1$/su.exec(line)?.[1] ?? ''), value.toWellFormed());
    }),
  );
});

const now = Date.parse('2026-11-22T03:00:00Z');
const row = (given: Partial<VersionRow>): VersionRow => ({
  ...{ environment: 'dev', app: 'a', version: '1.0.3', commit: 'c'.repeat(40), since: '2026-11-22T02:00:00.500Z' },
  ...{ health: 'unknown', state: 'equal', held: false },
  ...given,
});
const told = (...rows: VersionRow[]) =>
  exposition(versionFamilies(rows, new Map(), now))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

test('an app tells its version, since when, the request that brought it, and that it is neither behind nor held', () => {
  assert.deepEqual(told(row({ request: 12 })), [
    `slipway_app_info{environment="dev",app="a",version="1.0.3",commit="${'c'.repeat(40)}",request="12"} 1`,
    `slipway_app_since_timestamp_seconds{environment="dev",app="a"} ${Date.parse('2026-11-22T02:00:00Z') / 1000}`,
    'slipway_app_behind_commits{environment="dev",app="a"} 0',
    'slipway_app_behind_seconds{environment="dev",app="a"} 0',
    'slipway_app_held{environment="dev",app="a"} 0',
    'slipway_app_edited{environment="dev",app="a"} 0',
  ]);
});

test('how far behind counts on, a hold says since when, and nobody knows how far an edit is from anything', () => {
  const lines = told(
    row({ app: 'late', lacks: { parts: 2, since: '2026-11-22T02:59:00Z' } }),
    row({ app: 'fast', lacks: { parts: 1, since: '2026-11-22T03:00:09Z' } }),
    row({ app: 'held', held: true, heldSince: '2026-11-22T02:30:00Z' }),
    row({ app: 'edited', state: 'edited', version: 'edited' }),
    row({ app: 'gone', health: '-', version: '-' }),
    row({ app: 'taken', health: '-', version: '-', held: true }),
  );
  for (const line of [
    'slipway_app_behind_commits{environment="dev",app="late"} 2',
    'slipway_app_behind_seconds{environment="dev",app="late"} 60',
    'slipway_app_behind_seconds{environment="dev",app="fast"} 0',
    `slipway_app_held_since_timestamp_seconds{environment="dev",app="held"} ${Date.parse('2026-11-22T02:30:00Z') / 1000}`,
    'slipway_app_edited{environment="dev",app="edited"} 1',
    'slipway_app_held{environment="dev",app="taken"} 1',
  ])
    assert.ok(lines.includes(line), `${line} is not among\n${lines.join('\n')}`);
  assert.ok(!lines.some((line) => /app="gone"/.test(line)), 'what never stood there has no series');
  assert.ok(!lines.some((line) => /behind.*app="edited"|info.*app="taken"/.test(line)));
});

test('promtool finds nothing to say of the names, types and help of all of them', (t) => {
  const rows = [row({ version: '"\\\n é' }), row({ app: 'b', held: true, heldSince: '2026-11-22T02:30:00Z' })];
  const families = [
    ...versionFamilies(rows, new Map([['dev', 'd'.repeat(40)]]), now),
    ...readingFamilies({ success: now, failures: 1 }),
  ];
  assert.equal(families.filter(({ samples }) => samples.length === 0).length, 0, 'each of them is measured');
  const { error, status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition(families),
    encoding: 'utf8',
  });
  if (error) return t.skip('promtool is not installed (Debian: prometheus)');
  assert.deepEqual([status, stdout, stderr], [0, '', '']);
});
