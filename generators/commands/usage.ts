import { look } from './usage/look.ts';
import { make } from './usage/make.ts';
import { move } from './usage/move.ts';
import { setUp } from './usage/set-up.ts';

/** One option of a verb: what `parseArgs` is told and what `--help` prints. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  /** How its value is called in the help: `REF`. */
  readonly value?: string;
  readonly help: string;
}

export interface Verb {
  readonly summary: string;
  readonly about: string;
  readonly options: Readonly<Record<string, Option>>;
  /** Words of which one follows the verb. */
  readonly words?: readonly string[];
  /** What may follow the first of `words`: `FILE…`. */
  readonly more?: string;
  /** Words that all follow it: one in capitals is a value, and `[NAME…]` any number of them. */
  readonly takes?: readonly string[];
  readonly examples: readonly string[];
}

/** The verbs, by what one wants of them. */
export const groups: Readonly<Record<string, Readonly<Record<string, Verb>>>> = {
  Look: look,
  Move: move,
  Make: make,
  'Set up': setUp,
};

/** Every verb, for the help and for the parser alike. */
export const verbs: Readonly<Record<string, Verb>> = { ...look, ...move, ...make, ...setUp };

const everywhere: Readonly<Record<string, Option>> = {
  help: { type: 'boolean', help: 'print this' },
  debug: { type: 'boolean', help: 'print the stack trace of an error' },
};

/** The options of a verb and those that every verb has. */
export const optionsOf = (verb: Verb): Readonly<Record<string, Option>> => ({ ...verb.options, ...everywhere });

/** The help of one verb. */
export function helpOf(name: string, verb: Verb): string {
  const rows = Object.entries(optionsOf(verb)).map(([option, { value, help }]) => [
    `--${option}${value ? ` ${value}` : ''}`,
    help,
  ]);
  const words = verb.words ? [verb.words.join('|'), ...(verb.more ? [`[${verb.more}]`] : [])] : (verb.takes ?? []);
  return `slipway ${[name, ...words].join(' ')} [options]: ${verb.summary}

${verb.about}

${aligned(rows as [string, string][])}

Examples:
${verb.examples.map((example) => `  ${example.startsWith('npm') ? '' : 'npx '}${example}`).join('\n')}
`;
}

/** The help of the whole command. */
export function help(): string {
  const named = (group: Readonly<Record<string, Verb>>) =>
    Object.entries(group).map(([name, { summary }]) => [name, summary] as const);
  const widest = Math.max(...Object.keys(verbs).map(({ length }) => length));
  return `Slipway: apps in TypeScript, environments as branches, promotion by merge request, rollback by git revert.

  npx slipway VERB [options]

${Object.entries(groups)
  .map(([heading, group]) => `${heading}\n${aligned(named(group), widest)}`)
  .join('\n\n')}

npx slipway VERB --help tells more. Exit codes: 0 done (also when there was nothing to do), 1 failed, 2 called wrongly,
3 answered with no, which is no fault.

Environment: SLIPWAY_TOKEN (GitLab, scope api), CI_SERVER_URL and CI_PROJECT_ID (set by GitLab CI), SLIPWAY_PROJECT
(instead of the latter, group/name: for the pipeline of another repository that calls bump --open),
ARGOCD_SERVER and ARGOCD_AUTH_TOKEN (Argo CD), PROMETHEUS_URL and PROMETHEUS_TOKEN (Prometheus; the token only where it
asks for one), SLIPWAY_REPOSITORY_TOKEN (what a cluster's Argo CD reads the repository with, for bootstrap),
SLIPWAY_SIGNING_KEY and SLIPWAY_VERIFICATION_KEY (who signs images, for image),
SLIPWAY_WORLD (the local world's folder), GITHUB_REPOSITORY (owner/name), GITHUB_TOKEN and GITHUB_API_URL (a mirror on
GitHub, for announce).
`;
}

function aligned(
  rows: readonly (readonly [string, string])[],
  width = Math.max(...rows.map(([left]) => left.length)),
): string {
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n');
}
