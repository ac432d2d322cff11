import { parseArgs } from 'node:util';
import { Random } from './random.ts';
import type { Task } from './task.ts';
import { tasks } from './tasks.ts';
import { failed, teeth } from './teeth.ts';

const all: readonly Task[] = [...tasks, teeth];

const help = `npm run test:faults -- [options]

Proves that publish and promote cannot be broken from outside. It takes long; npm test has the short form.

${all.map(({ name, about, count }) => `  ${name.padEnd(14)}${about} (${count})`).join('\n')}

  --only NAME   one of them
  --seed N      the chances of an earlier run again  (default: new ones, printed)
  --count N     so many instead of the number in brackets
  --short       the short form
  --help        this
`;

const { values } = (() => {
  try {
    return parseArgs({
      options: {
        only: { type: 'string' },
        seed: { type: 'string' },
        count: { type: 'string' },
        short: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
  } catch (error) {
    return misuse((error as Error).message);
  }
})();

function wholeNumber(name: 'seed' | 'count'): number | undefined {
  const value = values[name];
  if (value === undefined || /^\d{1,10}$/.test(value)) return value === undefined ? undefined : Number(value);
  return misuse(`--${name} ${value}: it must be a whole number.`);
}

function misuse(message: string): never {
  process.stderr.write(`${message} See npm run test:faults -- --help.\n`);
  process.exit(2);
}

if (values.help) {
  process.stdout.write(help);
} else {
  const chosen = all.filter(({ name }) => values.only === undefined || values.only === name);
  if (chosen.length === 0) misuse(`--only ${values.only}: known are ${all.map(({ name }) => name).join(', ')}.`);
  const seed = wholeNumber('seed') ?? Math.floor(Math.random() * 2 ** 32);
  for (const [index, task] of chosen.entries()) await prove(task, seed, `${index + 1} of ${chosen.length}`);
}

async function prove({ name, about, run, count: long }: Task, seed: number, place: string): Promise<void> {
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  const count = values.short ? undefined : (wholeNumber('count') ?? long);
  const again = `npm run test:faults -- --only ${name} --seed ${seed}`;
  process.stdout.write(`${place}: ${name} (${count ?? 'short'}, seed ${seed})\n  ${about}\n`);
  let told = -1;
  const say = (done: number, of: number) => {
    // A line now and then: a log of a pipeline keeps them all.
    if (done < of && Math.floor((done / of) * 20) === told) return;
    told = Math.floor((done / of) * 20);
    const rest = done > 0 && done < of ? `, about ${duration((elapsed() / done) * (of - done))} to go` : '';
    process.stdout.write(`  ${done} of ${of} after ${duration(elapsed())}${rest}\n`);
  };
  try {
    const summary = await run({ random: new Random(seed), count, say });
    const numbers = Object.entries(summary).map(([what, number]) => `${number} ${what}`);
    process.stdout.write(`  passed in ${duration(elapsed())}: ${numbers.join(', ')}\n`);
  } catch (error) {
    process.exitCode = 1;
    process.stderr.write(`${failed(name)} after ${duration(elapsed())}; to see it again: ${again}\n${tell(error)}\n`);
  }
}

/** In seconds while they are few, or in minutes. */
function duration(milliseconds: number): string {
  return milliseconds < 90_000 ? `${Math.round(milliseconds / 1000)} s` : `${Math.round(milliseconds / 60_000)} min`;
}

/** The message of an error, and of what caused it. */
function tell(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause === undefined ? message : `${message}\n${tell(cause)}`;
}
