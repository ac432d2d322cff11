import { join } from 'node:path';
import { environmentBranch } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { runBenchmark } from './benchmark.ts';
import { median } from './measured.ts';
import { type Outside, serveOutside } from './outside.ts';
import { makePlace, type Place } from './place.ts';
import { type Bench, type Prepared, prepare } from './prepared.ts';
import { type CaseResult, type Run, type Side, typical } from './result.ts';
import { publishIn, slipwayIn } from './slipway.ts';
import { someOf, stages } from './workload.ts';

export const help = `npm run bench -- promote [options]: what slipway promote costs, beside the local forge

  Apps in three environments, of which one in five has changed: the gates of all are asked, one merge request is composed
  and written. Then once more, when there is nothing to write.

  --apps N   how many apps (default: 1000)
  --runs N   how often each runs; the table has the middle run (default: 5)
  --json     print JSON for programs
  --strict   exit with 1 when something wanted was missed
  --help     print this
`;

/** Runs the benchmark of promoting. @returns the exit code */
export const run = (program: string, args: readonly string[], say: (line: string) => void): Promise<number> =>
  runBenchmark(
    {
      name: 'promote',
      help,
      options: { apps: { type: 'string', default: '1000' } },
      most: { apps: 10_000 },
      measure: async (scratch, { numbers: { apps = 0, runs = 0 } }) => {
        const bench: Bench = { scratch, program, apps, runs, contender: false, say };
        return [await promoting(bench, await prepare(bench, apps))];
      },
    },
    args,
  );

async function promoting(bench: Bench, { server, commits }: Prepared): Promise<CaseResult> {
  const { scratch, program, apps, runs, say } = bench;
  const changed: Run[] = [];
  const again: Run[] = [];
  const calls: number[] = [];
  for (let run = 1; run <= runs; run++) {
    const place = await makePlace(scratch, program, server, commits.before);
    const outside = await serveOutside(scratch, place.remote, join(place.dir, 'forge.json'));
    try {
      const env = outside.variables;
      await everywhere(bench, place, env, outside);
      await place.remote.bytes(['update-ref', 'refs/heads/main', commits.some]);
      await place.checkout.bytes(['pull', '--quiet', '--ff-only']);
      await publishIn(scratch, place);
      outside.seen();
      outside.calls = 0;
      changed.push(await promoteIn(bench, place, env));
      calls.push(outside.calls);
      await check(outside, place, someOf(apps));
      again.push(await promoteIn(bench, place, env));
      say(
        `promote, run ${run} of ${runs}: ${changed.at(-1)?.ms.toFixed(0)} ms and ${calls.at(-1)} calls, again ${again.at(-1)?.ms.toFixed(0)} ms`,
      );
    } finally {
      outside.end();
      await scratch.remove(place.dir);
    }
  }
  const first: Side = { name: `${someOf(apps)} apps changed`, runs: changed };
  const second: Side = { name: 'nothing to write', runs: again };
  return {
    name: 'promote',
    title: `${apps} apps × ${stages.length} environments, ${someOf(apps)} changed: one run for all environments`,
    clocks: [
      'One process of slipway promote, from start to end; forge and Argo CD answer beside it on the same machine.',
    ],
    sides: [first, second],
    verdicts: [
      { what: 'reconcile and body', found: reconciling(first) / 1000, unit: 's', wanted: { atMost: 2 } },
      { what: 'the whole process, from cold', found: typical(first) / 1000, unit: 's' },
      { what: 'calls of the forge', found: median(calls), unit: 'calls', wanted: { atMost: 12 } },
      { what: 'nothing to write', found: typical(second) / 1000, unit: 's' },
    ],
  };
}

/** Of the whole process, without what Node needs to start and to load the command: git, the forge and the text. */
const reconciling = ({ runs }: Side): number =>
  median(runs.map(({ phases }) => phases['reconcile and body'] ?? Number.NaN));

/** Brings what is published to every environment, by merge requests. */
async function everywhere(bench: Bench, place: Place, env: NodeJS.ProcessEnv, outside: Outside): Promise<void> {
  for (const stage of stages.slice(1)) {
    outside.seen();
    await promoteIn(bench, place, env, '--to', stage);
    await check(outside, place, bench.apps, stage);
    for (const request of await outside.opened(environmentBranch(stage))) await outside.merge(request);
  }
}

const promoteIn = (
  { scratch }: Bench,
  place: Place,
  variables: NodeJS.ProcessEnv,
  ...args: readonly string[]
): Promise<Run> => slipwayIn(scratch, place, ['promote', ...args], variables);

/** @throws {Refusal} when the request does not move so many apps: there is nothing to measure then */
async function check(outside: Outside, { remote }: Place, moved: number, stage: string = stages[1]): Promise<void> {
  const branch = environmentBranch(stage);
  const [request, ...others] = await outside.opened(branch);
  const tip = request?.sha ?? branch;
  const apps = (await remote.lines(['diff-tree', '--name-only', branch, tip])).length;
  if (!request || others.length > 0 || apps !== moved)
    throw new Refusal(
      `slipway promote did not do its work: ${request ? 1 + others.length : 0} requests onto ${branch}, of ${apps} apps and not ${moved}`,
    );
}
