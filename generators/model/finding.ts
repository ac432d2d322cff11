import { paragraph } from './paragraph.ts';
import { type Refusal, Unreadable } from './refusal.ts';
import { visible } from './words.ts';

/** Where one looks, in the order in which a person sets it up. */
export type Section = 'machine' | 'repository' | 'project' | 'examples';

/** Its heading, for people. */
export const sections: Readonly<Record<Section, string>> = {
  machine: 'This machine',
  repository: 'This repository',
  project: 'The GitLab project',
  examples: "The example's values (bootstrap refuses a cluster with one)",
};

/** What a check of the setup found: one sentence, and what to do about it. */
export interface Finding {
  /** What was looked at: `protection of env/dev`. */
  readonly name: string;
  /** `todo` is known to be missing, and nothing is wrong yet; `unknown` is not checked. */
  readonly verdict: 'ok' | 'wrong' | 'todo' | 'unknown';
  readonly says: string;
  /** Where it is, each as `file:line` and what stands there. */
  readonly places?: readonly string[];
  /** The next step; with `ok` it is advice. */
  readonly remedy?: string;
  /** The command that makes it right, where one does. */
  readonly run?: string;
  /** The call of GitLab's API that makes it right, where one does. */
  readonly fix?: Call;
}

/** A call of GitLab's API about one project. */
export interface Call {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Behind `projects/:id`, encoded: `/protected_branches/env%2Fdev`. */
  readonly path: string;
  readonly body: Readonly<Record<string, string | number | boolean>>;
}

/**
 * A call as a person runs it: `glab` puts the project in for `:id`, and reads true, false and numbers after `--field`.
 * https://docs.gitlab.com/cli/api/
 */
export function formatCall({ method, path, body }: Call): string {
  const fields = Object.entries(body).map(
    ([name, value]) => `--${typeof value === 'string' ? 'raw-field' : 'field'} ${word(`${name}=${value}`)}`,
  );
  return [`glab api --method ${method}`, word(`projects/:id${path}`), ...fields].join(' ');
}

/** A word of a shell, as it is. */
const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** What could not be looked at, and whether that is wrong in itself. A refusal says the next step already. */
export const notRead = (name: string, refusal: Refusal): Finding => ({
  name,
  verdict: refusal instanceof Unreadable ? 'unknown' : 'wrong',
  says: refusal.message,
});

/** A finding, and where it belongs. */
export interface Sorted extends Finding {
  readonly section: Section;
}

/** How many there are of each. */
export type Sum = Readonly<Record<Finding['verdict'], number>>;

export function sumOf(findings: readonly Finding[]): Sum {
  const sum = { wrong: 0, todo: 0, unknown: 0, ok: 0 };
  for (const { verdict } of findings) sum[verdict]++;
  return sum;
}

/** `3 wrong, 4 to do, 2 unknown, 21 ok` */
export const formatSum = (sum: Sum): string =>
  Object.entries(sum)
    .map(([verdict, count]) => `${count} ${words[verdict as Finding['verdict']]}`)
    .join(', ');

const order: readonly Finding['verdict'][] = ['wrong', 'todo', 'unknown', 'ok'];

/** What people read. */
const words: Readonly<Record<Finding['verdict'], string>> = {
  ...{ wrong: 'wrong', todo: 'to do', unknown: 'unknown', ok: 'ok' },
};

/** How findings are printed. */
export interface Printing {
  /** Columns of the terminal; sentences are broken there, commands never. @default endless */
  readonly width?: number;
  /** Whether what is fine is told as well, and not only named. @default false */
  readonly all?: boolean;
  /** Colours a verdict. */
  readonly paint?: (verdict: Finding['verdict'], word: string) => string;
}

/**
 * By section, first what is wrong, then what is to do, then what is not known, then the names of what is fine. A command stands on a line of
 * its own, to be copied. Names of rules and what a server said are other people's text.
 */
export function formatFindings(
  findings: readonly Sorted[],
  { width = Number.POSITIVE_INFINITY, all = false, paint = (_, word) => word }: Printing = {},
): string[] {
  const lines: string[] = [];
  for (const [section, heading] of Object.entries(sections)) {
    const here = findings.filter((one) => one.section === section);
    if (here.length === 0) continue;
    lines.push(...(lines.length > 0 ? [''] : []), heading);
    const shown = order.flatMap((verdict) => here.filter((one) => one.verdict === verdict));
    for (const one of shown.filter(({ verdict }) => all || verdict !== 'ok')) {
      const { verdict, name, says, places = [], remedy, run, fix } = one;
      lines.push(`  ${paint(verdict, words[verdict].padEnd(7))}  ${visible(name)}`);
      const told = (text: string) => paragraph(visible(text), width - 11, '').map(indented);
      lines.push(...told(says), ...places.map((place) => indented(visible(place))), ...(remedy ? told(remedy) : []));
      for (const command of [run, fix && formatCall(fix)]) if (command) lines.push(indented(`$ ${visible(command)}`));
    }
    const fine = here.filter(({ verdict }) => verdict === 'ok').map(({ name }) => visible(name));
    if (all || fine.length === 0) continue;
    const [first = '', ...rest] = paragraph(fine.join(', '), width - 11, '');
    lines.push(`  ${paint('ok', 'ok'.padEnd(7))}  ${first}`, ...rest.map(indented));
  }
  return lines;
}

const indented = (line: string) => `${' '.repeat(11)}${line}`;
