import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { html } from './html.ts';
import { inWords, type PageProps, pageOf } from './page.ts';

const fact = { id: 7, fact: 'Moose swim.', source: 'https://moose.example/swim', sourceName: 'The Moose' };

const props: PageProps = {
  greeting: 'Holla!',
  hits: 1_284,
  counted: true,
  fact,
  identity: { version: '1.2.3', commit: '0123abcdef0123abcdef', environment: 'staging' },
  uptimeS: 3_700,
  assetUrl: (name) => `/assets/${name}`,
};

/** The text a reader would see. */
const readable = (page: string) => page.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ');

test('text is escaped wherever it stands, and only a template is not', () => {
  assert.equal(html`<a title="${'"\'`'}">${'<b>&'}</a>`.text, '<a title="&#34;&#39;&#96;">&#60;b&#62;&#38;</a>');
  assert.equal(html`${html`<i>${0}</i>`}${undefined}${false}`.text, '<i>0</i>');
});

test('a visit is greeted with its number, a fact with its source, and who answered', () => {
  const page = pageOf(props);
  assert.match(page, /^<!doctype html>\n<html lang="en">/);
  for (const told of [
    'Holla! we have hit 1,284 times',
    'You are number 1,284. Welcome!',
    'Moose swim.',
    'Source: The Moose',
    'Version1.2.3',
    'Environmentstaging',
    'Commit0123abcdef01',
    'Running for1 hour 1 minute',
  ]) {
    assert(readable(page).includes(told), `${told} is not in: ${readable(page)}`);
  }
  assert(page.includes('<a id="source" href="https://moose.example/swim">'));
  for (const path of ['/docs', '/metrics', '/version']) assert(page.includes(`<a href="${path}">`));
});

test('a view that counts nothing says so, and leads to the one that does', () => {
  const page = pageOf({ ...props, counted: false });
  assert.match(readable(page), /we have hit 1,284 times Looking at this page counts nothing\. Be counted/);
  assert(page.includes('<a href="/">Be counted</a>'));
  assert(!page.includes('You are number'));
});

test('without Redis the page is whole, with no number', () => {
  const page = pageOf({ ...props, hits: undefined, counted: false });
  assert.match(readable(page), /Reload the page in a moment to be counted\. cannot be counted just now/);
  assert(readable(page).includes('Moose swim.'));
  assert(!/undefined|NaN|1,284/.test(page));
});

test('the first hit and the zeroth are numbers too', () => {
  assert.match(readable(pageOf({ ...props, hits: 0, counted: false })), /we have hit 0 times/);
  assert.match(readable(pageOf({ ...props, hits: 1 })), /we have hit 1 times You are number 1\./);
});

test('nothing that a fact, a version or an environment says is markup', () => {
  const hostile = `<img src=x onerror=alert(1)> "><script>alert(2)</script> ' onfocus='alert(3)`;
  const page = pageOf({
    ...props,
    fact: { ...fact, fact: hostile, source: `https://x.example/${hostile}`, sourceName: hostile },
    identity: { version: hostile, commit: hostile, environment: hostile },
  });
  const markup = (of: string) => of.replace(/"[^"]*"/g, '""').replace(/>[^<]*/g, '>');
  assert.equal(markup(page), markup(pageOf(props)));
});

test('the policy of the page allows no inline style and no inline script, and there is none', () => {
  const page = pageOf(props);
  assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:/);
  assert.deepEqual(
    [...page.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="([^"]*)"/g)].map(([, url]) => url),
    ['/assets/icon.svg', '/assets/style.css', '/assets/page.js', '/assets/icon.svg'],
  );
});

test('a duration is told in its two greatest units', () => {
  const told: [number, string][] = [
    [0, '0 seconds'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, '1 minute'],
    [61, '1 minute 1 second'],
    [3_599, '59 minutes 59 seconds'],
    [3_600, '1 hour'],
    [7_322, '2 hours 2 minutes'],
    [86_400, '1 day'],
    [200_000, '2 days 7 hours'],
  ];
  for (const [seconds, words] of told) assert.equal(inWords(seconds), words);
});

// https://www.w3.org/TR/WCAG22/#contrast-minimum, with the luminance as defined there.
test('every text stands out from its ground as WCAG AA asks, in light and in dark', () => {
  const luminance = (hex: string) => {
    const full = hex.length === 4 ? hex.replace(/[0-9a-f]/g, '$&$&') : hex;
    const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
      const share = Number.parseInt(full.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const style = readFileSync(join(import.meta.dirname, 'style.css'), 'utf8');
  const schemes = [...style.matchAll(/:root \{([^}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/--(\w+): (#[0-9a-f]+);/g)].map(([, name, hex]) => [name, hex])),
  );
  assert.equal(schemes.length, 2);
  for (const scheme of schemes) {
    for (const [text, ground] of [
      ['text', 'ground'],
      ['quiet', 'ground'],
      ['accent', 'ground'],
      ['text', 'card'],
      ['quiet', 'card'],
      ['accent', 'card'],
    ] as const) {
      const [dark = 0, light = 0] = [luminance(scheme[text]), luminance(scheme[ground])].sort((a, b) => a - b);
      const contrast = (light + 0.05) / (dark + 0.05);
      assert(contrast >= 4.5, `${text} on ${ground} has a contrast of ${contrast}.`);
    }
  }
});
