import type { Identity } from '../config.ts';
import type { Fact } from '../facts/facts.ts';
import { type Html, html } from './html.ts';

export type PageProps = {
  /** What is said to whoever comes. */
  greeting: string;
  /** The number of hits; undefined when it cannot be known now. */
  hits: number | undefined;
  /** Whether this very view was a hit. */
  counted: boolean;
  /** Its source has been checked to be an https URL. */
  fact: Fact;
  identity: Identity;
  /** Whole seconds since the process started. */
  uptimeS: number;
  /** The address of a static file, by its name. */
  assetUrl: (name: string) => string;
};

const DESCRIPTION = 'Every visit is counted, and every visitor learns something about moose.';

const UNITS = Object.entries({ day: 86_400, hour: 3_600, minute: 60, second: 1 });

/** Whole seconds in their two greatest units: 3700 is “1 hour 1 minute”. The page's script counts on in these words. */
export function inWords(seconds: number): string {
  const words: string[] = [];
  let rest = seconds;
  for (const [unit, length] of UNITS) {
    const count = Math.floor(rest / length);
    rest -= count * length;
    if (count > 0) words.push(`${count} ${unit}${count === 1 ? '' : 's'}`);
  }
  return words.slice(0, 2).join(' ') || '0 seconds';
}

const digits = (hits: number | undefined) => hits?.toLocaleString('en') ?? '…';

function note({ hits, counted }: PageProps): Html {
  if (hits === undefined) return html`Reload the page in a moment to be counted.`;
  if (counted) return html`You are number ${digits(hits)}. Welcome!`;
  return html`Looking at this page counts nothing. <a href="/">Be counted</a>`;
}

const greeting = (props: PageProps) => html`<section class="greeting">
<img src="${props.assetUrl('icon.svg')}" alt="" width="56" height="56">
<h1>${props.greeting} we have hit <data id="hits" value="${props.hits}">${digits(props.hits)}</data> times</h1>
<p>${note(props)}</p>
<p id="live" class="live" role="status">${props.hits === undefined && 'cannot be counted just now'}</p>
</section>`;

// A form, so that the next fact comes without a script too; it leads to an address that counts nothing.
const about = ({ fact }: PageProps) => html`<section class="fact" aria-labelledby="about">
<h2 id="about">Did you know?</h2>
<figure>
<blockquote id="fact" aria-live="polite">${fact.fact}</blockquote>
<figcaption>Source: <a id="source" href="${fact.source}">${fact.sourceName}</a></figcaption>
</figure>
<form id="next" method="get" action="/facts/next">
<input type="hidden" name="after" value="${fact.id}">
<button>Another fact</button>
</form>
</section>`;

const footer = ({ identity, uptimeS }: PageProps) => html`<footer>
<dl>
<div><dt>Version</dt><dd>${identity.version}</dd></div>
<div><dt>Environment</dt><dd>${identity.environment}</dd></div>
<div><dt>Commit</dt><dd title="${identity.commit}">${identity.commit.slice(0, 12)}</dd></div>
<div><dt>Running for</dt><dd><time id="uptime" datetime="PT${uptimeS}S">${inWords(uptimeS)}</time></dd></div>
</dl>
<nav aria-label="For programs"><a href="/docs">API</a> <a href="/metrics">Metrics</a> <a href="/version">Version</a></nav>
</footer>`;

/** The whole document. It needs no script; with one, the number is live and the next fact comes in place. */
export function pageOf(props: PageProps): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${props.greeting} The counter</title>
<meta name="description" content="${DESCRIPTION}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" type="image/svg+xml" href="${props.assetUrl('icon.svg')}">
<link rel="stylesheet" href="${props.assetUrl('style.css')}">
<script type="module" src="${props.assetUrl('page.js')}"></script>
</head>
<body>
<main>
${greeting(props)}
${about(props)}
</main>
${footer(props)}
</body>
</html>
`.text;
}
