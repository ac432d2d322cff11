import { readFileSync } from 'node:fs';
import { standIn, Unknown } from './call.fixture.ts';

// aws, eksctl and kubectl, of whom nothing is here but what a test says: the file that `SLIPWAY_ANSWERS` names lists
// the calls that may come, each with its whole arguments, and what is said to each. Any other call is refused.

/** One call that may come. */
interface Answer {
  /** The program and its arguments, with single spaces between. */
  readonly call: string;
  /** @default nothing; what is no text is printed as JSON */
  readonly out?: unknown;
  readonly err?: string;
  /** @default 0 */
  readonly code?: number;
}

const [, , program = '', ...asked] = process.argv;

await standIn(program, answer, asked);

function answer(args: readonly string[]): number {
  const file = process.env.SLIPWAY_ANSWERS;
  const answers = file ? (JSON.parse(readFileSync(file, 'utf8')) as Answer[]) : [];
  const call = [program, ...args].join(' ');
  const found = answers.find((one) => one.call === call);
  if (!found) throw new Unknown('no test has said what it answers to that');
  const { out = '', err = '', code = 0 } = found;
  process.stdout.write(typeof out === 'string' ? out : JSON.stringify(out));
  process.stderr.write(err);
  return code;
}
