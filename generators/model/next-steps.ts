import { concernOf } from './concern.ts';
import type { Overview } from './overview.ts';
import { dayOf } from './request.ts';
import type { Row } from './row.ts';
import { duration, releaseLine, visible } from './words.ts';

/** What a person would do next. */
export interface NextStep {
  /** One sentence without an end, whose first letter may be made great. */
  readonly says: string;
  /** What does it, as it is typed. */
  readonly command?: string;
  /** Where it is done. */
  readonly url?: string;
}

/** All that next steps follow from. */
export interface Situation {
  readonly rows: readonly Row[];
  readonly environments: readonly Overview[];
  /** So many commits of `main` are newer than the last that was published. */
  readonly unpublished?: number;
}

/**
 * What one would do next, the most urgent first: what is broken, what somebody took back or edited, what waits for a
 * person, what may go on, what is not published yet. Nothing where all is as it should be.
 * @param now milliseconds since 1970
 */
export function nextSteps({ rows, environments, unpublished = 0 }: Situation, now: number): NextStep[] {
  return [
    ...environments.filter(({ missing }) => missing).map(missingStep),
    ...rows.filter((row) => concernOf(row) === 'unhealthy').map((row) => broken(row)),
    ...rows.filter(({ held, state }) => held && state !== 'edited').map((row) => heldStep(row, now)),
    ...rows.filter(({ state }) => state === 'edited').map(editedStep),
    ...environments.flatMap((one) => requests(one)),
    ...environments.flatMap((one) => onward(one, rows)),
    ...(unpublished > 0 ? [publishing(unpublished)] : []),
  ];
}

const missingStep = ({ name }: Overview): NextStep => ({
  says: `env/${name} has no branch, and stands in the path: publish makes it`,
  command: 'npx slipway publish',
});

const broken = ({ environment, app, health, message, url }: Row): NextStep => ({
  says: `in ${environment}, ${app} is ${visible(health)}${message ? `: ${visible(message, 120)}` : ''}; if what came last is why, go back`,
  command: `npx slipway rollback --env ${environment} --app ${app}`,
  ...(url ? { url } : {}),
});

function heldStep({ environment, app, heldBy, heldSince, proposed }: Row, now: number): NextStep {
  const since = heldSince ? ` for ${duration(now - Date.parse(heldSince))}` : '';
  const by = heldBy ? ` by ${visible(heldBy.by, 40)} (“${visible(heldBy.words, 60)}”)` : '';
  const says = `in ${environment}, ${app} is held${since}${by}: once it is fixed`;
  if (proposed?.iid !== undefined) return { says: `${says}, merge !${proposed.iid}`, ...urlOf(proposed.url) };
  return { says: `${says}, release it`, command: releaseLine(environment, app) };
}

function editedStep({ environment, app, editedBy, proposed }: Row): NextStep {
  const by = editedBy ? ` by ${visible(editedBy.by, 40)} on ${dayOf(editedBy)}` : '';
  const says = `in ${environment}, ${app} was edited by hand${by}, and is frozen: bring the edit to main, then take it away`;
  if (proposed?.iid !== undefined) return { says: `${says} with !${proposed.iid}`, ...urlOf(proposed.url) };
  return { says, command: releaseLine(environment, app) };
}

const urlOf = (url: string | undefined) => (url === undefined ? {} : { url });

/** Requests that a person may merge. Those of one held or edited app are named with it. */
const requests = ({ name, requests = [] }: Overview): NextStep[] =>
  requests
    .filter(({ draft, source }) => !draft && !source.startsWith(`env/${name}-release-`))
    .map(({ iid, title, url }) => ({ says: `!${iid} waits for a person: ${visible(title, 80)}`, url }));

/** What is older than what its source runs, and is not proposed. */
function onward({ name, after, requests }: Overview, rows: readonly Row[]): NextStep[] {
  const own = rows.filter(({ environment, state, held }) => environment === name && state === 'older' && !held);
  if (after === undefined || own.length === 0) return [];
  const waiting = own.filter(({ gate }) => gate?.is === 'no' || gate?.is === 'unknown');
  const ready = own.filter((row) => !waiting.includes(row));
  const proposed = ready.filter((row) => row.proposed);
  const left = ready.filter((row) => !row.proposed);
  const [branch] = proposed.flatMap((row) => row.proposed?.branch ?? []);
  return [
    ...(left.length > 0
      ? [
          {
            says: `${name} is behind ${after}: ${namesOf(left)}`,
            command: `npx slipway promote --to ${name}`,
          },
        ]
      : []),
    ...(requests === undefined && branch !== undefined
      ? [{ says: `a proposal waits for a person on ${branch}: ${namesOf(proposed)}` }]
      : []),
    ...(waiting.length > 0
      ? [
          {
            says: `${name} is behind ${after}, whose gate waits: ${namesOf(waiting)}`,
            command: `npx slipway gate --env ${after}`,
          },
        ]
      : []),
  ];
}

const publishing = (unpublished: number): NextStep => ({
  says: `nobody has published ${unpublished === 1 ? 'the newest commit' : `the newest ${unpublished} commits`} of main yet`,
  command: 'npx slipway publish',
});

function namesOf(rows: readonly Row[]): string {
  const names = rows.map(({ app }) => app);
  return names.length > 3 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}
