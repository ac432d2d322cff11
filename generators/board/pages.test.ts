import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { browser } from './browser.fixture.ts';
import { facts, measured, now } from './facts.fixture.ts';
import type { Facts, RequestFacts } from './facts.ts';
import { html } from './html.ts';
import { rendered } from './markdown.ts';
import { layout } from './page.ts';
import { pathPage } from './path-page.ts';
import { requestPage } from './request-page.ts';

const viewing = { now, token: 'a-token' };
const hostile = `<img src=x onerror=alert(1)> "><script>alert(2)</script> ' onmouseover='alert(3)`;

/** What a browser would take for a tag, in a page that should show it as text. */
const active = /<img src=x|<script>|<[a-z][^>]* on[a-z]+='|href="javascript:/;

test('text is escaped wherever it stands, and only a template is not', () => {
  assert.equal(
    html`<a title="${hostile}">${['<b>', html`<i>${1}</i>`, undefined, false]}</a>`.text.match(/<(?!\/?[ai][ >])/),
    null,
  );
  assert.equal(html`${'`'}`.text, '&#96;');
});

test('a path shows versions, holds with their reason, what waits, and what a reviewer may press', () => {
  const { text } = pathPage(facts(8), viewing);
  for (const told of [
    /Held by Dora <time datetime="2026-11-22T02:00:00.000Z">60 min ago<\/time>: “5xx since 02:40/,
    /2 behind staging/,
    /payments-4: it ended with status 3: no such table: invoices/,
    /search waits: staging has it healthy since 02:57/,
    /<a href="\/local\/slipway\/-\/merge_requests\/7">!7 Promote to production: checkout 1\.1\.4<\/a>/,
    /<button>Release<\/button>/,
    /taken back, held/,
  ])
    assert.match(text, told);
  // What needs somebody stands first.
  assert.ok(text.indexOf('payments') < text.indexOf('counter'));
});

test('an environment says where it takes from when that does not stand beside it', () => {
  const { environments, events } = facts(4);
  const second = {
    ...(environments[2] as Facts['environments'][number]),
    name: 'production-2',
    requests: [],
    waits: [],
  };
  const { text } = pathPage({ environments: [...environments, second], events }, viewing);
  assert.match(text, /aria-label="On the way from staging to production-2"><li class="small">from staging<\/li>/);
  assert.doesNotMatch(pathPage({ environments, events }, viewing).text, /from staging<\/li>/);
});

test('of sixty apps those that need nobody are one line', () => {
  const { text } = pathPage(facts(60), viewing);
  assert.match(text, /58 apps are healthy and as staging has them/);
  assert.ok(text.indexOf('Degraded') < text.indexOf('<details class="rest"'));
});

test('what is measured is told in words, what fires with its runbook, and colour alone says nothing', () => {
  const { text } = pathPage(measured(4), viewing);
  for (const told of [
    /<strong>▲ 5\.0 %<\/strong>/,
    /<strong>0 %<\/strong>/,
    /<strong>318 ms<\/strong>/,
    /<strong>98 % left<\/strong>/,
    /<strong>▲ used up, and 35 % more<\/strong>/,
    /Share of requests that failed: 5\.0 % now, between 0 % and 5\.0 % in 15 minutes; a step back at 02:52:00 UTC, a roll-out at 02:56:00 UTC\./,
    /<ul class="alerts" aria-label="What fires in staging">/,
    /▲ page<\/span> <strong>ErrorBudgetBurnsFast<\/strong> <span class="small">counter <time datetime="2026-11-22T02:58/,
    /<a href="\/runbooks\/error-budget-burns-fast" aria-label="Runbook of ErrorBudgetBurnsFast">Runbook<\/a>/,
    /ticket<\/span> <strong>PodsRestart<\/strong>/,
  ])
    assert.match(text, told);
  assert.equal(text.match(/<svg class="spark"/g)?.length, 12, 'four pictures of an app in each environment');
  assert.doesNotMatch(text, / style=|<style|NaN|Infinity|undefined/);
  assert.doesNotMatch(
    pathPage(facts(8), viewing).text,
    /svg|class="alert|measured/,
    'without a Prometheus it is as it was',
  );
  const over = JSON.stringify(measured(4)).replace('"budget":-0.35', '"budget":-15.4');
  assert.match(pathPage(JSON.parse(over) as Facts, viewing).text, /<strong>▲ used up 16 times over<\/strong>/);
  const lost = { ...facts(4), unmeasured: 'Prometheus at http://127.0.0.1:9090 cannot be asked.' };
  assert.match(
    pathPage(lost, viewing).text,
    /Nothing is measured now: Prometheus at http:\/\/127\.0\.0\.1:9090 cannot be asked/,
  );
});

test('nothing that a commit, a person, a forge or an alert wrote is markup', () => {
  const wicked = JSON.parse(
    JSON.stringify(measured(4)).replaceAll(
      /"(?:Dora|counter|dev|1\.0\.4|payments-4[^"]*|env\/production|ErrorBudgetBurnsFast|ticket|Containers[^"]*)"/g,
      JSON.stringify(hostile),
    ),
  ) as Facts;
  assert.doesNotMatch(layout({ title: hostile, main: pathPage(wicked, viewing) }).text, active);
  const request: RequestFacts = {
    iid: 1,
    title: hostile,
    state: 'opened',
    source: hostile,
    target: hostile,
    sha: hostile,
    body: `${hostile}\n\n<details>\n<summary>${hostile}</summary>\n\n[x](javascript:alert(4))\n\n</details>\n\n| a |\n|---|\n| ${hostile} |`,
    isDraft: false,
    refuses: undefined,
    environment: wicked.environments[0],
    files: [{ path: hostile, lines: [`+${hostile}`] }],
    more: 1,
  };
  assert.doesNotMatch(requestPage(request, viewing).text, active);
});

test('a request is read as Markdown, its folds are folds, and one that does not close is text', () => {
  const folded = rendered(
    '<!-- slipway: promotion -->\nA\n\n<details>\n<summary>2 changes</summary>\n\n- one\n\n</details>\n\n| a | b |\n|---|---|\n| 1 | 2 |\n<!-- /slipway -->',
  ).text;
  assert.match(
    folded,
    /<details id="fold-0"><summary>2 changes<\/summary>\s*<ul>\s*<li>one<\/li>\s*<\/ul>\s*<\/details>/,
  );
  assert.match(folded, /<td>2<\/td>/);
  assert.doesNotMatch(folded, /slipway:/);
  assert.doesNotMatch(rendered('<details>\n<summary>open</summary>\n\ntext').text, /<details/);
});

test('a request that cannot be merged says why, and has no button', () => {
  const request: RequestFacts = {
    ...{ iid: 1, title: 'x', state: 'opened', source: 'env/staging-next', target: 'env/staging', sha: 'a', body: 'b' },
    ...{ isDraft: false, refuses: undefined, environment: undefined, files: [], more: 0 },
  };
  const button = /<button class="main">Merge onto env\/staging<\/button>/;
  assert.match(requestPage(request, viewing).text, button);
  for (const [with_, says] of [
    [{ isDraft: true }, /It is a draft/],
    [{ refuses: 'env/staging has moved' }, /env\/staging has moved/],
    [{ state: 'merged' }, /Merged: env\/staging takes it now/],
    [{ state: 'closed' }, /Closed/],
  ] as const) {
    const { text } = requestPage({ ...request, ...with_ }, viewing);
    assert.match(text, says);
    assert.doesNotMatch(text, button);
  }
});

/** What a reader of the screen could not tell apart, or read, of the pictures: asked of the page itself. */
const unclear = `(() => {
  const found = [];
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) found.push('twice: ' + id);
  for (const svg of document.querySelectorAll('svg')) {
    const named = (svg.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent);
    if (svg.getAttribute('role') !== 'img' || named.some((text) => !text)) found.push('no name: ' + svg.outerHTML);
    const { width, height } = svg.getBoundingClientRect();
    if (width < 60 || height < 4) found.push('too small: ' + width + ' x ' + height);
  }
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  const luminance = (rgb) => { const [r, g, b] = light(rgb); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const numbers = (text) => text.match(/[\\d.]+/g).map(Number);
  const behind = (one) => { for (let at = one; at; at = at.parentElement) { const c = numbers(getComputedStyle(at).backgroundColor); if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  for (const one of document.querySelectorAll('.signal .what, .signal strong, .alert strong, .alert .small, .alert .badge, .alert a')) {
    const [a, b] = [luminance(numbers(getComputedStyle(one).color)), luminance(behind(one))].sort((x, y) => y - x);
    if ((a + 0.05) / (b + 0.05) < 4.5) found.push('contrast ' + ((a + 0.05) / (b + 0.05)).toFixed(2) + ': ' + one.outerHTML);
  }
  return found;
})()`;

test('the board scrolls down only, and three environments of eight apps fit on a laptop', async (t) => {
  const chromium = await browser(t);
  if (!chromium) return;
  const style = readFileSync(join(import.meta.dirname, 'board.css'), 'utf8');
  for (const [width, height] of [
    [360, 780],
    [1024, 768],
    [1440, 900],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await chromium.newPage({ viewport: { width, height }, colorScheme });
      for (const [count, shown] of [
        [8, facts],
        [60, facts],
        [8, measured],
      ] as const) {
        await page.setContent(layout({ title: 'x', main: pathPage(shown(count), viewing) }).text);
        await page.addStyleTag({ content: style });
        const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        const end = await page.evaluate<number>("document.querySelector('.path').getBoundingClientRect().bottom");
        assert.ok(beyond <= 0, `${count} apps at ${width} px scroll sideways by ${beyond} px`);
        if (width === 1440 && shown === facts) assert.ok(end <= height, `${count} apps end at ${end} px`);
        if (shown === measured) assert.deepEqual(await page.evaluate<string[]>(unclear), []);
      }
      await page.close();
    }
  }
});
