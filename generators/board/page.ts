import { duration } from '../model/words.ts';
import { type Html, html, type Value } from './html.ts';

/** A page of the board. */
export interface Page {
  readonly title: string;
  readonly main: Value;
  /** What was just done, or why it was refused; undefined for nothing. */
  readonly said?: Said | undefined;
  /** How visitors fare, in a few words. */
  readonly traffic?: string | undefined;
}

export interface Said {
  readonly is: 'done' | 'refused';
  readonly text: string;
}

/** A whole page. It reads and works without JavaScript; with it, it follows what changes. */
export const layout = ({ title, main, said, traffic }: Page): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Slipway</title>
<link rel="icon" href="/board/icon.svg">
<link rel="stylesheet" href="/board/board.css">
<script src="/board/board.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header><a class="brand" href="/"><img src="/board/icon.svg" alt="" width="24" height="24">Slipway</a><span class="world">the local world</span><nav aria-label="Pages"><a href="/delivery">How we deliver</a></nav><span class="traffic" id="traffic">${traffic}</span></header>
<div id="said" role="status">${said && html`<p class="said ${said.is}">${said.text}</p>`}</div>
<main id="main" tabindex="-1">${main}</main>
</body>
</html>
`;

/** A moment, as people read it; the page itself goes on counting. @param now milliseconds since 1970 */
export const ago = (time: number | undefined, now: number): Value =>
  time !== undefined && html`<time datetime="${new Date(time).toISOString()}">${duration(now - time)} ago</time>`;

/** A form that does one thing. @param fields what it sends along */
export const form = (
  action: string,
  token: string,
  fields: Readonly<Record<string, string>>,
  content: Value,
): Html => html`<form method="post" action="/board/${action}">
<input type="hidden" name="token" value="${token}">${Object.entries(fields).map(
  ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
)}${content}</form>`;

/** One that may not be pressed by accident: it opens to what it asks. @param key tells it from others on the page */
export const asking = (key: string, label: string, content: Value): Html =>
  html`<details class="asking" id="${key}"><summary class="button">${label}</summary>${content}</details>`;
