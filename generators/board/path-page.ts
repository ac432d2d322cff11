import type { AppFacts, Environment, Facts, Happening, PodFacts } from './facts.ts';
import { type Html, html, type Value } from './html.ts';
import { ago, asking, form } from './page.ts';
import { alertsOf, signalsOf } from './signals-view.ts';

/** What a page needs beside the facts. */
export interface Viewing {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Goes along with everything that changes something. */
  readonly token: string;
}

/** So many apps of a card that need nobody are shown; of more, one line tells. */
const quiet = 12;

/** The whole path: environments from left to right, what waits between them, and what happened. */
export const pathPage = ({ environments, events, unmeasured }: Facts, viewing: Viewing): Html => html`
<h1>What runs where</h1>
${unmeasured && html`<p class="note">Nothing is measured now: ${unmeasured}</p>`}
${
  environments.length === 0
    ? html`<p class="empty">Nothing is published yet: <code>npx slipway publish --remote local $(npx slipway local build)</code></p>`
    : html`<div class="path">${environments.map((one, at) => [between(one, environments[at - 1]?.name, viewing), card(one, viewing)])}</div>`
}
<section aria-labelledby="requests"><h2 id="requests">Open requests</h2>${requests(environments)}</section>
<section aria-labelledby="timeline"><h2 id="timeline">What happened</h2>${timeline(events, viewing)}</section>`;

/** What waits on the way into an environment. @param beside the environment that is shown before it */
function between(
  { name, after, requests: open, offers, waits }: Environment,
  beside: string | undefined,
  { token }: Viewing,
): Value {
  if (after === undefined) return undefined;
  const lines: Value[] = [
    after !== beside && html`<li class="small">from ${after}</li>`,
    open.map(({ iid, title }) => html`<li class="open"><a href="${linkOf(iid)}">!${iid} ${title}</a></li>`),
    open.length === 0 &&
      offers.length > 0 &&
      html`<li>${offers.length === 1 ? offers[0] : `${offers.length} apps may go on`} ${form(
        'promote',
        token,
        { environment: name },
        html`<button>Open the request to ${name}</button>`,
      )}</li>`,
    waits.map((text) => html`<li class="waits">${text}</li>`),
  ];
  const isIdle = open.length + offers.length + waits.length === 0;
  return html`<div class="between"><span class="arrow" aria-hidden="true"></span><ul aria-label="On the way from ${after} to ${name}">${
    isIdle ? [lines[0], html`<li class="idle">nothing waits</li>`] : lines
  }</ul></div>`;
}

/** One environment. Whatever needs somebody stands first. */
export function card(environment: Environment, viewing: Viewing): Html {
  const { name, tip, apps, after } = environment;
  const needy = apps.filter((app) => !isQuiet(app));
  const others = apps.filter(isQuiet);
  const isLong = others.length > quiet;
  const rows = (list: readonly AppFacts[]) =>
    html`<ul class="apps">${list.map((app) => appRow(app, environment, viewing))}</ul>`;
  return html`<section class="card" aria-labelledby="env-${name}">
<div class="head"><h2 id="env-${name}">${name}</h2>${tip && html`<code title="the tip of env/${name}">${tip.slice(0, 8)}</code>`}<span class="sum">${summary(apps)}</span></div>
${alertsOf(environment, viewing.now)}${apps.length === 0 ? html`<p class="empty">nothing runs here yet</p>` : isLong ? [needy.length > 0 && rows(needy), html`<details class="rest" id="rest-${name}"><summary>${others.length} apps are healthy${after ? ` and as ${after} has them` : ''}</summary>${rows(others)}</details>`] : rows([...needy, ...others])}
</section>`;
}

const isQuiet = ({ health, is, behind }: AppFacts) => health === 'Healthy' && is === 'equal' && behind === 0;

function summary(apps: readonly AppFacts[]): string {
  const well = apps.filter(({ health }) => health === 'Healthy').length;
  const held = apps.filter(({ is }) => is === 'held').length;
  return `${well} of ${apps.length} healthy${held > 0 ? `, ${held} held` : ''}`;
}

