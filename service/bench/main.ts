import { redisMissing } from '../redis.fixture.ts';
import { answer, verdictsOf } from './goals.ts';
import { CORES, describeMachine, holdToCores, thisMachine } from './machine.ts';
import { measure } from './measure.ts';
import { help, parseOptions } from './options.ts';
import { Refusal } from './refusal.ts';
import { names } from './rungs.ts';
import { Scratch } from './scratch.ts';
import { report } from './table.ts';
import { wrkMissing } from './wrk.ts';

// What the counter carries: npm run bench [-- options].

const say = (line: string) => process.stderr.write(`${line}\n`);

async function run(args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  if (wrkMissing()) throw new Refusal('The load is made by wrk, which is not installed here: apt-get install wrk.', 2);
  if (redisMissing)
    throw new Refusal('The hits are kept by Redis, which is not installed here: apt-get install redis-server.', 2);
  const scratch = new Scratch();
  // Redis' files, and what the programs that are measured leave behind, go with the rest.
  process.env.TMPDIR = scratch.dir;
  const cores = holdToCores();
  if (cores !== CORES) say(`There are ${cores} cores here: the goals are meant for ${CORES}, shared by all.`);
  const machine = await thisMachine(scratch.dir, cores);
  const found = await measure(scratch, options, say);
  const verdicts = verdictsOf(found).map((verdict) => ({ ...verdict, answer: answer(verdict) }));
  if (options.json) console.log(JSON.stringify({ machine, options, ...found, verdicts }, null, 2));
  else process.stdout.write(`${describeMachine(machine)}\n\n${report(found)}`);
  const passed = verdicts.every(
    ({ what, answer }) => answer === 'met' || (answer === 'not measured' && what.includes(names.peer) && !options.peer),
  );
  return options.strict && !passed ? 1 : 0;
}

try {
  process.exit(await run(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  say(`bench: ${error.message}`);
  process.exit(error.exitCode);
}
