import { parseArgs } from 'node:util';
import { instead, meant } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { alone, type Option, optionsOf, type Verb, verbs } from './usage.ts';
import { valued } from './verb-in.mjs';

/** What a verb was asked: its options and the words after it. */
export interface Asked {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly words: readonly string[];
}

/**
 * What `slipway` was asked without a verb.
 * @throws {Misuse} where an option took what was meant as the verb, or one wants a verb
 */
export function askedAlone(args: readonly string[]): Asked {
  for (const [at, arg] of args.entries()) {
    const value = valued.has(arg) ? args[at + 1] : undefined;
    const option = /^--([^=]+)/.exec(arg)?.[1] ?? '';
    const own = Object.hasOwn(optionsOf(alone), option);
    const [verb, { options = {} } = {}] =
      Object.entries(verbs).find(([, one]) => Object.hasOwn(one.options, option)) ?? [];
    // `--remote local` is the local world; of any other verb somebody forgot the value.
    const isTaken = Object.hasOwn(verbs, value ?? '') && value !== 'local';
    if (verb === undefined || (own && !isTaken)) continue;
    const example = [`npx slipway ${verb} --${option}`, options[option]?.value].filter(Boolean).join(' ');
    const taken = value === undefined ? '' : ` (${value} is its value)`;
    throw new Misuse(`--${option} stands without a verb${taken}: name one, for example ${example}`);
  }
  return askedOf('', alone, args);
}

/** The verb of that name. @throws {Misuse} naming the nearest one */
export function verbNamed(name: string): Verb {
  if (Object.hasOwn(verbs, name)) return verbs[name] as Verb;
  const near = meant(name, Object.keys(verbs));
  throw new Misuse(`${name} is not a verb; ${near ? `did you mean ${near}?` : 'npx slipway help lists them.'}`);
}

/**
 * What was asked of a verb.
 * @param name empty where `slipway` stands alone
 * @throws {Misuse} for an option or word that it does not take, with the nearest one that it does
 */
export function askedOf(name: string, verb: Verb, args: readonly string[]): Asked {
  const options = optionsOf(verb);
  const parsed = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: Object.fromEntries(
          Object.entries(options).map(([key, { type, multiple, short }]) => [
            key,
            { type, multiple: multiple ?? false, ...(short ? { short } : {}) },
          ]),
        ),
        allowPositionals: true,
      });
    } catch (error) {
      throw misread(name, options, error as Error);
    }
  })();
  const words = parsed.positionals;
  if (!parsed.values.help) checkWords(name, verb, words);
  return { values: parsed.values as Asked['values'], words };
}

/** What `parseArgs` did not take, as a sentence. */
function misread(name: string, options: Readonly<Record<string, Option>>, { message }: Error): Misuse {
  const [, dashes = '', wrong = ''] = /'(--?)([\w-]+)/.exec(message) ?? [];
  const { value, help: about } = options[wrong] ?? {};
  const near = wrong in options ? undefined : meant(wrong, Object.keys(options));
  const what =
    value !== undefined && / argument (?:missing|is ambiguous)/.test(message)
      ? `${dashes}${wrong} needs a value: ${value}, ${about}`
      : wrong in options
        ? message.replace(/\.?\s*To specify .*/s, '')
        : `${dashes}${wrong} is not an option of ${name || 'slipway'}`;
  const help = ['npx slipway', name, '--help'].filter(Boolean).join(' ');
  return new Misuse(`${what}${near ? `; did you mean --${near}?` : '.'} See ${help}.`);
}

function checkWords(name: string, verb: Verb, words: readonly string[]): void {
  const { words: legal, more, takes } = verb;
  const [first] = words;
  const see = `see npx slipway ${name} --help.`;
  if (takes) checkTaken(name, takes, words, verb.examples);
  else if (!legal && first !== undefined)
    throw new Misuse(`${name} takes no word ${JSON.stringify(first)}; see npx slipway ${name} --help.`);
  else if (legal && (first === undefined || !legal.includes(first))) {
    const near = meant(first ?? '', legal);
    throw new Misuse(
      near
        ? `slipway ${name} has no word ${first}; ${instead(first ?? '', legal)}`
        : `slipway ${name} wants one of ${legal.join(', ')}; ${see}`,
    );
  } else if (legal && more === undefined && words.length > 1)
    throw new Misuse(`slipway ${name} ${first} takes no word ${JSON.stringify(words[1])}; ${see}`);
}

function checkTaken(
  name: string,
  takes: readonly string[],
  words: readonly string[],
  [example]: readonly string[],
): void {
  // `[NAME…]` at the end is any number of them, `[NAME]` one or none.
  const fixed = takes.filter((take) => !take.startsWith('['));
  const most = takes.some((take) => take.endsWith('…]')) ? Infinity : takes.length;
  const fits =
    words.length >= fixed.length &&
    words.length <= most &&
    fixed.every((take, at) => /^[A-Z]/.test(take) || take === words[at]);
  if (words.length < fixed.length && example !== undefined)
    throw new Misuse(
      `slipway ${name} wants ${fixed.map(alternatives).join(' ')}, for example npx ${example}; see npx slipway ${name} --help.`,
    );
  if (!fits)
    throw new Misuse(
      `slipway ${name} wants ${takes.join(' ')}, not ${JSON.stringify(words.join(' '))}; see npx slipway ${name} --help.`,
    );
}

/** `A|B|C` as people say it. */
const alternatives = (take: string): string =>
  take
    .split('|')
    .join(', ')
    .replace(/, ([^,]*)$/, ' or $1');
