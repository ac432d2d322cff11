import { join } from 'node:path';
import { runBenchmark } from './benchmark.ts';
import { measure } from './measured.ts';
import { type CaseResult, type Run, ratio, type Side } from './result.ts';
import type { Scratch } from './scratch.ts';

export const help = `npm run bench -- render [options]: what checking costs, beside rendering alone

  Renders apps of every kind, in three environments each, in a process of its own: once as they are, and once with every
  object held against its type and every policy.

  --apps N   how many apps (default: 1000)
  --runs N   how often each side runs, in turn; the table has the middle run (default: 5)
  --json     print JSON for programs
  --strict   exit with 1 when something wanted was missed
  --help     print this
`;

/** Runs the benchmark of rendering and checking. @returns the exit code */
export const run = (program: string, args: readonly string[], say: (line: string) => void): Promise<number> =>
  runBenchmark(
    {
      name: 'render',
      help,
      options: { apps: { type: 'string', default: '1000' } },
      most: { apps: 99_999 },
      measure: async (scratch, { numbers: { apps = 0, runs = 0 } }) => [
        await compared(scratch, program, { apps, runs }, say),
      ],
    },
    args,
  );

async function compared(
  scratch: Scratch,
  program: string,
  { apps, runs }: { readonly apps: number; readonly runs: number },
  say: (line: string) => void,
): Promise<CaseResult> {
  const sides = { alone: [] as Run[], checked: [] as Run[] };
  for (let run = 1; run <= runs; run++) {
    for (const [name, made] of Object.entries(sides)) {
      const side = join(program, 'generators', 'bench', 'render-side.ts');
      const cost = await measure(scratch, process.execPath, [side, name, String(apps)], {
        cwd: program,
        env: process.env,
      });
      made.push({ ...cost, phases: JSON.parse(cost.stdout) as Run['phases'] });
      say(`${name}, run ${run} of ${runs}: ${cost.ms.toFixed(0)} ms`);
    }
  }
  const alone: Side = { name: 'rendering alone', runs: sides.alone };
  const checked: Side = { name: 'rendering, types and policies', runs: sides.checked };
  return {
    name: 'render',
    title: `${apps} apps × 3 environments, rendered and checked`,
    clocks: ['One process, from start to end: definitions checked, charts drawn, YAML written; nothing read from git.'],
    sides: [alone, checked],
    verdicts: [
      {
        what: 'rendered and checked, against rendering alone',
        found: ratio(checked, alone),
        unit: '×',
        wanted: { atMost: 1.6 },
      },
    ],
  };
}
