import { type Html, html } from './html.ts';

/** What the first sign of a line means, as a class of the page. */
const signs = { '+': 'added', '-': 'removed', '~': 'changed', '!': 'look' } as const;

/** The lines of a difference as a page that stands alone: it is opened from a merge request, far from any style sheet. */
export const differencePage = (title: string, lines: readonly string[]): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { background: light-dark(#ffffff, #0d1117); }
pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
.added { color: light-dark(#116329, #3fb950); }
.removed { color: light-dark(#a40e26, #ff7b72); }
.changed { color: light-dark(#7a4e00, #e3b341); }
.look { color: light-dark(#a40e26, #ff7b72); font-weight: bold; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
<pre>
${lines.map((line) => {
  const sign = signs[line.trimStart()[0] as keyof typeof signs];
  const isHeading = sign !== undefined && line.trimStart()[1] === ' ';
  return html`${isHeading ? html`<span class="${sign}">${line}</span>` : line}\n`;
})}</pre>
</main>
</body>
</html>
`;
