import type { AlertFacts, AppFacts, Environment, Signals } from './facts.ts';
import { type Html, html, type Value } from './html.ts';
import { ago } from './page.ts';
import { spark } from './spark.ts';

type Points = readonly (number | undefined)[];

/** One of the four: what it is called, how its newest point reads, and what fills its picture at least. */
interface View {
  readonly of: 'requests' | 'errors' | 'slow' | 'busy';
  readonly name: string;
  readonly means: string;
  readonly text: (value: number) => string;
  readonly ceiling: number;
}

const percent = (share: number) =>
  `${share * 100 >= 10 || share === 0 ? Math.round(share * 100) : (share * 100).toFixed(1)} %`;

const views: readonly View[] = [
  {
    of: 'requests',
    name: 'requests',
    means: 'Requests in a second',
    text: (value) => `${value >= 10 ? Math.round(value) : value.toFixed(1)} /s`,
    ceiling: 1,
  },
  { of: 'errors', name: 'errors', means: 'Share of requests that failed', text: percent, ceiling: 0.05 },
  {
    of: 'slow',
    name: 'p95',
    means: 'Time within which 95 of 100 requests were answered',
    text: (value) => (value < 1 ? `${Math.max(1, Math.round(value * 1000))} ms` : `${value.toFixed(1)} s`),
    ceiling: 0.1,
  },
  {
    of: 'busy',
    name: 'busy',
    means: 'Share of time that its busiest event loop works',
    text: percent,
    ceiling: 1,
  },
];

/** What is measured of one app: four small pictures, each with its newest value, and what is left of its error budget. */
export function signalsOf({ name, signals }: AppFacts, environment: string): Value {
  if (!signals) return undefined;
  const key = `${environment}-${name}`;
  return html`<div class="signals">${views.map((view) => tile(view, signals, key))}${budget(signals, key)}</div>`;
}

function tile({ of, name, means, text, ceiling }: View, signals: Signals, key: string): Html {
  const { from, until, rollouts } = signals;
  const points: Points = signals[of];
  const known = points.filter((point) => point !== undefined);
  const now = points.at(-1) ?? points.at(-2);
  const reads = now === undefined ? '–' : text(now);
  const minutes = Math.round((until - from) / 60_000);
  const range =
    known.length > 0 ? `between ${text(Math.min(...known))} and ${text(Math.max(...known))}` : 'not measured';
  const moved = rollouts.map(({ time, isBack }) => `${isBack ? 'a step back' : 'a roll-out'} at ${clock(time)}`);
  const says = `${means}: ${reads} now, ${range} in ${minutes} minutes${moved.length > 0 ? `; ${moved.join(', ')}` : ''}.`;
  const marks = rollouts.map(({ time, isBack }) => ({ at: (time - from) / (until - from), isBack }));
  const alarming = of === 'errors' && now !== undefined && now >= 0.01;
  return html`<div class="signal${alarming && ' bad'}"><span class="what">${name}</span> <strong>${alarming && '▲ '}${reads}</strong>${spark(
    { id: `${of}-${key}`, title: `${name} of ${key}`, says, points, ceiling, marks },
  )}</div>`;
}

/** `03:02:15`, in the time zone of logs. */
const clock = (time: number) => `${new Date(time).toISOString().slice(11, 19)} UTC`;

function budget({ budget: left }: Signals, key: string): Value {
  if (left === undefined) return undefined;
  const text =
    left >= 0
      ? `${percent(left)} left`
      : left > -1
        ? `used up, and ${percent(-left)} more`
        : `used up ${Math.round(1 - left)} times over`;
  const wide = Math.round(Math.min(1, Math.max(0, left)) * 1000) / 10;
  return html`<div class="signal budget${left < 0.1 && ' bad'}"><span class="what">error budget</span> <strong>${left < 0 && '▲ '}${text}</strong><svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-labelledby="budget-${key}"><title id="budget-${key}">Of the errors that 30 days allow: ${text}</title><path class="ground" d="M0 2h100"/><path class="line" d="M0 2h${wide}"/></svg></div>`;
}

/** What fires in an environment: whom it wakes, since when, and where it is told how to help. */
export function alertsOf({ name, alerts = [] }: Environment, now: number): Value {
  if (alerts.length === 0) return undefined;
  return html`<ul class="alerts" aria-label="What fires in ${name}">${alerts.map((alert) => alertLine(alert, now))}</ul>`;
}

const alertLine = ({ name, severity, app, summary, since, runbook }: AlertFacts, now: number): Html =>
  html`<li class="alert ${severity === 'page' ? 'page' : 'ticket'}"><span class="badge ${severity === 'page' ? 'gone' : 'behind'}">${severity === 'page' ? '▲ ' : ''}${severity}</span> <strong>${name}</strong> <span class="small">${app} ${ago(since, now)}</span><div class="small">${summary}${runbook && html` <a href="${runbook}" aria-label="Runbook of ${name}">Runbook</a>`}</div></li>`;
