import { appendFileSync } from 'node:fs';

/** What ends a stand-in: something that the real program would not do either, or that no test has asked for yet. */
export class Unknown extends Error {}

/** How a command may be asked: by option, whether it takes a value (`true`) or is one of yes and no (`false`). */
export type Options = Readonly<Record<string, boolean>>;

/** A call taken apart. */
export interface Call {
  /** The words that are no options, in order. */
  readonly words: readonly string[];
  /** The values of each option, in order; of one of yes and no, `true` or `false`. */
  readonly options: Readonly<Record<string, readonly string[]>>;
}

/** Takes arguments apart, as programs made with Go's Cobra do. @throws {Unknown} an option that is not known */
export function taken(args: readonly string[], known: Options): Call {
  const words: string[] = [];
  const options: Record<string, string[]> = {};
  for (let at = 0; at < args.length; at++) {
    const word = args[at] as string;
    if (!word.startsWith('-')) {
      words.push(word);
      continue;
    }
    const [, name = word, inline] = /^(--[\w-]+)=(.*)$/s.exec(word) ?? [];
    if (!Object.hasOwn(known, name)) throw new Unknown(`it knows no ${word}`);
    const value = inline ?? (known[name] ? args[++at] : 'true');
    if (value === undefined) throw new Unknown(`${name} needs a value`);
    if (!known[name] && !/^(true|false)$/.test(value)) throw new Unknown(`${name} is true or false, not ${value}`);
    options[name] = [...(options[name] ?? []), value];
  }
  return { words, options };
}

/** `a=b,c=d` as BuildKit reads it. @throws {Unknown} a field without a value */
export function fields(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text.split(',').map((field) => {
      const [, name, value] = /^([\w.:-]+)=(.*)$/s.exec(field) ?? [];
      if (!name || value === undefined) throw new Unknown(`no name and value: ${field}`);
      return [name, value];
    }),
  );
}

/**
 * Runs a stand-in: writes the call into the journal that `SLIPWAY_JOURNAL` names, one JSON list of words a line, and
 * does what it is asked. What it does not know ends with exit code 64, so that no test passes by a wrong argument.
 */
export async function standIn(
  program: string,
  run: (args: readonly string[]) => number | Promise<number>,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const journal = process.env.SLIPWAY_JOURNAL;
  if (journal) appendFileSync(journal, `${JSON.stringify([program, ...args])}\n`);
  try {
    process.exitCode = await run(args);
  } catch (error) {
    const { message } = error as Error;
    console.error(`The stand-in of ${program} refuses ${JSON.stringify(args)}: ${message}`);
    process.exitCode = error instanceof Unknown ? 64 : 1;
  }
}