function appRow(app: AppFacts, { name: environment, after }: Environment, viewing: Viewing): Html {
  const { name, version, commit, since, note, url, heldBy, pods, is } = app;
  if (is === 'absent')
    return html`<li class="app absent"><div class="line"><span>${name}</span> <span class="small">not here yet</span></div></li>`;
  const title = url ? html`<a href="${url}">${name}</a>` : name;
  return html`<li class="app ${is}"><div class="line"><strong>${title}</strong> <span class="version">${version}</span>${commit && html` <code>${commit.slice(0, 8)}</code>`} ${health(app.health)}</div>
<div class="line small">${ago(since, viewing.now)}${distance(app, after)}${podsOf(pods)}${actions(app, environment, viewing)}</div>
${heldBy && html`<p class="held">Held by ${heldBy.author} ${ago(heldBy.since, viewing.now)}: “${heldBy.words}”</p>`}
${note && is !== 'held' && html`<p class="note">${note}</p>`}${signalsOf(app, environment)}</li>`;
}

function actions({ name, is, canGoBack }: AppFacts, environment: string, { token }: Viewing): Value {
  if (!canGoBack && is !== 'held') return undefined;
  const fields = { environment, app: name };
  const key = `${environment}-${name}`;
  return html`<div class="actions">${
    canGoBack &&
    asking(
      `revert-${key}`,
      'Revert',
      form(
        'revert',
        token,
        fields,
        html`<label for="why-${key}">Why? Whoever meets the hold reads it.</label><input id="why-${key}" name="reason" required maxlength="300" autocomplete="off"><button class="risky">Put back what stood in ${environment} before</button>`,
      ),
    )
  }${is === 'held' && form('release', token, fields, html`<button>Release</button>`)}</div>`;
}

function distance({ behind, is }: AppFacts, after: string | undefined): Value {
  if (is === 'held') return html`<span class="badge held">held</span>`;
  if (is === 'edited') return html`<span class="badge edited">edited by hand</span>`;
  if (is === 'newer') return html`<span class="badge">ahead of ${after ?? 'what is published'}</span>`;
  if (behind === 0) return undefined;
  return html`<span class="badge behind">${behind} behind ${after ?? 'what is published'}</span>`;
}

const marks: Readonly<Record<string, string>> = {
  Healthy: '●',
  Progressing: '◐',
  Degraded: '✕',
  Suspended: '❚❚',
  Missing: '○',
};

const health = (word: string): Value =>
  word !== '-' &&
  html`<span class="health ${word.toLowerCase()}"><span aria-hidden="true">${marks[word] ?? '?'}</span> ${word}</span>`;

/** Old and new pods beside each other: that is what a rollout looks like. */
const podsOf = (pods: readonly PodFacts[]): Value =>
  pods.length > 0 &&
  html`<span class="pods" role="img" aria-label="${pods.map(({ name, is, isOld }) => `${name} ${is}${isOld ? ', old' : ''}`).join('; ')}">${pods.map(
    ({ is, isOld }) => html`<i class="${is}${isOld ? ' old' : ''}"></i>`,
  )}</span>`;

export const linkOf = (iid: number): string => `/local/slipway/-/merge_requests/${iid}`;

function requests(environments: readonly Environment[]): Value {
  const all = environments.flatMap((one) => one.requests);
  if (all.length === 0) return html`<p class="empty">None is open.</p>`;
  return html`<ul class="list">${all.map(
    ({ iid, title, target }) =>
      html`<li><a href="${linkOf(iid)}">!${iid} ${title}</a> <span class="small">onto ${target}</span></li>`,
  )}</ul>`;
}

const turns = { new: '', on: '', back: 'taken back', edited: 'edited by hand', gone: 'gone' } as const;

function timeline(events: readonly Happening[], { now }: Viewing): Value {
  if (events.length === 0) return html`<p class="empty">Nothing yet.</p>`;
  return html`<ol class="timeline">${events.map(({ environment, commit, time, author, words, changes }) => {
    const shown = changes.slice(0, 4);
    const isBack = changes.some(({ turn }) => turn === 'back');
    return html`<li class="${isBack ? 'back' : ''}"><span class="where">${environment}</span><div><div>${shown.map(
      ({ text, turn, isHeld }) =>
        html`<span class="change">${text}${turns[turn] && html` <span class="badge ${turn}">${turns[turn]}${isHeld && ', held'}</span>`}</span>`,
    )}${changes.length > shown.length && html`<span class="change">and ${changes.length - shown.length} more</span>`}</div><div class="small">${author} ${ago(time, now)} · <code>${commit.slice(0, 8)}</code> ${words}</div></div></li>`;
  })}</ol>`;
}
