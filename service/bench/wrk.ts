import { spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { Refusal } from './refusal.ts';
import type { Scratch } from './scratch.ts';

/** What one run of wrk found. */
export type Load = {
  requests: number;
  requestsPerSecond: number;
  /** Milliseconds in which 99 % were answered, with all connections asking as fast as they can. */
  p99Ms: number;
  /** Answers of 400 and above. */
  refused: number;
  /** Connections that were not made, broke or timed out. */
  broken: number;
};

const CONNECTIONS = 32;

/** Whether wrk can be run here; it has no exit status of its own for --version. */
export const wrkMissing = (): boolean => spawnSync('wrk', ['--version']).error !== undefined;

const millisecondsPer: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Reads what `wrk --latency` prints.
 * @throws {Refusal} when that is not the report of a run
 */
export function parseWrk(report: string): Load {
  const requests = /^\s*(\d+) requests in /m.exec(report)?.[1];
  const rate = /^Requests\/sec:\s+([\d.]+)$/m.exec(report)?.[1];
  const [, p99, unit = ''] = /^\s*99%\s+([\d.]+)(us|ms|s|m|h)\s*$/m.exec(report) ?? [];
  if (requests === undefined || rate === undefined || p99 === undefined)
    throw new Refusal(`wrk did not report a run, but said: ${report.trim().slice(-500)}`);
  const refused = /Non-2xx or 3xx responses: (\d+)/.exec(report)?.[1];
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(report) ?? [];
  return {
    requests: Number(requests),
    requestsPerSecond: Number(rate),
    p99Ms: Number(p99) * (millisecondsPer[unit] ?? Number.NaN),
    refused: Number(refused ?? 0),
    broken: errors.slice(1).reduce((sum, count) => sum + Number(count), 0),
  };
}

/**
 * Asks a URL as fast as 32 connections of one thread can.
 * @throws {Refusal} when the URL refused any of it: what does not do its work is not measured
 */
export async function runWrk(scratch: Scratch, url: string, seconds: number): Promise<Load> {
  const args = ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '--latency', url];
  const child = scratch.spawn('wrk', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const { stdout, stderr } = child;
  if (!stdout || !stderr) throw new Error('the process has no output');
  const load = parseWrk((await Promise.all([text(stdout), text(stderr)])).join('\n'));
  if (load.refused + load.broken > 0)
    throw new Refusal(`${url} refused ${load.refused} requests and broke ${load.broken} connections under wrk.`);
  return load;
}
