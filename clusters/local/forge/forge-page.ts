import type { Shown } from './merge-requests.ts';

export interface Page {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** The forge for people: the list of merge requests, and one of them. Reading only. */
export function forgePage(method: string, path: readonly string[], requests: readonly Shown[]): Page {
  if (method !== 'GET') return plain(405, 'Merge with the API, or run npm run demo.\n');
  const one = path[3] === 'merge_requests' ? requests.find(({ iid }) => iid === Number(path[4])) : undefined;
  if (path.length > 0 && !one) return plain(404, 'There is no such page.\n');
  return { status: 200, type: 'text/html; charset=utf-8', body: layout(one ? requestPage(one) : listPage(requests)) };
}

const plain = (status: number, body: string): Page => ({ status, type: 'text/plain; charset=utf-8', body });

function listPage(requests: readonly Shown[]): string {
  const row = ({ web_url, iid, title, state, source_branch, target_branch }: Shown) =>
    `<li><a href="${html(new URL(web_url).pathname)}">!${iid} ${html(title)}</a> (${state}, ${html(source_branch)} → ${html(target_branch)})</li>`;
  return `<h1>Merge requests</h1><ul>${requests.map(row).join('') || '<li>None yet.</li>'}</ul>`;
}

function requestPage({ iid, title, state, source_branch, target_branch, description }: Shown): string {
  const about = `<p>${state}: ${html(source_branch)} → ${html(target_branch)}</p>`;
  return `<p><a href="/">All merge requests</a></p><h1>!${iid} ${html(title)}</h1>${about}<pre>${html(description)}</pre>`;
}

const layout = (main: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Slipway's local forge</title><style>${style}</style><main>${main}</main></html>`;

const style =
  ':root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;margin:0}main{max-width:60rem;margin:0 auto;padding:1rem}pre{white-space:pre-wrap;overflow-wrap:anywhere}';

/** Text as HTML: what people and commits write is shown, never run. */
const html = (value: string) => value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
