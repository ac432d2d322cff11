import { type Pace, runPaced } from './paced.ts';
import { cpuMsOf, moment, type Shares, sharesBetween } from './proc.ts';
import { Refusal } from './refusal.ts';
import { names, type RungName } from './rungs.ts';
import type { Scratch } from './scratch.ts';
import type { Side } from './side.ts';
import { type Load, runWrk } from './wrk.ts';

/** A rung that runs. */
export type Standing = Pick<Side, 'pids' | 'url'> & { name: RungName; counts: boolean };

/** What one rung did in one round. */
export type Measured = Load & {
  /** Microseconds of CPU time per request, the server's alone; undefined without /proc. */
  cpuUs: number | undefined;
  /** Requests with those of the warm-up. */
  asked: number;
};

export type Round = {
  loads: Partial<Record<RungName, Measured>>;
  /** At half of what the service as shipped reached in this round; the others say what the machine does by itself. */
  paces: { shipped: Pace; incr: Pace; constant: Pace };
  /** Where the time went that nobody here used; undefined without /proc. */
  lost: Shares | undefined;
};

export type RoundProps = {
  scratch: Scratch;
  standing: readonly Standing[];
  /** The number that Redis keeps. */
  hits: () => Promise<number>;
  seconds: number;
  say: (line: string) => void;
};

/** The same, begun `by` further on, so that no rung is always measured after the same other. */
export const rotated = <T>(all: readonly T[], by: number): T[] => {
  const first = by % all.length;
  return [...all.slice(first), ...all.slice(0, first)];
};

// V8 takes compiled code away from a process that idles, as each does while the others are measured.
const WARM_UP_SECONDS = 1;

/** @throws {Refusal} when Redis counted less than was answered */
async function measure(props: RoundProps, { name, pids, url, counts }: Standing): Promise<Measured> {
  const { scratch, hits, seconds } = props;
  const warmUp = await runWrk(scratch, `${url}/`, WARM_UP_SECONDS);
  const before = { hits: await hits(), cpuMs: cpuMsOf(pids) };
  const load = await runWrk(scratch, `${url}/`, seconds);
  const cpuMs = cpuMsOf(pids);
  const counted = (await hits()) - before.hits;
  if (counts && counted < load.requests)
    throw new Refusal(`${name} answered ${load.requests} requests and counted ${counted} of them.`);
  const used = cpuMs === undefined || before.cpuMs === undefined ? undefined : cpuMs - before.cpuMs;
  const cpuUs = used === undefined ? undefined : (used * 1_000) / load.requests;
  return { ...load, asked: load.requests + warmUp.requests, cpuUs };
}

/** Measures every rung once, and the paces right after one another. */
export async function runRound(props: RoundProps, index: number): Promise<Round> {
  const { scratch, standing, seconds, say } = props;
  const started = moment();
  const loads: Round['loads'] = {};
  for (const rung of rotated(standing, index)) {
    const load = await measure(props, rung);
    loads[rung.name] = load;
    say(`round ${index + 1}: ${rung.name}: ${load.requestsPerSecond.toFixed(0)} requests/s`);
  }
  const rate = (loads[names.shipped]?.requestsPerSecond ?? 0) / 2;
  const paced = (name: RungName) => {
    const url = standing.find((rung) => rung.name === name)?.url ?? '';
    return runPaced(scratch, `${url}/`, rate, seconds);
  };
  const paces = {
    shipped: await paced(names.shipped),
    incr: await paced(names.incr),
    constant: await paced(names.constant),
  };
  const [shipped, incr, constant] = [paces.shipped, paces.incr, paces.constant].map(({ p99Ms }) => p99Ms.toFixed(1));
  say(
    `round ${index + 1}: p99 at ${rate.toFixed(0)}/s: ${shipped} ms; of one INCR ${incr} ms, of a constant ${constant} ms`,
  );
  return { loads, paces, lost: sharesBetween(started, moment()) };
}
