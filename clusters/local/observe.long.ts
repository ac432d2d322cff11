import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { processesIn } from './processes.fixture.ts';
import { has } from './world.fixture.ts';

const launcher = join(import.meta.dirname, '..', '..', 'generators', 'commands', 'slipway.mjs');

test('a version that fails for one visitor in twenty fires its alert in a real Prometheus, and production does not get it', {
  skip: !has('prometheus') && 'prometheus is not installed',
  timeout: 600_000,
}, async (t) => {
  const tmp = await mkdtemp(join(process.env.TMPDIR ?? tmpdir(), 'slipway-observe-'));
  const child = spawn(process.execPath, [launcher, 'demo', '--observe', '--once'], {
    env: { ...process.env, TMPDIR: tmp },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => {
    child.kill('SIGTERM');
    return rm(tmp, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(status, 0, said);
  for (const line of [
    /the local world is up .*, Prometheus http:\/\/127\.0\.0\.1:\d+\//,
    /staging takes it, and more visitors come: it is Healthy/,
    /Prometheus sees the error budget burn .*: ErrorBudgetBurnsFast fires: \d+ of \d+ visitors met an error \(\d\.\d %\)/,
    /promote --to production leaves it where it is .*: counter waits: alert ErrorBudgetBurns(Fast)? of counter fires in staging \(Prometheus\)/,
    /staging takes the repair/,
    /the next publish and promotion leave it there .*counter is held in production/,
    /Meanwhile [1-9]\d{2,} requests went through the proxy, and 0 failed\./,
  ])
    assert.match(said, line);
  const share = Number(/met an error \((.*?) %\)/.exec(said)?.[1]);
  assert.ok(share > 2 && share < 9, `${share} % of the visitors`);
  // Each kind of alert that fired did so because of that: what was healthy stayed silent all the way to production.
  assert.doesNotMatch(said, /fires in dev/);
  assert.deepEqual([globSync('*', { cwd: tmp }), processesIn(tmp)], [[], []]);
});
