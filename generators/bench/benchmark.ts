import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { Misuse } from '../model/refusal.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { type CaseResult, isMet } from './result.ts';
import { Scratch } from './scratch.ts';
import { report } from './table.ts';

/** What every benchmark is asked; numbers have their greatest. */
const shared = {
  runs: { type: 'string', default: '5' },
  json: { type: 'boolean', default: false },
  strict: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

export interface Asked {
  /** The options that are numbers, by name. */
  readonly numbers: Readonly<Record<string, number>>;
  /** All options, as they were given. */
  readonly values: Readonly<Record<string, unknown>>;
}

export interface Benchmark {
  readonly name: string;
  readonly help: string;
  /** The options of its own. */
  readonly options: ParseArgsOptionsConfig;
  /** The greatest value of each option that is a number. */
  readonly most: Readonly<Record<string, number>>;
  measure(scratch: Scratch, asked: Asked): Promise<CaseResult[]>;
}

/**
 * Runs a benchmark and prints what it found.
 * @returns the exit code: 1 with `--strict` when something wanted was missed
 * @throws {Misuse} for an option that cannot be meant
 * @throws {Refusal} when a side did not do its work: there is nothing to compare then
 */
export async function runBenchmark(benchmark: Benchmark, args: readonly string[]): Promise<number> {
  const asked = parse(benchmark, args);
  const { values, numbers } = asked;
  if (values.help) {
    process.stdout.write(benchmark.help);
    return 0;
  }
  const scratch = new Scratch();
  try {
    // What the programs that are measured leave behind goes with the rest.
    Object.assign(process.env, { TMPDIR: scratch.dir });
    const machine = await thisMachine(scratch.dir);
    const results = await benchmark.measure(scratch, asked);
    if (values.json) console.log(JSON.stringify({ machine, ...numbers, results }, null, 2));
    else process.stdout.write(`${describeMachine(machine)}\n\n${report(results)}`);
    return values.strict && !results.every(({ verdicts }) => verdicts.every(isMet)) ? 1 : 0;
  } finally {
    scratch.closeNow();
  }
}

function parse({ name, options, most }: Benchmark, args: readonly string[]): Asked {
  const { values } = (() => {
    try {
      return parseArgs({ args: [...args], options: { ...shared, ...options } });
    } catch (error) {
      throw new Misuse(`${(error as Error).message} See npm run bench -- ${name} --help.`);
    }
  })();
  const numbers = Object.entries({ runs: 100, ...most }).map(([option, limit]) => {
    const text = String((values as Record<string, unknown>)[option]);
    if (!/^[1-9]\d*$/.test(text) || Number(text) > limit)
      throw new Misuse(`--${option} ${text}: write a number from 1 to ${limit}.`);
    return [option, Number(text)] as const;
  });
  return { values, numbers: Object.fromEntries(numbers) };
}
