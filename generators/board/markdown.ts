import MarkdownIt from 'markdown-it';
import { Html, html } from './html.ts';

// No HTML of anybody's, and no link that runs something: both are the library's defaults, said here for the reader.
const markdown = new MarkdownIt('default', { html: false, linkify: false });

/** What our own texts fold away; a line of its own each. */
const folds = /^<details>\n<summary>([^<>\n]*)<\/summary>$|^<\/details>$/gm;

/**
 * The text of a request as HTML. Of HTML in it the folds of our own texts are taken, where they open and close in turn;
 * all else is shown as text.
 */
export function rendered(text: string): Html {
  const clean = text.replaceAll('\r\n', '\n').replace(/^<!-- \/?slipway.*-->$/gm, '');
  const found = [...clean.matchAll(folds)];
  const isFolded =
    found.length % 2 === 0 && found.every(([, summary], at) => (summary !== undefined) === (at % 2 === 0));
  if (!isFolded) return new Html(markdown.render(clean));
  const pieces: Html[] = [];
  let from = 0;
  for (const [at, match] of found.entries()) {
    pieces.push(new Html(markdown.render(clean.slice(from, match.index))));
    const [whole, summary] = match;
    pieces.push(
      summary === undefined
        ? new Html('</details>')
        : html`${new Html(`<details id="fold-${at}">`)}<summary>${summary}</summary>`,
    );
    from = match.index + whole.length;
  }
  pieces.push(new Html(markdown.render(clean.slice(from))));
  return html`${pieces}`;
}
