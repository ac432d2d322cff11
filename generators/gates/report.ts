import type { Status } from '../forge/forge.ts';
import type { Answer, Vouching } from '../model/gate.ts';
import { environmentBranch } from '../model/names.ts';
import { quote } from '../model/words.ts';

/** The name of the commit status that carries what the gates say of one app: `slipway/gate/counter`. */
export const reportName = (app: string) => `slipway/gate/${app}`;

/** The longest description of a commit status that GitLab takes. */
const longest = 255;

export interface ReportFacts {
  readonly environment: string;
  readonly app: string;
  /** The account whose word counts. */
  readonly reporter: string;
  /** Every commit status of the environment branch's tip. */
  readonly statuses: readonly Status[];
}

/**
 * The gate "somebody who can see the cluster says so", by the commit status of the environment branch's tip. Only the
 * reporter's own word is evidence, since whoever may push may set a status; that of others is told, and not counted.
 */
export function reportAnswer({ environment, app, reporter, statuses }: ReportFacts): Answer {
  const named = statuses.filter(({ name }) => name === reportName(app));
  const own = named.find(({ author }) => author === reporter);
  if (!own) {
    const others = [...new Set(named.map(({ author }) => quote(author)))].sort();
    const told = others.length > 0 ? `; what ${others.join(' and ')} set does not count` : '';
    return {
      gate: 'report',
      is: 'unknown',
      evidence: `${reporter} has not set ${reportName(app)} on the tip of ${environmentBranch(environment)} yet${told}`,
    };
  }
  const is = own.state === 'success' ? 'yes' : own.state === 'failed' || own.state === 'canceled' ? 'no' : 'unknown';
  return {
    gate: 'report',
    is,
    evidence: `${quote(own.description, longest) || own.state} (${reporter})`,
    ...(own.url ? { link: own.url } : {}),
  };
}

/**
 * The commit status that says of the newest part what the gates said.
 * @param newest whether the part that may go on is the newest one there
 */
export function reportOf(
  app: string,
  { answers, waits }: Pick<Vouching, 'answers' | 'waits'>,
  newest: boolean,
): Omit<Status, 'author'> {
  const said = newest ? answers : waits;
  const state = newest ? 'success' : waits.some(({ is }) => is === 'no') ? 'failed' : 'pending';
  const url = said.find(({ link }) => link !== undefined)?.link;
  const description = quote(said.map(({ evidence }) => evidence).join('; '), longest);
  return { name: reportName(app), state, description, ...(url ? { url } : {}) };
}
