import { parseArgs } from 'node:util';
import { Refusal } from './refusal.ts';

/** What was asked. */
export type Options = {
  /** How often every rung runs. */
  rounds: number;
  /** Seconds for which it runs each time. */
  seconds: number;
  /** How often every program is started for the time from start to ready. */
  starts: number;
  /** Whether Flask, gunicorn and nginx run as well. */
  peer: boolean;
  json: boolean;
  strict: boolean;
  help: boolean;
};

export const help = `npm run bench -- [options]: what the counter carries, beside what else could be run

  --rounds N   how often every rung runs, in turn; ratios are taken within a round (default: 12)
  --seconds N  seconds for which it runs each time (default: 3)
  --quick      one round of 2 seconds, to see how it goes
  --peer       Flask, gunicorn and nginx as well, as documented and tuned, built into the user's cache folder
  --json       print JSON for programs
  --strict     exit with 1 when a goal was missed, or was asked for and could not be measured
  --help       print this

It needs wrk and redis-server, and two cores: where there are more, everything is held to two of them.
With the defaults it takes about six minutes. It works in the temporary folder, where Redis writes every hit to disk
before it answers: where that disk is slow, TMPDIR=/dev/shm measures the programs and not the disk.
`;

/** @throws {Refusal} for an option that cannot be meant */
export function parseOptions(args: readonly string[]): Options {
  const { values } = (() => {
    try {
      return parseArgs({
        args: [...args],
        options: {
          rounds: { type: 'string' },
          seconds: { type: 'string' },
          quick: { type: 'boolean', default: false },
          peer: { type: 'boolean', default: false },
          json: { type: 'boolean', default: false },
          strict: { type: 'boolean', default: false },
          help: { type: 'boolean', default: false },
        },
      });
    } catch (error) {
      throw new Refusal(`${(error as Error).message} See npm run bench -- --help.`, 2);
    }
  })();
  const number = (option: 'rounds' | 'seconds', otherwise: number, most: number): number => {
    const text = values[option] ?? `${otherwise}`;
    if (!/^[1-9]\d{0,8}$/.test(text) || Number(text) > most)
      throw new Refusal(`--${option} ${text}: write a number from 1 to ${most}.`, 2);
    return Number(text);
  };
  const { quick, peer, json, strict, help } = values;
  return {
    rounds: number('rounds', quick ? 1 : 12, 100),
    seconds: number('seconds', quick ? 2 : 3, 600),
    starts: quick ? 3 : 11,
    ...{ peer, json, strict, help },
  };
}
