import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { artifact } from '../world.fixture.ts';
import { Cron } from './cron.ts';
import type { CronJobSpec } from './manifests.ts';

const noon = Date.parse('2026-03-01T12:00:00Z');
const minute = 60_000;

/** A CronJob of every minute, in a folder of its own, since noon. */
async function cron(t: TestContext, program: string | undefined, rest: Partial<CronJobSpec> & { job?: object } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-cron-'));
  await mkdir(join(dir, 'volumes'));
  const digest = program === undefined ? `sha256:${'a'.repeat(64)}` : await artifact({ dir }, program);
  const { job = {}, ...spec } = rest;
  const container = {
    name: 'report',
    image: `registry.example.com/report@${digest}`,
    env: [{ name: 'DIR', value: dir }],
  };
  const template = { spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 1, containers: [container] } };
  const settings = {
    ...{ app: 'report', environment: 'dev', world: dir, reach: (value: string) => value },
    ...{ configs: () => undefined, changed: () => {} },
  };
  const jobTemplate = { spec: { backoffLimit: 0, template, ...job } };
  const made = new Cron('report', { schedule: '* * * * *', jobTemplate, ...spec }, settings, noon);
  t.after(async () => {
    await made.stop();
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  return {
    cron: made,
    ran: async () => (await readFile(join(dir, 'ran'), 'utf8').catch(() => '')).length,
    idle: async () => {
      while (made.jobs.length > 0) await delay(20);
    },
  };
}

const noting = "import { appendFileSync } from 'node:fs';\nappendFileSync(process.env.DIR + '/ran', '1');\n";
const lasting = `${noting}await new Promise((resolve) => setTimeout(resolve, 60_000));`;

test('a job runs when it is due, once, and says nothing when all went well', async (t) => {
  const { cron: report, ran, idle } = await cron(t, noting);
  for (const [at, runs] of [
    [0, 0],
    [59_999, 0],
    [minute, 1],
    [minute + 1, 1],
    [2 * minute, 2],
    // What was missed is not made up for.
    [9 * minute, 3],
  ] as const) {
    report.step(noon + at);
    await idle();
    assert.equal(await ran(), runs, `${at}`);
  }
  assert.equal(report.health, undefined);
});

test('a job that fails is tried again as often as it may be, and its last words are told', async (t) => {
  const {
    cron: report,
    ran,
    idle,
  } = await cron(t, `${noting}console.log('no space left'); process.exit(2);`, {
    job: { backoffLimit: 1 },
  });
  report.step(noon + minute);
  await idle();
  assert.equal(await ran(), 2);
  assert.deepEqual(report.health, {
    health: 'Degraded',
    message: 'report: its run of 2026-03-01T12:01:00.000Z failed: it ended with status 2: no space left',
  });
});

test('a job that takes too long is ended, and one whose image is not here is not run', async (t) => {
  const { cron: late, idle } = await cron(t, lasting, { job: { activeDeadlineSeconds: 1 } });
  late.step(noon + minute);
  await idle();
  assert.match(late.health?.message ?? '', /failed: it took longer than 1 s$/);
  const foreign = await cron(t, undefined, { job: { backoffLimit: 3 } });
  // It is told before it is due.
  while (!foreign.cron.health) await delay(10);
  assert.equal(foreign.cron.health.health, 'Healthy');
  assert.match(foreign.cron.health.message, /^report: .*is not run here/);
  foreign.cron.step(noon + minute);
  await foreign.idle();
  assert.equal(foreign.cron.health?.health, 'Unknown');
  assert.match(foreign.cron.health?.message ?? '', /did not take place: .*is not run here/);
});

test('what happens to a run that is due while another is under way', async (t) => {
  for (const [concurrencyPolicy, runs, active] of [
    ['Forbid', 1, 1],
    ['Allow', 2, 2],
    ['Replace', 2, 1],
  ] as const) {
    const { cron: report, ran } = await cron(t, lasting, { concurrencyPolicy });
    report.step(noon + minute);
    while ((await ran()) < 1) await delay(20);
    report.step(noon + 2 * minute);
    for (let tries = 0; tries < 100 && ((await ran()) < runs || report.jobs.length > active); tries++) await delay(20);
    assert.deepEqual([await ran(), report.jobs.length], [runs, active], concurrencyPolicy);
  }
  const { cron: suspended } = await cron(t, noting, { suspend: true });
  suspended.step(noon + minute);
  assert.equal(suspended.jobs.length, 0);
});
