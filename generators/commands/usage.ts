import { described, paragraphs, wrapped } from '../model/manual.ts';
import { look } from './usage/look.ts';
import { make } from './usage/make.ts';
import { move } from './usage/move.ts';
import { remote } from './usage/options.ts';
import { setUp } from './usage/set-up.ts';

/** One option of a verb: what `parseArgs` is told and what `--help` prints. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly multiple?: true;
  /** One letter that stands for it. */
  readonly short?: string;
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
  /** The file of commands/ that does it, by the words that follow. @default the verb's name */
  readonly file?: (words: readonly string[]) => string;
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

/** What `slipway` takes without a verb. */
export const alone: Verb = {
  summary: 'the state in a few lines, and what one would do next',
  about: '',
  options: { remote },
  examples: ['slipway'],
};

const everywhere: Readonly<Record<string, Option>> = {
  help: { type: 'boolean', short: 'h', help: 'print this' },
  debug: { type: 'boolean', help: 'show each git command with its time, and the stack trace of an error' },
};

/** The options of a verb and those that every verb has. */
export const optionsOf = (verb: Verb): Readonly<Record<string, Option>> => ({ ...verb.options, ...everywhere });

/** What a verb ends with. exit-codes.md says more of each. */
export const exitCodes: readonly (readonly [string, string])[] = [
  ['0', 'done, also when there was nothing to do'],
  ['1', 'failed, or found something wrong'],
  ['2', 'called wrongly'],
  ['3', 'answered with no, which is no fault'],
  ['130', 'interrupted by Ctrl-C'],
];

/** What is read from the environment. Secrets come by no other way. */
const variables: readonly (readonly [string, string])[] = [
  ['SLIPWAY_TOKEN', 'GitLab, scope api'],
  ['CI_SERVER_URL', 'GitLab, set by its CI'],
  ['CI_PROJECT_ID', 'the project, set by its CI'],
  ['SLIPWAY_PROJECT', 'instead of it, group/name: for the pipeline of another repository that calls bump --open'],
  ['ARGOCD_SERVER', 'Argo CD'],
  ['ARGOCD_AUTH_TOKEN', 'its token'],
  ['PROMETHEUS_URL', 'Prometheus'],
  ['PROMETHEUS_TOKEN', 'its token, only where it asks for one'],
  ['SLIPWAY_REPOSITORY_TOKEN', "what a cluster's Argo CD reads the repository with, for bootstrap"],
  ['SLIPWAY_SIGNING_KEY', 'who signs images, for image'],
  ['SLIPWAY_VERIFICATION_KEY', 'its public half, where only that is there'],
  ['SLIPWAY_WORLD', "the local world's folder"],
  ['GITHUB_REPOSITORY', 'owner/name of a mirror on GitHub, for announce'],
  ['GITHUB_TOKEN', 'its token'],
  ['GITHUB_API_URL', 'its API, where it is not api.github.com'],
  ['NO_COLOR', 'print no colours'],
];

/** The help of one verb. @param width so many characters fit beside each other */
export function helpOf(name: string, verb: Verb, width: number): string {
  const rows = Object.entries(optionsOf(verb)).map(
    ([option, { value, short, help }]) =>
      [`${short ? `-${short}, ` : ''}--${option}${value ? ` ${value}` : ''}`, help] as const,
  );
  const words = verb.words ? [verb.words.join('|'), ...(verb.more ? [`[${verb.more}]`] : [])] : (verb.takes ?? []);
  return `${paragraphs(`slipway ${[name, ...words].join(' ')} [options]: ${verb.summary}`, width)}

${paragraphs(verb.about, width)}

${described(rows, width)}

Examples:
${verb.examples.map((example) => typed(example.startsWith('npm') ? example : `npx ${example}`, width)).join('\n')}
`;
}

/** A command as a person types it, on several lines where it is too long for one. */
const typed = (command: string, width: number): string =>
  wrapped(
    `  ${command.replaceAll(' --', '\u00a0--').replaceAll(' ', '\u00a0').replaceAll('\u00a0--', ' --')}`,
    width - 2,
    6,
  )
    .replaceAll('\u00a0', ' ')
    .replaceAll('\n', ' \\\n');

/** The help of the whole command. @param width so many characters fit beside each other */
export function help(width: number): string {
  const widest = Math.max(...Object.keys(verbs).map(({ length }) => length));
  const named = (group: Readonly<Record<string, Verb>>) =>
    Object.entries(group).map(([name, { summary }]) => [name.padEnd(widest), summary] as const);
  const listed = Object.entries(groups).map(([heading, group]) => `${heading}\n${described(named(group), width)}`);
  const intro =
    'Slipway: apps in TypeScript, environments as branches, promotion by merge request, rollback by git revert.';
  return `${paragraphs(intro, width)}

  npx slipway [VERB] [options]

${paragraphs('Without a verb it prints the state in a few lines, and what one would do next.', width)}

${listed.join('\n\n')}

npx slipway VERB --help tells more.

Exit codes
${described(exitCodes, width)}

Environment
${described(variables, width)}
`;
}
