import type { Dora, Figures, Spread } from '../model/dora.ts';
import { day, duration, minute } from '../model/words.ts';
import { barChart } from './bars.ts';
import type { DeliveryFacts } from './facts.ts';
import { type Html, html, type Value } from './html.ts';

/** How often, how fast and how well the ends of the path are delivered to: figures, two charts of each, and what is counted. */
export const deliveryPage = ({ ends, terms, buckets }: DeliveryFacts): Html => html`
<p class="back"><a href="/">← What runs where</a></p>
<h1>How we deliver</h1>
${ends.length === 0 ? html`<p class="empty">Nothing is published yet.</p>` : ends.map((end) => section(end, buckets))}
<section aria-labelledby="terms"><h2 id="terms">What is counted</h2>
<dl class="terms">${terms.map(([name, says]) => html`<dt>${name}</dt><dd>${says}</dd>`)}</dl>
<p class="small">The figures are those of <a href="https://dora.dev/guides/dora-metrics/">DORA</a>, read from the branches alone: <code>npx slipway dora</code> prints them.</p></section>`;

function section(end: Dora, buckets: readonly string[]): Html {
  const { environment, from, until, all, apps } = end;
  const title = html`<h2 id="delivery-${environment}">${environment}</h2>`;
  if (all.deployments === 0)
    return html`<section aria-labelledby="delivery-${environment}">${title}<p class="empty">No deployment.</p></section>`;
  return html`<section aria-labelledby="delivery-${environment}">${title}
<p class="small">${duration(until - from)}, since ${moment(from)}</p>
<dl class="figures">${figures(all, duration(end.window))}</dl>
<div class="charts">${deployments(end)}${leadTimes(environment, all, buckets)}</div>
${apps.length > 1 && byApp(end)}</section>`;
}

function figures(all: Figures, window: string): Value {
  const { deployments: count, days, between, lead, failed, failRate, young, recovery, open, rework, reworkRate } = all;
  const tile = (name: string, value: Value, ...more: readonly Value[]) =>
    html`<div><dt>${name}</dt><dd><strong class="value">${value}</strong>${more.map((text) => text && html`<span class="small">${text}</span>`)}</dd></div>`;
  return [
    tile('Deployments', count, `on ${plural(days, 'day')}`, between !== undefined && `one every ${duration(between)}`),
    tile('Lead time', middle(lead), range(lead), `of ${plural(lead.count, 'commit')}`),
    tile(
      'Failed',
      share(failRate),
      `${failed} of ${count}`,
      young > 0 && `${young} younger than ${window} may still fail`,
    ),
    tile('Recovery', middle(recovery), range(recovery), open > 0 && `${open} not over`),
    tile('Rework', share(reworkRate), `${rework} of ${count}`),
  ];
}

function deployments({ environment, bars, all }: Dora): Html {
  const [first, last] = [bars[0], bars.at(-1)];
  const length = (last?.until ?? 0) - (last?.from ?? 0);
  const each = duration(length);
  const start = (time: number) => (length < 86_400_000 ? moment(time) : day(time));
  const counts = bars.map(({ deployments: count, failed }) => `${count}${failed > 0 ? ` (${failed} failed)` : ''}`);
  const says = `From the oldest to the newest: ${counts.join(', ')}.`;
  const title = `Deployments to ${environment} in stretches of ${each}`;
  const drawn = bars.map((bar) => ({ well: bar.deployments - bar.failed, badly: bar.failed }));
  const rows = bars.map((bar) => [start(bar.from), bar.deployments, bar.failed]);
  return html`<figure class="chart"><figcaption>Deployments, a bar for each ${each}${all.failed > 0 && '; what hangs from the line failed'}</figcaption>${barChart(
    { id: `deployments-${environment}`, title, says, bars: drawn },
  )}<p class="axis even small" aria-hidden="true">${bars.map(({ deployments: count, failed }) => html`<span>${count}${failed > 0 && html`<br>−${failed}`}</span>`)}</p><p class="axis small"><span>${start(first?.from ?? 0)}</span><span>${start(last?.until ?? 0)}</span></p>${asTable(
    `deployments-${environment}`,
    ['From', 'Deployments', 'Failed'],
    rows,
  )}</figure>`;
}

function leadTimes(environment: string, { histogram }: Figures, buckets: readonly string[]): Html {
  const named = buckets.map((name, at) => [name, histogram[at] ?? 0] as const);
  const says = `${named.map(([name, count]) => `${name}: ${count}`).join(', ')}.`;
  const title = `Commits by their lead time to ${environment}`;
  const drawn = histogram.map((well) => ({ well }));
  return html`<figure class="chart"><figcaption>Commits by their lead time</figcaption>${barChart({
    id: `leads-${environment}`,
    title,
    says,
    bars: drawn,
  })}<p class="axis even small">${named.map(([name, count]) => html`<span>${name}<br>${count}</span>`)}</p>${asTable(
    `leads-${environment}`,
    ['Lead time', 'Commits'],
    named,
  )}</figure>`;
}

function byApp({ environment, apps }: Dora): Html {
  const heads = ['App', 'Deployments', 'Lead time', 'Failed', 'Recovery', 'Rework'];
  const rows = apps.map(({ app, deployments: count, lead, failed, recovery, rework }) => [
    app,
    count,
    middle(lead),
    failed,
    middle(recovery),
    rework,
  ]);
  return html`<h3>By app</h3><div class="wide" role="region" aria-label="Deliveries to ${environment} by app" tabindex="0">${table(heads, rows)}</div>`;
}

/** The same for whoever does not see a chart, or wants the numbers. */
const asTable = (id: string, heads: readonly string[], rows: readonly (readonly (string | number)[])[]): Html =>
  html`<details id="${id}"><summary>As a table</summary>${table(heads, rows)}</details>`;

const table = (heads: readonly string[], rows: readonly (readonly (string | number)[])[]): Html =>
  html`<table class="counts"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map(
    ([head, ...cells]) => html`<tr><th scope="row">${head}</th>${cells.map((cell) => html`<td>${cell}</td>`)}</tr>`,
  )}</tbody></table>`;

const middle = ({ p50 }: Spread): string => (p50 === undefined ? '–' : duration(p50));
const range = ({ count, p75 = 0, p95 = 0 }: Spread): Value => count > 1 && `p75 ${duration(p75)}, p95 ${duration(p95)}`;
const share = (part: number | undefined): string => (part === undefined ? '–' : `${Math.round(part * 100)} %`);
const plural = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;

/** `2026-11-22 03:02 UTC` */
const moment = (time: number): string => `${minute(time)} UTC`;
