import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { barriers } from './axe.fixture.ts';
import { browser } from './browser.fixture.ts';
import { delivery } from './delivery.fixture.ts';
import { deliveryPage } from './delivery-page.ts';
import { differencePage } from './difference-page.ts';
import { measured, now } from './facts.fixture.ts';
import type { RequestFacts } from './facts.ts';
import { layout } from './page.ts';
import { pathPage } from './path-page.ts';
import { requestPage } from './request-page.ts';

const viewing = { now, token: 'a-token' };
const facts = measured(8);
const request: RequestFacts = {
  ...{ iid: 7, title: 'Promote to production: checkout 1.1.4', state: 'opened', sha: 'a'.repeat(40) },
  ...{ source: 'env/production-next', target: 'env/production', isDraft: false, refuses: undefined },
  environment: facts.environments[2],
  body: '### What changes\n\n| app | from | to |\n|---|---|---|\n| checkout | 1.1.2 | 1.1.4 |\n\n<details>\n<summary>2 objects</summary>\n\n- `Deployment/checkout`\n\n</details>',
  files: [{ path: 'checkout/deployment-checkout.yaml', lines: ['@@ -1 +1 @@', '-image: a', '+image: b', ' same'] }],
  more: 1,
};
const pages = {
  path: layout({
    title: 'What runs where',
    main: pathPage(facts, viewing),
    said: { is: 'done', text: '!7 is merged.' },
  }),
  request: layout({ title: '!7', main: requestPage(request, viewing), said: { is: 'refused', text: 'It has moved.' } }),
  delivery: layout({ title: 'How we deliver', main: deliveryPage(delivery) }),
  difference: differencePage('slipway diff', [
    '+ Deployment/counter',
    '  - spec.replicas',
    '! look',
    '~ changed',
    'text',
  ]),
};

test('nothing on a page keeps anybody from reading or using it, and none scrolls sideways', async (t) => {
  const chromium = await browser(t);
  if (!chromium) return;
  const style = readFileSync(join(import.meta.dirname, 'board.css'), 'utf8');
  const found: string[] = [];
  for (const [width, colorScheme] of [
    [360, 'light'],
    [1440, 'dark'],
  ] as const) {
    const page = await chromium.newPage({ viewport: { width, height: 900 }, colorScheme });
    for (const [name, { text }] of Object.entries(pages)) {
      await page.setContent(text);
      if (name !== 'difference') await page.addStyleTag({ content: style });
      // What is folded away is read as well.
      await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
      const { SLIPWAY_PICTURES: folder } = process.env;
      if (folder) await page.screenshot({ path: join(folder, `${name}-${width}.png`), fullPage: true });
      found.push(...(await barriers(page)).map((barrier) => `${name} at ${width} px: ${barrier}`));
      const beyond = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
      if (beyond > 0) found.push(`${name} at ${width} px scrolls sideways by ${beyond} px`);
    }
    await page.close();
  }
  assert.deepEqual(found, []);
});
