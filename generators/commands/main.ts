import { parseArgs } from 'node:util';
import { instead, nearest } from '../model/nearest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { help, helpOf, optionsOf, type Verb, verbs } from './usage.ts';

/** What a verb was asked: its options and the words after it. */
export interface Asked {
  readonly values: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly words: readonly string[];
}

/** The command line. Only what is asked for is loaded: help needs nothing but this. */
export async function main(args: readonly string[]): Promise<void> {
  // Whoever reads may stop early, as head does.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const debug = args.includes('--debug');
  try {
    const [name, ...rest] = args;
    if (name === undefined || name === '--help' || name === 'help') return void process.stdout.write(help());
    const verb = verbs[name];
    if (!verb) throw new Misuse(`${name} is not a verb; ${instead(name, Object.keys(verbs))}`);
    const asked = parse(name, verb, rest);
    if (asked.values.help) return void process.stdout.write(helpOf(name, verb));
    const { run } = (await import(`./${name}.ts`)) as { run: (asked: Asked) => Promise<void> };
    await run(asked);
  } catch (error) {
    process.exitCode = error instanceof Refusal ? error.exitCode : 1;
    const message = error instanceof Error ? error.message : String(error);
    const internal = error instanceof Refusal ? '' : ' (this should not happen; run it again with --debug)';
    process.stderr.write(`slipway: ${message}${internal}\n`);
    if (debug && error instanceof Error)
      process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? `caused by ${error.cause.stack}\n` : ''}`);
  }
}

function checkTaken(name: string, takes: readonly string[], words: readonly string[]): void {
  // `[NAME…]` at the end is any number of them, none as well.
  const fixed = takes.filter((take) => !take.endsWith('…]'));
  const fits =
    (fixed.length === takes.length ? words.length === fixed.length : words.length >= fixed.length) &&
    fixed.every((take, at) => /^[A-Z]/.test(take) || take === words[at]);
  if (!fits)
    throw new Misuse(
      `slipway ${name} wants ${takes.join(' ')}, not ${JSON.stringify(words.join(' '))}; see npx slipway ${name} --help.`,
    );
}

const fitsFirst = ({ words = [], more }: Verb, given: readonly string[]): boolean =>
  (given.length === 1 || (more !== undefined && given.length > 1)) && words.includes(given[0] as string);

function parse(name: string, verb: Verb, args: readonly string[]): Asked {
  const options = optionsOf(verb);
  const parsed = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: Object.fromEntries(
          Object.entries(options).map(([key, { type, multiple }]) => [key, { type, multiple: multiple ?? false }]),
        ),
        allowPositionals: true,
      });
    } catch (error) {
      const wrong = /'--?([\w-]+)/.exec((error as Error).message)?.[1] ?? '';
      const near = wrong in options ? undefined : nearest(wrong, Object.keys(options));
      const what =
        wrong in options
          ? (error as Error).message.replace(/\.?\s*To specify .*/s, '')
          : `--${wrong} is not an option of ${name}`;
      throw new Misuse(`${what}${near ? `; did you mean --${near}?` : '.'} See npx slipway ${name} --help.`);
    }
  })();
  const words = parsed.positionals;
  if (verb.takes && !parsed.values.help) checkTaken(name, verb.takes, words);
  if (!verb.words && !verb.takes && words.length > 0)
    throw new Misuse(`${name} takes no word ${JSON.stringify(words[0])}; see npx slipway ${name} --help.`);
  if (verb.words && !parsed.values.help && !fitsFirst(verb, words)) {
    throw new Misuse(`slipway ${name} wants one of ${verb.words.join(', ')}; see npx slipway ${name} --help.`);
  }
  return { values: parsed.values as Asked['values'], words };
}
