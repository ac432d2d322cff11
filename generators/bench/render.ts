import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Misuse } from '../model/refusal.ts';
import { describeMachine, thisMachine } from './machine.ts';
import { measure } from './measured.ts';
import { type CaseResult, isMet, type Run, ratio, type Side } from './result.ts';
import { Scratch } from './scratch.ts';
import { report } from './table.ts';

export const help = `npm run bench -- render [options]: what checking costs, beside rendering alone

  Renders apps of every kind, in three environments each, in a process of its own: once as they are, and once with every
  object held against its type and every policy.

  --apps N   how many apps (default: 1000)
  --runs N   how often each side runs, in turn; the table has the middle run (default: 5)
  --json     print JSON for programs
  --strict   exit with 1 when something wanted was missed
  --help     print this
`;

/** @throws {Misuse} for an option that cannot be meant. @throws {Refusal} when a side did not do its work */
export async function run(program: string, args: readonly string[], say: (line: string) => void): Promise<number> {
  const asked = parse(args);
  if (asked.help) {
    process.stdout.write(help);
    return 0;
  }
  const scratch = new Scratch();
  try {
    const machine = await thisMachine(scratch.dir);
    const result = await compared(scratch, program, asked, say);
    if (asked.json) console.log(JSON.stringify({ machine, ...asked, results: [result] }, null, 2));
    else process.stdout.write(`${describeMachine(machine)}\n\n${report([result])}`);
    return asked.strict && !result.verdicts.every(isMet) ? 1 : 0;
  } finally {
    scratch.closeNow();
  }
}

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

function parse(args: readonly string[]) {
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          apps: { type: 'string', default: '1000' },
          runs: { type: 'string', default: '5' },
          json: { type: 'boolean', default: false },
          strict: { type: 'boolean', default: false },
          help: { type: 'boolean', default: false },
        },
      });
    } catch (error) {
      throw new Misuse(`${(error as Error).message} See npm run bench -- render --help.`);
    }
  })();
  const count = (name: 'apps' | 'runs') => {
    if (!/^[1-9]\d{0,4}$/.test(values[name]))
      throw new Misuse(`--${name} ${values[name]}: write a number from 1 to 99999.`);
    return Number(values[name]);
  };
  return { ...values, apps: count('apps'), runs: count('runs') };
}
