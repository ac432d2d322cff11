import { Misuse } from '../model/refusal.ts';
import { runBenchmark } from './benchmark.ts';
import { type Comparison, compare, prepareContender } from './comparison.ts';
import { gitPart } from './git-part.ts';
import { growth } from './growth.ts';
import { idle } from './idle.ts';
import { type Bench, prepare } from './prepared.ts';
import type { CaseResult } from './result.ts';

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
 * Runs the benchmark of publishing.
 * @param program the checkout that is measured
 * @returns the exit code
 */
export const run = (program: string, args: readonly string[], say: (line: string) => void): Promise<number> =>
  runBenchmark(
    {
      name: 'publish',
      help,
      options: {
        apps: { type: 'string', default: '1000' },
        case: { type: 'string' },
        'no-contender': { type: 'boolean', default: false },
      },
      most: { apps: 10_000 },
      measure: (scratch, { values, numbers: { apps = 0, runs = 0 } }) => {
        const only = values.case as string | undefined;
        if (only !== undefined && !cases.includes(only))
          throw new Misuse(`--case ${only}: known are ${cases.join(', ')}.`);
        const bench: Bench = { scratch, program, apps, runs, contender: !values['no-contender'], say };
        return measureCases(bench, only === undefined ? cases : [only]);
      },
    },
    args,
  );

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
