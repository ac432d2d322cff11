import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Git } from '../git/git.ts';
import { formatBetween } from '../model/part-between.ts';
import { branches } from './branches.fixture.ts';
import { between, raw } from './diff-between.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';

const service = (environment: string, type: string) =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  namespace: ${environment}\nspec:\n  type: ${type}\n`;
const deployment = (environment: string, version: string, replicas: number) => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: a
  namespace: ${environment}
  labels:
    app.kubernetes.io/version: ${version}
spec:
  replicas: ${replicas}
  template:
    spec:
      containers:
        - name: a
          image: 'registry.example.com/a:${version}'
          env:
            - name: REDIS_URL
              value: 'redis://redis.${environment}.svc:6379'
`;
const part = (environment: string, version: string, replicas: number, type = 'ClusterIP') => ({
  'deployment-a.yaml': deployment(environment, version, replicas),
  'service-a.yaml': service(environment, type),
});

test('two sides of anything, by object and field', async (t) => {
  const box = await branches(
    t,
    ['staging', 'production'],
    [
      { main: 'one', files: { 'apps/a/app.ts': '1' }, words: 'one', at: 0 },
      { main: 'between', files: { 'apps/a/app.ts': '1b' }, words: 'never published', at: 5 },
      { main: 'two', files: { 'apps/a/app.ts': '2' }, words: 'two', at: 10 },
      { main: 'last', files: { 'apps/a/app.ts': '3' }, words: 'not published yet', at: 15 },
      {
        publish: 'one',
        parts: {
          'staging/a': part('staging', '1.0.1', 1),
          'production/a': part('production', '1.0.1', 2),
          'production/b': { 'service-a.yaml': service('production', 'ClusterIP') },
        },
        versions: { a: '1.0.1' },
        words: '',
        at: 20,
      },
      { onto: 'staging', of: 'one', apps: ['a'], words: 'begin', at: 21 },
      { onto: 'production', of: 'one', apps: ['a', 'b'], words: 'begin', at: 22 },
      {
        publish: 'two',
        parts: {
          'staging/a': part('staging', '1.0.2', 1),
          'production/a': part('production', '1.0.2', 2, 'LoadBalancer'),
        },
        versions: { a: '1.0.2' },
        words: '',
        at: 30,
      },
      { onto: 'staging', of: 'two', apps: ['a'], words: 'on', at: 31 },
      { onto: 'production', of: 'two', apps: ['a'], words: 'on', at: 1500 },
      { onto: 'production', of: 'one', apps: ['a'], words: 'back', at: 1510 },
      { onto: 'production', files: { b: { 'service-a.yaml': 'kind: [nothing' } }, words: 'by hand', at: 1520 },
    ],
  );
  const lines = async (range: string, only: { environment?: string; app?: string } = {}) => {
    const { from, to, parts } = await between(box.context, { range, ...only });
    return formatBetween(parts, [from.says, to.says]);
  };
  const image = 'spec.template.spec.containers[a].image: registry.example.com/a:';

  // Two environments: what only their names make different is none, an app that one lacks is.
  assert.deepEqual(await lines('staging..production', { app: 'a' }), [
    '~ a 1.0.2 in staging → 1.0.1 in production',
    '  another image',
    '  ~ Deployment a',
    `    ${image}1.0.2 → registry.example.com/a:1.0.1`,
    '    spec.replicas: 1 → 2',
    '  the label of the version, on 1 object',
    'staging against production: 1 part differs',
  ]);
  // One environment over time: by commit, by span, by moment.
  const [before, after] = [await box.at('env/production', 2), await box.at('env/production', 1)];
  const back = [
    '~ production/a 1.0.2 → 1.0.1',
    '  another image',
    '  ~ Deployment production/a',
    `    ${image}1.0.2 → registry.example.com/a:1.0.1`,
    '  everything else',
    '  ~ Service production/a',
    '    spec.type: LoadBalancer → ClusterIP',
    '  the label of the version, on 1 object',
  ];
  assert.deepEqual(await lines(`production@${before}..production@${after.slice(0, 9)}`), [
    ...back,
    `production at ${before.slice(0, 12)} against production at ${after.slice(0, 12)}: 1 part differs`,
  ]);
  const edited = [
    '~ production/b 1.0.0 → edited by hand',
    '  ! service-a.yaml cannot be read as an object; --raw shows it',
  ];
  // 48 hours before the third of January is its first day.
  assert.equal((await lines('production@2d..production')).at(0), '+ production/a 1.0.1');
  assert.deepEqual((await lines('production@2026-01-02T01:05..production')).slice(0, 8), back);
  // Versions, commits of main, and an environment against what was published for it.
  assert.deepEqual((await lines('a@1.0.2..a@1.0.1', { environment: 'production' })).slice(0, -1), back);
  assert.deepEqual((await lines('a@1.0.2..production')).slice(0, -1), back);
  const [one, two] = [box.dry.get('one') as string, box.dry.get('two') as string];
  const published = await lines(`${two.slice(0, 10)}..${one}`);
  assert.deepEqual(
    published.filter((line) => line.startsWith('~')),
    ['~ staging/a 1.0.2 → 1.0.1', '~ production/a 1.0.2 → 1.0.1'],
  );
  assert.deepEqual((await lines(`${two}..${one}`, { environment: 'production' })).slice(0, -1), back);
  assert.deepEqual((await lines(`${await box.at('rendered')}..production`, { app: 'a' })).slice(0, -1), back);
  assert.deepEqual(await lines('staging..staging'), ['staging against staging: nothing differs']);
  assert.deepEqual((await lines(`${one}..production`)).slice(0, 2), edited);

  const refused: [string, RegExp][] = [
    ['HEAD..production', /^HEAD was never published: .* slipway diff --dry HEAD .* published is [0-9a-f]{12}\.$/],
    [`${box.dry.get('between')}..production`, /was never published.* that was published is /],
    ['a@1.0.1..a@1.0.2', /say which with --env staging\|production/],
    ['a@9..production', /a@9: no part has that version; the newest are 1\.0\.2, 1\.0\.1/],
    ['aa@1..production', /was never published for production; did you mean a\?/],
    [
      'production@2025-12-31..production',
      /^production@2025-12-31: nothing stood there then; env\/production began at 2026-01-01 00:00 UTC/,
    ],
    ['production@nowhere..production', /neither a time nor a commit of env\/production itself/],
    ['nowhere..production', /no environment, no app@version and no commit/],
  ];
  for (const [range, message] of refused) await assert.rejects(between(box.context, { range }), { message });

  // git's own text, which git takes back.
  const patch = await raw(box.context, { range: `production@${before}..production@${after}` });
  const dir = await mkdtemp(join(tmpdir(), 'slipway-patch-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const clone = new Git(dir);
  await clone.bytes(['clone', '--quiet', '--branch', 'env/production', box.checkout.dir, '.']);
  await clone.bytes(['checkout', '--quiet', before]);
  await writeFile(join(dir, 'patch'), patch);
  await clone.bytes(['apply', '-p2', '--index', 'patch']);
  assert.equal(await clone.text(['write-tree']), await clone.text(['rev-parse', `${after}^{tree}`]));

  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'generators/commands/slipway.mjs'), 'diff', ...args], {
      cwd: box.checkout.dir,
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: undefined },
    });
  const printed = run('staging..production', '--app', 'a');
  assert.equal(printed.stderr, '');
  assert.deepEqual(printed.stdout.trimEnd().split('\n'), await lines('staging..production', { app: 'a' }));
  answerOf('diff', run('staging..production', '--json').stdout);
  assert.match(run('staging..production', '--dry', 'HEAD').stderr, /--dry goes with slipway diff alone/);
});
