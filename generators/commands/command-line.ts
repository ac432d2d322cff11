import { parseArgs } from 'node:util';
import { instead, nearest } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { optionsOf, type Verb, verbs } from './usage.ts';

/** What a verb was asked: its options and the words after it. */
export interface Asked {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly words: readonly string[];
}

/**
 * The verb of a command line, and all that stands around it: options may come before it.
 * @returns no name where no word stands there that could be a verb
 */
export function verbIn(args: readonly string[]): { readonly name?: string; readonly rest: readonly string[] } {
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === '--') break;
    if (arg.startsWith('-')) {
      // The value of an option is no verb, unless it can be nothing else.
      if (valued.has(arg) && !Object.hasOwn(verbs, args[at + 1] ?? '')) at++;
      continue;
    }
    return { name: arg, rest: args.toSpliced(at, 1) };
  }
  return { rest: args };
}

/** Every option that some verb takes with a value behind it. */
const valued = new Set(
  Object.values(verbs).flatMap(({ options }) =>
    Object.entries(options).flatMap(([name, { type }]) => (type === 'string' ? [`--${name}`] : [])),
  ),
);

/** The verb of that name. @throws {Misuse} naming the nearest one */
export function verbNamed(name: string): Verb {
  if (Object.hasOwn(verbs, name)) return verbs[name] as Verb;
  const near = nearest(name, Object.keys(verbs));
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
function misread(name: string, options: Readonly<Record<string, unknown>>, { message }: Error): Misuse {
  const [, dashes = '', wrong = ''] = /'(--?)([\w-]+)/.exec(message) ?? [];
  const near = wrong in options ? undefined : nearest(wrong, Object.keys(options));
  const what =
    wrong in options
      ? message.replace(/\.?\s*To specify .*/s, '')
      : `${dashes}${wrong} is not an option of ${name || 'slipway'}`;
  const help = ['npx slipway', name, '--help'].filter(Boolean).join(' ');
  return new Misuse(`${what}${near ? `; did you mean --${near}?` : '.'} See ${help}.`);
}

function checkWords(name: string, { words: legal, more, takes }: Verb, words: readonly string[]): void {
  const [first] = words;
  const see = `see npx slipway ${name} --help.`;
  if (takes) checkTaken(name, takes, words);
  else if (!legal && first !== undefined)
    throw new Misuse(`${name} takes no word ${JSON.stringify(first)}; see npx slipway ${name} --help.`);
  else if (legal && (first === undefined || !legal.includes(first))) {
    const near = nearest(first ?? '', legal);
    throw new Misuse(
      near
        ? `slipway ${name} has no word ${first}; ${instead(first ?? '', legal)}`
        : `slipway ${name} wants one of ${legal.join(', ')}; ${see}`,
    );
  } else if (legal && more === undefined && words.length > 1)
    throw new Misuse(`slipway ${name} ${first} takes no word ${JSON.stringify(words[1])}; ${see}`);
}

function checkTaken(name: string, takes: readonly string[], words: readonly string[]): void {
  // `[NAME…]` at the end is any number of them, `[NAME]` one or none.
  const fixed = takes.filter((take) => !take.startsWith('['));
  const most = takes.some((take) => take.endsWith('…]')) ? Infinity : takes.length;
  const fits =
    words.length >= fixed.length &&
    words.length <= most &&
    fixed.every((take, at) => /^[A-Z]/.test(take) || take === words[at]);
  if (!fits)
    throw new Misuse(
      `slipway ${name} wants ${takes.join(' ')}, not ${JSON.stringify(words.join(' '))}; see npx slipway ${name} --help.`,
    );
}
