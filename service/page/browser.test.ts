import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { eventually } from '../eventually.fixture.ts';
import { type Redis, redisMissing, startRedis } from '../redis.fixture.ts';
import { type Service, startService } from '../service.fixture.ts';
import { barriers } from './axe.fixture.ts';
import { browserMissing, launch, type Visitor, visitor } from './browser.fixture.ts';

const ANOTHER = 'button:text("Another fact")';

describe('the page in a browser', { skip: browserMissing || redisMissing }, () => {
  let redis: Redis;
  let service: Service;
  let browser: Browser;

  before(async () => {
    redis = await startRedis();
    const env = { REDIS_URL: redis.url, VERSION: '1.0.0', ENVIRONMENT: 'staging' };
    [service, browser] = await Promise.all([startService(env), launch()]);
    await eventually(async () => assert.equal((await fetch(`${service.url}/readyz`)).status, 200));
  });
  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
  });
  after(async () => {
    await browser?.close();
    await service?.kill();
    await redis?.remove();
  });

  const hits = async () => ((await (await fetch(`${service.url}/api/hits`)).json()) as { hits: number }).hits;

  /** Somebody without a browser. */
  const hit = () => fetch(service.url);

  const arrive = async (path = '/', options: BrowserContextOptions = {}): Promise<Visitor> => {
    const arrived = await visitor(browser, service.url, options);
    await arrived.page.goto(path);
    return arrived;
  };

  const shows = (visitor: Visitor, number: number, status: string) =>
    eventually(async () =>
      assert.deepEqual([await visitor.number(), await visitor.status()], [number.toLocaleString('en'), status]),
    );

  test('a visit is one hit, and its number is seen', async () => {
    const before = await hits();
    const visitor = await arrive();
    await shows(visitor, before + 1, 'live');
    assert.match(
      (await visitor.page.textContent('main')) ?? '',
      new RegExp(`You are number ${before + 1}\\. Welcome!`),
    );
    const footer = (await visitor.page.textContent('footer')) ?? '';
    assert.match(footer, /Version1\.0\.0\s+Environmentstaging\s+Commitunknown\s+Running for\d+ seconds?/);
    assert.equal((await visitor.page.goto('/facts/1'))?.headers()['cache-control'], 'no-store');
    // Its style, script, icon and stream were asked for by now.
    assert.equal(await hits(), before + 1);
    assert.deepEqual(visitor.complaints, []);
  });

  test('the number moves when somebody else comes, and the uptime goes on', async () => {
    const visitor = await arrive();
    const mine = await hits();
    const uptime = await visitor.page.textContent('#uptime');
    await shows(visitor, mine, 'live');
    await hit();
    await shows(visitor, mine + 1, 'live');
    await Promise.all([hit(), hit(), hit()]);
    await shows(visitor, mine + 4, 'live');
    await eventually(async () => assert.notEqual(await visitor.page.textContent('#uptime'), uptime));
    assert.match((await visitor.page.textContent('#uptime')) ?? '', /^(\d+ minutes? )?\d+ seconds?$/);
    assert.deepEqual(visitor.complaints, []);
  });

  test('another fact comes in place, by keyboard too, and counts nothing', async () => {
    const { page, complaints } = await arrive();
    const before = await hits();
    const seen = new Set([await page.textContent('#fact')]);
    await page.focus(ANOTHER);
    for (let pressed = 1; pressed <= 3; pressed++) {
      const last = await page.textContent('#fact');
      await page.keyboard.press('Enter');
      await eventually(async () => assert.notEqual(await page.textContent('#fact'), last));
      seen.add(await page.textContent('#fact'));
      const id = await page.inputValue('input[name=after]');
      const fact = (await (await fetch(`${service.url}/api/facts/${id}`)).json()) as Record<string, string>;
      await eventually(async () =>
        assert.deepEqual(
          [
            await page.textContent('#fact'),
            await page.textContent('#source'),
            await page.getAttribute('#source', 'href'),
          ],
          [fact.fact, fact.sourceName, fact.source],
        ),
      );
    }
    assert(seen.size >= 3);
    assert.equal(page.url(), `${service.url}/`);
    assert.equal(await page.evaluate('document.activeElement.tagName'), 'BUTTON');
    assert.equal(await hits(), before);
    assert.deepEqual(complaints, []);
  });

  test('without a script another fact comes by its form, and the way back is a visit', async () => {
    const { page, complaints } = await arrive('/', { javaScriptEnabled: false });
    const before = await hits();
    const first = await page.textContent('#fact');
    await page.click(ANOTHER);
    assert.match(page.url(), /\/facts\/\d+$/);
    assert.notEqual(await page.textContent('#fact'), first);
    assert.match((await page.textContent('h1')) ?? '', new RegExp(`we have hit ${before} times`));
    assert.equal(await hits(), before);
    await page.click('a:text("Be counted")');
    assert.equal(await hits(), before + 1);
    assert.deepEqual(complaints, []);
  });

  test('a fact that cannot be fetched in place comes as a page', async () => {
    const { page } = await arrive();
    await page.route('**/api/facts/**', (route) => route.fulfill({ status: 503, body: '{}' }));
    const first = await page.textContent('#fact');
    await page.click(ANOTHER);
    await page.waitForURL(/\/facts\/\d+$/);
    assert.notEqual(await page.textContent('#fact'), first);
  });

  test('a page that nobody looks at leaves its place to others, and is up to date when it is looked at', async () => {
    const visitor = await arrive();
    const mine = await hits();
    await shows(visitor, mine, 'live');
    const look = (hidden: boolean) =>
      visitor.page.evaluate(`
        Object.defineProperty(document, 'hidden', { value: ${hidden}, configurable: true });
        document.dispatchEvent(new Event('visibilitychange'));`);
    await look(true);
    await hit();
    const other = await arrive();
    await shows(other, mine + 2, 'live');
    assert.equal(await visitor.number(), String(mine));
    await look(false);
    await shows(visitor, mine + 2, 'live');
    assert.deepEqual(visitor.complaints, []);
  });

  test('nothing is wider than the window or keeps anybody from reading it, on a telephone or a desk, by day and by night', async () => {
    const { page, complaints } = await arrive('/', { colorScheme: 'light' });
    await page.evaluate(`
      document.getElementById('hits').textContent = '999,999,999';
      document.getElementById('fact').textContent = '${'A'.repeat(120)} ${'moose '.repeat(25)}';`);
    for (const width of [360, 1_440]) {
      await page.setViewportSize({ width, height: 740 });
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), width);
      assert.deepEqual(await barriers(page), [], `at ${width} px`);
    }
    const ground = () => page.evaluate<string>('getComputedStyle(document.body).backgroundColor');
    assert.equal(await ground(), 'rgb(247, 246, 242)');
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.equal(await ground(), 'rgb(20, 23, 26)');
    assert.deepEqual(await barriers(page), []);
    assert.deepEqual(complaints, []);
  });

  test('a script that somebody brought into the page does not run', async () => {
    const { page, complaints } = await arrive();
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'document.title = "taken over"';
      document.body.append(script);`);
    assert.equal(await page.title(), 'Holla! The counter');
    assert.match(complaints.join(), /Content Security Policy/);
  });

  test('it says when the number is lost with Redis, and recovers with it', async () => {
    const visitor = await arrive();
    const mine = await hits();
    await shows(visitor, mine, 'live');
    await redis.kill();
    await shows(visitor, mine, 'cannot be counted just now');

    const late = await arrive();
    assert.equal(await late.number(), '…');
    assert.equal(await late.status(), 'cannot be counted just now');
    const first = await late.page.textContent('#fact');
    await late.page.click(ANOTHER);
    await eventually(async () => assert.notEqual(await late.page.textContent('#fact'), first));

    await redis.start();
    await shows(visitor, mine, 'live');
    await shows(late, mine, 'live');
    await hit();
    await shows(visitor, mine + 1, 'live');
    assert.deepEqual([...visitor.complaints, ...late.complaints], []);
  });

  test('an open page outlives a roll-out, and a reload shows the new version', async () => {
    const visitor = await arrive();
    const mine = await hits();
    await shows(visitor, mine, 'live');

    assert.equal(await service.stop(), 0);
    await shows(visitor, mine, 'reconnecting');
    service = await startService({
      ...{ PORT: new URL(service.url).port, REDIS_URL: redis.url, VERSION: '2.0.0', ENVIRONMENT: 'staging' },
    });
    await shows(visitor, mine, 'live');
    await hit();
    await shows(visitor, mine + 1, 'live');
    assert.match((await visitor.page.textContent('footer')) ?? '', /Version1\.0\.0/);

    await visitor.page.reload();
    assert.match((await visitor.page.textContent('footer')) ?? '', /Version2\.0\.0/);
    await shows(visitor, mine + 2, 'live');
    assert.deepEqual(visitor.complaints, []);
  });

  test('the documentation is read and tried without leaving the host', async () => {
    const { page, complaints } = await arrive('/docs');
    const operation = page.locator('.opblock', { hasText: '/api/facts/random' });
    await operation.locator('.opblock-summary-control').click();
    await operation.getByRole('button', { name: 'Try it out' }).click();
    await operation.getByRole('button', { name: 'Execute' }).click();
    await eventually(async () =>
      assert.match((await operation.locator('.live-responses-table').textContent()) ?? '', /sourceName/),
    );
    assert.deepEqual(complaints, []);
  });
});
