import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startCounted } from './counted.ts';
import type { Options } from './options.ts';
import { buildPeer, startPeer } from './peer.ts';
import { residentOf } from './proc.ts';
import { Refusal } from './refusal.ts';
import { type Round, runRound, type Standing } from './round.ts';
import { ladder, names, shippedProgram } from './rungs.ts';
import type { Scratch } from './scratch.ts';
import { buildService } from './service.ts';
import { ownProgram, startSide } from './side.ts';
import { measureStarts } from './starts.ts';
import { type Load, runWrk } from './wrk.ts';

/** Everything that one run of the benchmark found. */
export type Found = {
  rounds: Round[];
  /** Milliseconds of every start, by name. */
  starts: Record<string, number[]>;
  /** Bytes of the service as shipped; undefined without /proc. */
  resident: { atStart: number; peak: number; now: number } | undefined;
  /** How many spans the collector got for each request to the service as shipped. */
  spansPerRequest: number;
  /** Why the peer was not measured; undefined where it was. */
  peer: string | undefined;
};

/** Spans are sent in batches, the last of them five seconds late. */
const LAST_BATCH_MS = 6_000;

/** So long is code slow that was never run before. */
const WARM_UP_SECONDS = 3;

/** Requests to the service as shipped in all rounds. */
const askedOf = (rounds: readonly Round[]): number =>
  rounds.reduce((sum, { loads, paces }) => sum + (loads[names.shipped]?.asked ?? 0) + paces.shipped.asked, 0);

async function standPeers(
  scratch: Scratch,
  redisUrl: string,
  say: (line: string) => void,
): Promise<Standing[] | string> {
  try {
    const peer = buildPeer(say);
    return [
      { ...(await startPeer(scratch, peer, redisUrl, 'as documented')), name: names.peer, counts: true },
      { ...(await startPeer(scratch, peer, redisUrl, 'tuned')), name: names.tuned, counts: true },
    ];
  } catch (error) {
    return error instanceof Refusal ? error.message : `it does not start: ${(error as Error).message}`;
  }
}

/** @throws {Refusal} when something did not do its work: there is nothing to compare then */
export async function measure(scratch: Scratch, options: Options, say: (line: string) => void): Promise<Found> {
  say('building what the image runs');
  const built = join(scratch.dir, 'built');
  await buildService(scratch, built);
  const { url: redisUrl, hits } = await startCounted(scratch);
  const collector = await startSide(scratch, ownProgram('collector-side.ts'));

  // The first fetch of a process costs tens of milliseconds, and no start is to pay for it.
  await fetch(collector.url);
  say(`starting everything ${options.starts} times`);
  const starts = await measureStarts(
    scratch,
    [
      { name: 'node', program: { command: process.execPath, args: ['--eval', ''], env: {} }, ready: 'ends' },
      { name: 'Express', program: ownProgram('express-side.ts'), ready: '/' },
      { name: names.shipped, program: shippedProgram(built, redisUrl, collector.url), ready: '/readyz' },
    ],
    options.starts,
  );

  const standing: Standing[] = [];
  for (const { name, program, counts } of ladder(built, redisUrl, collector.url))
    standing.push({ ...(await startSide(scratch, program)), name, counts });
  const peers = options.peer ? await standPeers(scratch, redisUrl, say) : 'it was not asked for: --peer';
  if (typeof peers === 'object') standing.push(...peers);
  else say(`without the peer: ${peers}`);

  const { pids = [] } = standing.find(({ name }) => name === names.shipped) ?? {};
  const atStart = residentOf(pids)?.now;
  say('warming everything up');
  const warmUps: Partial<Record<string, Load>> = {};
  for (const { name, url } of standing) warmUps[name] = await runWrk(scratch, `${url}/`, WARM_UP_SECONDS);
  const rounds: Round[] = [];
  for (let index = 0; index < options.rounds; index++) {
    rounds.push(await runRound({ scratch, standing, hits, seconds: options.seconds, say }, index));
  }
  const atEnd = residentOf(pids);
  await delay(LAST_BATCH_MS);
  const { spans } = (await (await fetch(collector.url)).json()) as { spans: number };
  return {
    rounds,
    starts,
    resident: atEnd && atStart !== undefined ? { atStart, ...atEnd } : undefined,
    spansPerRequest: spans / (askedOf(rounds) + (warmUps[names.shipped]?.requests ?? 0)),
    peer: typeof peers === 'string' ? peers : undefined,
  };
}
