import type { Environment, FileDifference, RequestFacts } from './facts.ts';
import { type Html, html, type Value } from './html.ts';
import { rendered } from './markdown.ts';
import { form } from './page.ts';
import { card, type Viewing } from './path-page.ts';

/** One request, for whoever must press Merge: what it does and risks first, the manifests last. */
export function requestPage(facts: RequestFacts, viewing: Viewing): Html {
  const { iid, title, state, source, target, body, environment, files, more } = facts;
  return html`
<p class="back"><a href="/">← What runs where</a></p>
<h1>${title}</h1>
<p class="small"><span class="badge ${state}">${state}</span> !${iid}: <code>${source}</code> onto <code>${target}</code></p>
<div class="request"><article class="body" aria-label="What it says">${rendered(body)}</article>
<aside>${merging(facts, viewing)}${environment && html`<h2 class="now">${environment.name} now</h2>${card(environment, viewing)}${waiting(environment)}`}</aside></div>
${files.length > 0 && html`<section aria-labelledby="raw"><h2 id="raw">The manifests, file by file</h2>${files.map(difference)}${more > 0 && html`<p class="small">${more} more files: <code>git diff ${target}...${source}</code></p>`}</section>`}`;
}

/** Merge, or why not. */
function merging({ iid, state, sha, isDraft, refuses, target }: RequestFacts, { token }: Viewing): Value {
  if (state === 'merged') return html`<p class="said done">Merged: ${target} takes it now.</p>`;
  if (state === 'closed') return html`<p class="said">Closed.</p>`;
  const why = isDraft ? 'It is a draft: whoever made it one wants it to wait.' : refuses;
  if (why) return html`<p class="said refused">${why}</p>`;
  return form('merge', token, { iid: String(iid), sha }, html`<button class="main">Merge onto ${target}</button>`);
}

/** What the gates say by now of what the request leaves out. */
const waiting = ({ waits }: Environment): Value =>
  waits.length > 0 &&
  html`<h2 class="now">Not in it</h2><ul class="list small">${waits.map((text) => html`<li>${text}</li>`)}</ul>`;

const difference = ({ path, lines }: FileDifference): Html =>
  html`<details class="file" id="file-${path}"><summary><code>${path}</code> ${counts(lines)}</summary><pre>${lines.map(
    (line) => html`<span class="${kindOf(line)}">${line}\n</span>`,
  )}</pre></details>`;

const kinds: Readonly<Record<string, string>> = { '+': 'added', '-': 'removed', '@': 'hunk' };
const kindOf = (line: string): string => kinds[line.charAt(0)] ?? 'same';

function counts(lines: readonly string[]): Value {
  const count = (kind: string) => lines.filter((line) => kindOf(line) === kind).length;
  return html`<span class="small">+${count('added')} −${count('removed')}</span>`;
}
