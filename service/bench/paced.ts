import { json } from 'node:stream/consumers';
import { Refusal } from './refusal.ts';
import type { Scratch } from './scratch.ts';
import { environmentOf, ownProgram } from './side.ts';

/** What a steady rate of requests met. Latencies count from the moment at which a request was due to be sent. */
export type Pace = {
  /** Requests a second, as wanted. */
  rate: number;
  requests: number;
  /** Requests with those of the warm-up. */
  asked: number;
  /** Milliseconds. */
  p50Ms: number;
  p99Ms: number;
  maxMs: number;
};

/**
 * Asks a URL at a constant rate, from a process of its own.
 * @throws {Refusal} when one request was not answered with 200
 */
export async function runPaced(scratch: Scratch, url: string, rate: number, seconds: number): Promise<Pace> {
  const program = ownProgram('paced-side.ts', {}, [url, `${Math.round(rate)}`, `${seconds}`]);
  const child = scratch.spawn(program.command, program.args, {
    env: environmentOf(program),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('the process has no output');
  const found = (await json(child.stdout).catch(() => ({ failed: 'the client ended' }))) as Pace | { failed: string };
  if ('failed' in found) throw new Refusal(`${url}, asked ${Math.round(rate)} times a second: ${found.failed}`);
  return found;
}
