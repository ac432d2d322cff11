import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Locator } from 'playwright-core';
import { processesIn } from '../../clusters/local/processes.fixture.ts';
import { browser } from '../board/browser.fixture.ts';
import { withExample } from '../example.fixture.ts';
import { program } from './hydrate-commit.ts';

interface Demo {
  readonly child: ChildProcess;
  readonly tmp: string;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
  /** Stops it, and takes its folder away. */
  readonly end: () => Promise<void>;
}

/**
 * Where a demo keeps its files: in memory where there is room. On a disk that others keep busy an fsync takes seconds,
 * and the service rightly refuses hits that Redis does not confirm within one.
 */
async function folder(): Promise<string> {
  const { bavail, bsize } = await statfs('/dev/shm').catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize > 2 ** 30 ? '/dev/shm' : tmpdir();
}

/** A demo as a newcomer starts it, with a folder for temporary files of its own. */
async function started(...args: readonly string[]): Promise<Demo> {
  const tmp = await mkdtemp(join(await folder(), 'slipway-demo-test-'));
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const child = spawn(process.execPath, [launcher, 'demo', ...args], {
    env: { ...process.env, TMPDIR: tmp },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const end = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(tmp, { recursive: true, force: true });
  };
  return { child, tmp, said: () => said, ended, end };
}

/** One that lasts as long as a test. */
async function demo(t: TestContext): Promise<Demo> {
  const one = await started();
  t.after(one.end);
  return one;
}

/** Waits until nothing of the demo is left: no process that works in its folder, and no file. */
async function nothingLeft({ tmp, said }: Demo): Promise<void> {
  const files = () => globSync('*', { cwd: tmp });
  for (let tries = 0; tries < 600 && (files().length > 0 || processesIn(tmp).length > 0); tries++) await delay(100);
  assert.deepEqual([files(), processesIn(tmp)], [[], []], said());
}

suite('a demo', withExample, () => {
  let staying: Demo | undefined;
  before(async () => {
    staying = await started('--stay');
  });
  after(async () => {
    await staying?.end();
  });

  test('tells the whole story, and no visitor notices a new version', async () => {
    const { said } = staying as Demo;
    await boardOf(staying as Demo);
    for (const line of [
      /dev runs it .*counter\.dev\.localhost:\d+\/ answers "Holla! we have hit \d+ times" \(version \d+\.\d+\.\d+\)/,
      /opened the merge request to staging .*merge_requests\/1: counter \d+\.\d+\.\d+ added, redis 8\.2-alpine added/,
      /merged it, and staging runs it .*"Holla! we have hit \d+ times"/,
      /merged it, and production runs it .*"Holla! we have hit \d+ times"/,
      /merged it, and production runs it .*"Holla again! we have hit \d+ times"/,
      /dev runs it .*answers "Welcome back! we have hit/,
      /dev stops there, the old one goes on serving, .*counter waits: dev has it Synced and .*"Holla again! we have hit/,
      /git revert on env\/production takes the old version back .*"Holla! we have hit \d+ times"/,
      /the next publish and promotion leave it there .*counter is held in production.*"Holla! we have hit \d+ times"/,
      /^‖ +production +counter +\d+\.\d+\.\d+ +[0-9a-f]{12} +\d+ \w+ +\d+, \d+ \w+ +Healthy +held, !\d+$/m,
      /^↑ +staging +counter +\d+\.\d+\.\d+ +[0-9a-f]{12} +\d+ \w+ +\d+, \d+ \w+ +Healthy +older$/m,
      /Meanwhile [1-9]\d{2,} requests went through the proxy, and 0 failed\./,
    ]) {
      assert.match(said(), line);
    }
  });

  test('invites to its board, where a person merges, reverts and releases', async (t) => {
    const chromium = await browser(t);
    if (!chromium) return;
    const page = await chromium.newPage({ viewport: { width: 1440, height: 900 } });
    page.setDefaultTimeout(60_000);
    const wrong: string[] = [];
    page.on('console', (message) => void wrong.push(message.text()));
    page.on('pageerror', (error) => void wrong.push(String(error)));
    await page.goto(await boardOf(staying as Demo));
    const card = (name: string) => page.getByRole('region', { name, exact: true });
    const counter = (environment: string) =>
      card(environment)
        .locator('li.app')
        .filter({ has: page.getByRole('link', { name: 'counter', exact: true }) });
    const versionIn = (environment: string) => counter(environment).locator('.version').innerText();
    const ahead = await versionIn('dev');
    assert.notEqual(await versionIn('staging'), ahead);
    await expectText(page.locator('#traffic'), /^[1-9][\d,]* requests, 0 failed$/);
    await expectText(counter('staging'), /behind dev/);

    // Reads what the request risks, and merges it.
    await page
      .getByRole('link', { name: /Promote to staging/ })
      .first()
      .click();
    await expectText(page.getByRole('article'), /the riskiest change: counter runs another image/);
    await page.getByText('counter/deployment-counter.yaml').click();
    await expectText(page.locator('details[open] pre').first(), /\+.*image:/);
    await page.getByRole('button', { name: 'Merge onto env/staging' }).click();
    await expectText(page.getByRole('status'), /is merged: env\/staging takes it now/);
    // Watches it roll, without touching the page.
    await expectText(
      page.locator('aside'),
      new RegExp(String.raw`counter\s+${ahead.replaceAll('.', '\\.')}[\s\S]*Healthy`),
    );
    await page.getByRole('link', { name: 'What runs where' }).click();

    // Lifts the hold that the demo left, goes back with a reason, and lifts that one.
    await expectText(counter('production'), /held/);
    const held = await versionIn('production');
    await counter('production').getByRole('button', { name: 'Release' }).click();
    await expectText(page.getByRole('status'), /It is not held any more/);
    await page.waitForFunction(
      `!document.querySelector('#env-production').closest('section').innerText.includes('Held by')`,
    );
    assert.notEqual(await versionIn('production'), held);
    // By keyboard alone, as who has no mouse does.
    await counter('production').getByText('Revert', { exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.type('It hurts <b>the ears</b>');
    await page.keyboard.press('Enter');
    await expectText(page.getByRole('status'), /It is held from now on/);
    await expectText(counter('production'), /Held by Local Person[\s\S]*It hurts ‹b>the ears/);
    assert.equal(await versionIn('production'), held);
    await expectText(page.locator('.timeline'), /taken back/);
    await counter('production').getByRole('button', { name: 'Release' }).click();
    await expectText(page.getByRole('status'), /It is not held any more/);
    assert.deepEqual(wrong, []);
  });

  test('its board reads and works without JavaScript', async (t) => {
    const chromium = await browser(t);
    if (!chromium) return;
    const page = await chromium.newPage({ javaScriptEnabled: false });
    page.setDefaultTimeout(60_000);
    await page.goto(await boardOf(staying as Demo));
    const production = page.getByRole('region', { name: 'production', exact: true });
    await production.getByText('Revert', { exact: true }).first().click();
    await production.getByLabel('Why?').first().fill('no script');
    await production
      .getByRole('button', { name: /Put back what stood in production/ })
      .first()
      .click();
    await expectText(page.getByRole('status'), /It is held from now on/);
    await expectText(production, /no script/);
  });

  test('no other web site reads it or presses its buttons', async () => {
    const address = await boardOf(staying as Demo);
    const host = new URL(address).host;
    const token = /name="token" value="([^"]+)"/.exec(await (await fetch(address)).text())?.[1] ?? '';
    assert.notEqual(token, '');
    const answerTo = (headers: Record<string, string>, fields?: Record<string, string>) =>
      asked(
        address,
        fields ? '/board/promote' : '/',
        { host, ...headers },
        fields && new URLSearchParams(fields).toString(),
      );
    const fields = { token, environment: 'nowhere' };
    assert.equal(await answerTo({}), 200);
    assert.equal(await answerTo({ host: 'rebound.example.com' }), 403);
    assert.equal(await answerTo({ host: `counter.dev.localhost:${new URL(address).port}` }), 403);
    assert.equal(await answerTo({ origin: 'https://evil.example.com' }, fields), 403);
    assert.equal(await answerTo({ origin: 'null' }, fields), 403);
    assert.equal(await answerTo({ origin: `http://${host}` }, { ...fields, token: 'x'.repeat(token.length) }), 403);
    assert.equal(await answerTo({}, { environment: 'nowhere' }), 403);
    // With both, it is the command that refuses.
    assert.equal(await answerTo({ origin: `http://${host}` }, fields), 303);
    assert.equal(await answerTo({}, { ...fields, reason: 'x'.repeat(20_000) }), 413);
    const { headers } = await fetch(address);
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'.*frame-ancestors 'none'/);
  });

  test('leaves nothing behind when it is told to stop', async () => {
    const { child, ended, said } = staying as Demo;
    child.kill('SIGINT');
    assert.equal(await ended, 0, said());
    await nothingLeft(staying as Demo);
  });
});

/** Where the board of a demo is, once it invites there. */
async function boardOf({ child, said }: Demo): Promise<string> {
  for (;;) {
    const found = /the board +(http:\/\/\S+)/.exec(said())?.[1];
    if (found) return found;
    assert.equal(child.exitCode, null, said());
    await delay(100);
  }
}

/** Waits until a part of a page says something. */
async function expectText(part: Locator, wanted: RegExp): Promise<void> {
  let text = '';
  for (let tries = 0; tries < 600; tries++) {
    text = await part.innerText().catch((error: Error) => error.message);
    if (wanted.test(text)) return;
    await delay(100);
  }
  assert.match(text, wanted);
}

/** The status of an answer: to a GET, or to a POST of these fields. */
function asked(address: string, path: string, headers: Record<string, string>, body?: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(address);
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(body?.length ?? 0) };
    const given = body === undefined ? headers : { ...form, ...headers };
    const outgoing = request({ hostname, port, path, method: body === undefined ? 'GET' : 'POST', headers: given });
    outgoing.on('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

test('a demo that is interrupted stops what it started and leaves nothing behind', withExample, async (t) => {
  for (const [signal, when] of [
    ['SIGINT', /the local world is up/],
    ['SIGTERM', /rendered and published/],
  ] as const) {
    const interrupted = await demo(t);
    while (!when.test(interrupted.said())) {
      assert.equal(interrupted.child.exitCode, null, interrupted.said());
      await delay(50);
    }
    await delay(500);
    interrupted.child.kill(signal);
    assert.equal(await interrupted.ended, 130, interrupted.said());
    await nothingLeft(interrupted);
  }
});

test('a demo that is killed outright takes its world with it', withExample, async (t) => {
  const killed = await demo(t);
  while (!/dev runs it/.test(killed.said())) {
    assert.equal(killed.child.exitCode, null, killed.said());
    await delay(50);
  }
  killed.child.kill('SIGKILL');
  await killed.ended;
  await nothingLeft(killed);
});
