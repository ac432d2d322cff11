import type { Errand } from './inspection.ts';
import { ourText, type Purpose } from './marked.ts';
import type { Metadata } from './metadata.ts';
import { releaseClaim } from './release.ts';
import { claim, tableHead } from './request.ts';
import { retreatOf, rollbackClaim } from './rollback.ts';
import { move, quote } from './words.ts';

/** What a request really does with one name. */
export interface Done {
  readonly name: string;
  /** The provenance of what stood there, and of what comes; undefined for nothing, and for the pipeline file. */
  readonly from: Metadata | undefined;
  readonly to: Metadata | undefined;
  /** Its folder goes. */
  readonly isAway: boolean;
}

/** What is done, in a line: `counter 1.0.3 → 1.0.4`. */
export const lineOf = ({ name, from, to, isAway }: Done): string =>
  isAway ? retreatOf(name, from, undefined) : move(name, from, to);

/** What is wrong with a text, and what of it nobody can prove. */
export interface Judged {
  readonly wrong: readonly string[];
  readonly doubts: readonly string[];
}

/** The branches on which a request of each purpose stands; undefined for one that is onto main. */
const errands: Readonly<Record<Purpose, Errand['kind'] | undefined>> = {
  promotion: 'promotion',
  one: 'release',
  're-apply': 'release',
  repair: 'release',
  release: 'release',
  rollback: 'rollback',
  bump: undefined,
};

/**
 * Holds what a request's text says between our markers against what its branch does: the versions of each app, from and
 * to. What is said and not so is wrong; what is not said is in doubt. What people wrote around it is theirs.
 * @param errand of the branch that it stands on; undefined for a person's own
 */
export function judgeText(
  body: string,
  { environment, errand, done }: { environment: string; errand: Errand | undefined; done: readonly Done[] },
): Judged {
  const said = ourText(body);
  if (!said)
    return { wrong: [], doubts: ['its text says nothing between our markers: what it does is told here alone'] };
  const { kind, isWhole } = said;
  // A line that the forge cut in its middle says nothing, and is no lie.
  const text = isWhole ? said.text : said.text.slice(0, said.text.lastIndexOf('\n') + 1);
  if (errand && errands[kind] !== errand.kind)
    return { wrong: [`it says that it is a ${kind}, and its branch is for a ${errand.kind}`], doubts: [] };
  if (kind === 'release' || kind === 'rollback') return judgeSentence(text, kind, environment, done);
  const rows = rowsOf(text);
  if (rows.length === 0) return { wrong: [], doubts: ['its text says no versions'] };
  const expected = done.map(({ name, from, to }) => claim(name, from, to));
  const lies = rows.filter((row) => !expected.includes(row));
  const silent = expected.filter((row) => !rows.includes(row));
  const isCut = !isWhole || text.includes('cut for its length');
  return {
    wrong: [
      ...lies.map((row) => `it says ${told(row)}, and the branch does not do that`),
      ...(isCut ? [] : silent.map((row) => `the branch does ${told(row)}, and it does not say so`)),
    ],
    doubts: isCut && silent.length > 0 ? ['its text is cut, so that not every version in it could be read'] : [],
  };
}

/** A release and a rollback are told in one sentence. */
function judgeSentence(text: string, kind: 'release' | 'rollback', environment: string, done: readonly Done[]): Judged {
  const whats = done.map(lineOf);
  const [start = '', end = ''] = (
    kind === 'rollback' ? rollbackClaim(environment, ['\0']) : releaseClaim(environment, '\0')
  ).split('\0');
  const line = text.split('\n').find((one) => one.startsWith(start) && one.endsWith(end));
  if (line === undefined) return { wrong: [], doubts: ['its text says no versions'] };
  // A version has no comma in it; what is said of a configuration has one.
  const said = line.slice(start.length, line.length - end.length).split(/, (?!new configuration(?:,|$))/);
  const silent = whats.filter((what) => !said.includes(what));
  const more = said.filter((what) => !whats.includes(what));
  return {
    wrong: silent.map((what) => `the branch does "${what}", and it says "${quote(said.join(', '), 200)}"`),
    // What came to stand there by another way is left out when the request follows the tip.
    doubts:
      silent.length > 0 ? [] : more.map((what) => `its text says "${quote(what)}", which it does not do any more`),
  };
}

/**
 * The first three cells of each row: name, from and to. Of every such table: a person may read another one than the first,
 * which a comment can hide, or a variable that the runner replaces.
 */
function rowsOf(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim());
  return lines.flatMap((line, head) => {
    if (line !== tableHead[0]) return [];
    const rows = lines.slice(head + tableHead.length);
    const end = rows.findIndex((one) => !one.startsWith('|'));
    return rows.slice(0, end < 0 ? rows.length : end).map((row) => `${row.split('|').slice(0, 4).join('|')}|`);
  });
}

const told = (row: string) => {
  const [, name = '', from = '', to = ''] = row.split('|').map((cell) => cell.trim());
  return `"${quote(`${name} ${from} → ${to}`, 200)}"`;
};
