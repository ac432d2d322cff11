import { bareGit, changesOf, startupOf } from './bare-git.ts';
import { median } from './measured.ts';
import { type Bench, inPlace, type Prepared } from './prepared.ts';
import { type CaseResult, phasesOf, type Run, ratio, type Side } from './result.ts';
import { checkPublished, type Publishing, publishIn } from './slipway.ts';
import { type GitProcess, timeOf } from './trace.ts';
import { stages } from './workload.ts';

/** The git part of a publish that changes one app, against the bare git commands for it. */
export async function gitPart(bench: Bench, prepared: Prepared): Promise<CaseResult> {
  const { scratch, apps, runs, say } = bench;
  const published: Publishing[] = [];
  const bare: Run[] = [];
  const startup = await startupOf(prepared.server);
  for (let run = 1; run <= runs; run++) {
    const changes = await inPlace(bench, prepared, 'one', async (place) => {
      published.push(await publishIn(scratch, place, true));
      await checkPublished(place, apps, 1);
      return changesOf(place);
    });
    await inPlace(bench, prepared, 'one', async (place) => {
      const phases = await bareGit(place, changes);
      await checkPublished(place, apps, 1);
      bare.push({ ms: Object.values(phases).reduce((a, b) => a + b, 0), peak: undefined, phases });
    });
    say(`git, run ${run} of ${runs}: bare commands ${bare.at(-1)?.ms.toFixed(0)} ms`);
  }

  const told: Side = { name: 'slipway publish, its git phases', runs: published.flatMap(gitPhases) };
  const seen: Side = {
    name: 'slipway publish, while git ran',
    runs: published.map(workOf).map((git) => ({
      ms: timeOf(git, startup),
      peak: undefined,
      phases: byCommand(git, startup),
    })),
  };
  const ours = told.runs.length > 0 ? [told, seen] : [seen];
  const commands: Side = { name: 'bare git commands', runs: bare };
  return {
    name: 'git',
    title: `git part of one changed app: ${apps} apps × ${stages.length} environments`,
    clocks: [
      'Bare git: clone of rendered, ls-tree -r, fast-import of the changed files, push; the same for env/dev by tree id.',
      'Slipway, while git ran: the time in which at least one git process of it ran, by git’s own trace, each beginning',
      `${startup.toFixed(1)} ms earlier, which is what starting one takes here. It holds all that Slipway asks of git;`,
      'of fast-import, which takes what is rendered as it comes, the time after the last part.',
      'Slipway, its git phases: the phases that it tells whose names begin with git; absent when it tells none.',
      `Git processes of one publish: ${median(published.map(({ git = [] }) => git.length))}.`,
    ],
    sides: [commands, ...ours],
    verdicts: ours.map((side) => ({
      what: `${side.name}, against the bare git commands`,
      found: ratio(side, commands),
      unit: '×' as const,
      wanted: { atMost: 2 },
    })),
  };
}

/** The git processes of a publish, without the time that one of them waited for the render. */
const workOf = ({ git = [], phases }: Publishing): GitProcess[] =>
  git.map((process) => {
    const left = phases['git: import, what is left of it'];
    return process.command === 'fast-import' && left !== undefined
      ? { ...process, start: process.end - left }
      : process;
  });

/** What a publisher tells of git; nothing where it tells nothing. */
function gitPhases(run: Publishing): Run[] {
  const found = phasesOf({ name: '', runs: [run] }).filter(([name]) => name.startsWith('git'));
  if (found.length === 0) return [];
  return [{ ms: found.reduce((sum, [, ms]) => sum + ms, 0), peak: undefined, phases: Object.fromEntries(found) }];
}

/** Milliseconds by git command; commands that ran at once count each. */
function byCommand(git: readonly GitProcess[], startup: number): Record<string, number> {
  const commands = Map.groupBy(git, ({ command }) => command);
  return Object.fromEntries(
    [...commands].map(([command, some]) => [`${command} (${some.length})`, timeOf(some, startup)]),
  );
}
