import { parseArgs } from 'node:util';
import { Misuse } from '../model/refusal.ts';
import { type Comparison, compare, prepareContender } from './comparison.ts';
import { gitPart } from './git-part.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { type Bench, prepare } from './prepared.ts';
import { type CaseResult, isMet } from './result.ts';
import { Scratch } from './scratch.ts';
import { report } from './table.ts';

const comparisons: readonly Comparison[] = [
  { name: 'all', title: 'all changed, cold process', commit: 'all', atLeast: 8, dream: 12 },
  { name: 'one', title: 'one changed, fresh clone', commit: 'one', atLeast: 25, dream: 40 },
];

/** The cases, in the order in which they run. */
export const cases = [...comparisons.map(({ name }) => name), 'git', 'none', 'parts'];

export const help = `npm run bench -- publish [options]: what slipway publish costs, beside what a team would otherwise run

  all    every app changed, against the cdk8s CLI + git
  one    one app changed, against the same
  git    the git part of "one", against the bare git commands for it
  none   no app changed
  parts  10 → 10,000 parts, all changed: time and peak memory

  --apps N        how many apps, in three environments each (default: 1000); "parts" goes up to ten parts for each
  --runs N        how often each side runs, in turn; the table has the middle run (default: 5)
  --case NAME     only this case: ${cases.join(', ')}
  --no-contender  without the cdk8s CLI, which is otherwise installed into .slipway/bench
  --json          print JSON for programs
  --strict        exit with 1 when something wanted was missed
  --help          print this

With the defaults it takes some minutes; with --apps 30 --runs 1 it shows how it goes. It works in the temporary folder:
where that is on a slow disk, TMPDIR=/dev/shm measures the programs and not the disk.
`;

/**
 * Runs the benchmark of publishing and prints what it found.
 * @param program the checkout that is measured
 * @returns the exit code
 * @throws {Misuse} for an option that cannot be meant
 * @throws {Refusal} when a side did not do its work: there is nothing to compare then
 */
export async function run(program: string, args: readonly string[], say: (line: string) => void): Promise<number> {
  const asked = parse(args);
  if (asked.help) {
    process.stdout.write(help);
    return 0;
  }
  const scratch = new Scratch();
  try {
    // What the programs that are measured leave behind goes with the rest.
    Object.assign(process.env, { TMPDIR: scratch.dir });
    const machine = await thisMachine(scratch.dir);
    const bench: Bench = { scratch, program, ...asked, say };
    const results = await measureCases(bench, asked.cases);
    if (asked.json) console.log(JSON.stringify({ machine, apps: asked.apps, runs: asked.runs, results }, null, 2));
    else process.stdout.write(`${describeMachine(machine)}\n\n${report(results)}`);
    return asked.strict && !results.every(({ verdicts }) => verdicts.every(isMet)) ? 1 : 0;
  } finally {
    scratch.closeNow();
  }
}

async function measureCases(bench: Bench, wanted: readonly string[]): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  const shared = wanted.some((name) => name !== 'parts') ? await prepare(bench, bench.apps) : undefined;
  if (shared) {
    const compared = comparisons.filter(({ name }) => wanted.includes(name));
    const contender = bench.contender && compared.length > 0 ? await prepareContender(bench, shared) : undefined;
    for (const comparison of compared) results.push(await compare(bench, shared, contender, comparison));
    if (wanted.includes('git')) results.push(await gitPart(bench, shared));
    if (wanted.includes('none')) results.push(await idle(bench, shared));
  }
  if (wanted.includes('parts')) results.push(await growth(bench));
  return results;
}

function parse(args: readonly string[]) {
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          apps: { type: 'string', default: '1000' },
          runs: { type: 'string', default: '5' },
          case: { type: 'string' },
          'no-contender': { type: 'boolean', default: false },
          json: { type: 'boolean', default: false },
          strict: { type: 'boolean', default: false },
          help: { type: 'boolean', default: false },
        },
      });
    } catch (error) {
      throw new Misuse(`${(error as Error).message} See npm run bench -- publish --help.`);
    }
  })();
  const count = (name: 'apps' | 'runs', most: number) => {
    const text = values[name];
    if (!/^[1-9]\d*$/.test(text) || Number(text) > most)
      throw new Misuse(`--${name} ${text}: write a number from 1 to ${most}.`);
    return Number(text);
  };
  if (values.case !== undefined && !cases.includes(values.case))
    throw new Misuse(`--case ${values.case}: known are ${cases.join(', ')}.`);
  return {
    apps: count('apps', 10_000),
    runs: count('runs', 100),
    cases: values.case === undefined ? cases : [values.case],
    contender: !values['no-contender'],
    json: values.json,
    strict: values.strict,
    help: values.help,
  };
}
