import { parseArgs, styleText } from 'node:util';
import { redisMissing } from '../redis.fixture.ts';
import { runKills } from './kills.ts';
import type { Violation } from './ledger.ts';
import { seeded } from './random.ts';
import { runRollouts } from './rollouts.ts';

const HELP = `npm run test:faults -- [options]

Kills service, Redis or both under load, and rolls the service out under load; then says whether every
acknowledged hit was counted, each once, and no request of a rollout failed. It takes long; npm test has the short form.

  --kills N         how often something gets SIGKILL               (default: 200)
  --rollouts N      how often the service is replaced              (default: 100)
  --concurrency N   visitors at once                               (default: 16)
  --seed N          victims and moments of an earlier run again    (default: new ones, printed)
  --json            the summary as JSON on stdout, the progress on stderr
  --help            this

It exits 0 when all was kept, 1 when something was violated or did not come back, 2 when it cannot be run so.
`;

/** Of the long work one line each so many. */
const TOLD_EVERY = 10;

const VIOLATIONS_SHOWN = 10;

function misuse(sentence: string): never {
  process.stderr.write(`${sentence} See npm run test:faults -- --help.\n`);
  process.exit(2);
}

function options() {
  try {
    return parseArgs({
      options: {
        kills: { type: 'string', default: '200' },
        rollouts: { type: 'string', default: '100' },
        concurrency: { type: 'string', default: '16' },
        seed: { type: 'string', default: `${Math.floor(Math.random() * 2 ** 32)}` },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    return misuse((error as Error).message);
  }
}

const values = options();

function wholeNumber(name: 'kills' | 'rollouts' | 'concurrency' | 'seed', least: number, most: number): number {
  const text = values[name];
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
  return misuse(`--${name} is "${text}", which is not a whole number from ${least} to ${most}.`);
}

const progress = values.json ? process.stderr : process.stdout;

const began = performance.now();
const seconds = () => Math.round((performance.now() - began) / 1_000);

/** Coloured on a terminal only. */
function say(line: string, style?: 'green' | 'red'): void {
  progress.write(`${style ? styleText(style, line, { stream: progress }) : line}\n`);
}

const teller = (what: string) => (done: number, of: number) => {
  if (done % TOLD_EVERY === 0 || done === of) say(`${done} of ${of} ${what} after ${seconds()} s`);
};

function sayViolations(violations: readonly Violation[]): void {
  for (const { invariant, sentence } of violations.slice(0, VIOLATIONS_SHOWN)) {
    say(`Violated: ${invariant}. ${sentence}`, 'red');
  }
  const more = violations.length - VIOLATIONS_SHOWN;
  if (more > 0) say(`And ${more} more.`, 'red');
}

async function main(): Promise<void> {
  const seed = wholeNumber('seed', 0, 2 ** 32 - 1);
  const kills = wholeNumber('kills', 0, 100_000);
  const rollouts = wholeNumber('rollouts', 0, 100_000);
  const concurrency = wholeNumber('concurrency', 1, 1_000);
  if (redisMissing) misuse(redisMissing);

  say(`${kills} kills and ${rollouts} rollouts under ${concurrency} visitors, seed ${seed}`);
  const random = seeded(seed);
  const killed = await runKills({ kills, concurrency, random, tell: teller('kills') });
  if (kills > 0) {
    const { service, redis, both } = killed.kills;
    say(`Killed: the service ${service} times, Redis ${redis} times, both ${both} times.`);
    say(`  ${killed.acknowledged} hits acknowledged, ${killed.replayed} keys asked again, ${killed.total} counted`);
    say(`  ${killed.uncertain} attempts left without a number, ${killed.refused} refused with nobody there`);
    say(`  slowest to be ready again: ${killed.slowestRecoveryMs} ms`);
  }
  const rolled = await runRollouts({ rollouts, concurrency, random, tell: teller('rollouts') });
  if (rollouts > 0) {
    const requests = rolled.acknowledged + rolled.replayed;
    say(
      `Rolled out ${rolled.rollouts} times: ${requests} requests answered, ${rolled.uncertain + rolled.refused} failed.`,
    );
    say(`  ${rolled.acknowledged} hits acknowledged, ${rolled.replayed} keys asked again, ${rolled.total} counted`);
  }
  const violations = [...killed.violations, ...rolled.violations];
  if (values.json) {
    const summary = { seed, concurrency, seconds: seconds(), kills: killed, rollouts: rolled };
    process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  }
  sayViolations(violations);
  if (violations.length === 0) say(`Every promise was kept; it took ${seconds()} s.`, 'green');
  else fail(`${violations.length} violations after ${seconds()} s.`);
}

function fail(sentence: string): void {
  process.exitCode = 1;
  // The draws follow one another, so all the counts belong to the seed.
  const { kills, rollouts, concurrency, seed } = values;
  const again = `--kills ${kills} --rollouts ${rollouts} --concurrency ${concurrency} --seed ${seed}`;
  say(`${sentence} To see it again: npm run test:faults -- ${again}`, 'red');
}

// By default both signals end the process without the farewell that ends its children.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

if (values.help) process.stdout.write(HELP);
else {
  await main().catch((error) => {
    fail(error instanceof Error ? error.message : String(error));
  });
}
