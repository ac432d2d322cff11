import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { browser } from '../../generators/board/browser.fixture.ts';
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
  const ended = new Promise((resolve) => child.on('close', resolve));
  const [status] = await Promise.all([ended, seenOnTheBoard(t, () => said, ended)]);
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

/** While the alert fires, whoever looks at the board sees it, with what it is about, on a laptop and on a telephone. */
async function seenOnTheBoard(t: TestContext, said: () => string, ended: Promise<unknown>): Promise<void> {
  const chromium = await browser(t);
  if (!chromium) return;
  let over = false;
  void ended.then(() => {
    over = true;
  });
  while (!over && !/ErrorBudgetBurnsFast fires/.test(said())) await delay(200);
  const board = /forge (http:\/\/127\.0\.0\.1:\d+\/)/.exec(said())?.[1];
  assert.ok(board && !over, said());
  for (const width of [1440, 360]) {
    const page = await chromium.newPage({ viewport: { width, height: 900 } });
    page.setDefaultTimeout(60_000);
    const wrong: string[] = [];
    page.on('console', (message) => void wrong.push(message.text()));
    await page.goto(board);
    const staging = page.getByRole('region', { name: 'staging', exact: true });
    const fires = staging.locator('li.alert.page').filter({ hasText: 'ErrorBudgetBurnsFast' });
    assert.match(await fires.innerText(), /page.*ErrorBudgetBurnsFast.*counter.*ago/s);
    const link = fires.getByRole('link', { name: 'Runbook of ErrorBudgetBurnsFast' });
    assert.equal(await link.getAttribute('href'), '/runbooks/error-budget-burns-fast');
    // The alert looks at one moment, the pictures at the last step that was drawn: they may be a step or two later.
    const drawn = async () => {
      const bad = (await staging.locator('.signal.bad').allInnerTexts()).join();
      const regions = ['dev', 'staging', 'production'].map((name) => page.getByRole('region', { name, exact: true }));
      const sparks = await Promise.all(regions.map((region) => region.locator('svg.spark').count()));
      return /errors\s*▲ \d/.test(bad) && sparks.every((count) => count >= 4) ? '' : `${bad} ${sparks.join()}`;
    };
    for (let look = 0; look < 60 && (await drawn()) !== ''; look++) {
      await delay(500);
      await page.reload();
    }
    assert.equal(await drawn(), '', await page.innerText('main'));
    assert.ok((await staging.locator('svg.spark .mark').count()) > 0, 'the roll-out that it began with is marked');
    assert.equal(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), 0);
    const shots = process.env.SLIPWAY_SCREENSHOTS;
    if (shots) await page.screenshot({ path: join(shots, `observed-${width}.png`), fullPage: true });
    assert.deepEqual(wrong, []);
    await page.close();
  }
}
