import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { browser } from './browser.fixture.ts';
import { facts, now } from './facts.fixture.ts';
import type { Facts, RequestFacts } from './facts.ts';
import { html } from './html.ts';
import { rendered } from './markdown.ts';
import { duration, layout } from './page.ts';
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

test('nothing that a commit, a person or a forge wrote is markup', () => {
  const wicked = JSON.parse(
    JSON.stringify(facts(4)).replaceAll(
      /"(?:Dora|counter|dev|1\.0\.4|payments-4[^"]*|env\/production)"/g,
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

test('a duration is told in its largest whole unit', () => {
  const second = 1000;
  for (const [milliseconds, said] of [
    [-5, '0 s'],
    [119 * second, '119 s'],
    [120 * second, '2 min'],
    [7200 * second, '2 h'],
    [172_800 * second, '2 d'],
  ] as const)
    assert.equal(duration(milliseconds), said);
});

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
      for (const count of [8, 60]) {
        await page.setContent(layout({ title: 'x', main: pathPage(facts(count), viewing) }).text);
        await page.addStyleTag({ content: style });
        const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
        const end = await page.evaluate<number>("document.querySelector('.path').getBoundingClientRect().bottom");
        assert.ok(beyond <= 0, `${count} apps at ${width} px scroll sideways by ${beyond} px`);
        if (width === 1440) assert.ok(end <= height, `${count} apps end at ${end} px`);
      }
      await page.close();
    }
  }
});
