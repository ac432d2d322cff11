import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatPreview } from '../model/preview.ts';
import { diff } from './diff.ts';
import { type Report, report } from './excuses.ts';
import { program } from './hydrate-commit.ts';
import { fixtureApp, publishedBox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

const excuse = { policy: 'image-registry', reason: 'its maker alone has it', owner: 'team-a', until: '2099-12-31' };
const elsewhere = (...excuses: object[]) =>
  fixtureApp('a', {
    scratch: { '/tmp': '1Mi' },
    image: `registry.example.org/a:1.0@sha256:${'0'.repeat(64)}`,
    excuses,
  });
const slipway = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(program, 'generators', 'commands', 'slipway.mjs'), ...args], {
    cwd,
    encoding: 'utf8',
  });

test('the report has every published excuse, and fails when one has ended', async (t) => {
  const box = await sandbox(t);
  const none = slipway(box.checkout.dir, 'excuses');
  assert.equal(none.status, 1);
  assert.match(none.stderr, /Nothing was published at .*: run slipway publish\./);

  await box.publish();
  const quiet = slipway(box.checkout.dir, 'excuses');
  assert.deepEqual([quiet.status, quiet.stdout.split(': ')[1]], [0, '0 excuses, 0 ended\n']);

  const idle = { ...excuse, policy: 'privileged', until: '2098-01-01', object: 'Deployment/a' };
  await box.commit({ 'apps/a/app.ts': elsewhere(excuse, idle) });
  await box.publish();
  const holding = slipway(box.checkout.dir, 'excuses');
  assert.equal(holding.status, 0);
  const [first, second, ...rest] = holding.stdout.trimEnd().split('\n');
  assert.equal(
    first,
    'for nothing (until 2098-01-01): a privileged of Deployment/a (team-a): its maker alone has it: no object needs it, take it out',
  );
  assert.equal(
    second,
    'holds (until 2099-12-31): a image-registry in dev, staging, production (team-a): its maker alone has it',
  );
  assert.match(rest.join('\n'), /^[0-9a-f]{12}: 2 excuses, 0 ended$/);

  const late = { ...box.context, now: () => Date.parse('2100-01-01T00:00:00Z') };
  assert.deepEqual(
    (await report(late)).excuses.map(({ state }) => state),
    ['ended', 'ended'],
  );
  await box.commit({ 'apps/a/app.ts': elsewhere({ ...excuse, until: '2001-12-31' }) });
  await box.publish();
  const ended = slipway(box.checkout.dir, 'excuses', '--json');
  assert.equal(ended.status, 1);
  const [row] = answerOf<Report>('excuses', ended.stdout).excuses;
  assert.deepEqual([row?.app, row?.state, row?.in], ['a', 'ended', ['dev', 'staging', 'production']]);
});

test('a review tells an excuse that is new from one that stood before', async (t) => {
  const box = await publishedBox(t);
  const lines = async () =>
    formatPreview(await diff(box.context, { images: new Map(), environment: 'dev' })).filter((line) =>
      line.includes('excused until'),
    );
  await box.commit({ 'apps/a/app.ts': elsewhere(excuse) });
  assert.match(
    (await lines()).join('\n'),
    /^ {2}! Deployment\/a: image-registry is newly excused until 2099-12-31 \(team-a\)/,
  );
  await box.publish();
  await box.commit({ 'apps/a/app.ts': elsewhere({ ...excuse, until: '2099-11-30' }).replace('1Mi', '2Mi') });
  assert.match(
    (await lines()).join('\n'),
    /^ {2}! Deployment\/a: image-registry is excused until 2099-11-30 \(team-a\)/,
  );
});
