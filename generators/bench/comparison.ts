import { join } from 'node:path';
import { Git } from '../git/git.ts';
import { main } from '../model/names.ts';
import { checkSameObjects, checkSynthesis, type Files, installContender, layouts, synthIn } from './contender.ts';
import { type Bench, inPlace, type Prepared, packed } from './prepared.ts';
import { type CaseResult, type Run, ratio, type Side, type Verdict } from './result.ts';
import { checkPublished, publishIn } from './slipway.ts';
import { stages } from './workload.ts';

/** Slipway against the cdk8s CLI: how many of the apps change, and what is wanted. */
export interface Comparison {
  readonly name: string;
  readonly title: string;
  readonly commit: 'all' | 'one';
  readonly atLeast: number;
  readonly dream: number;
}

/** The cdk8s CLI, ready to run: where it is, and per way of dividing files what its GitOps repository had before. */
export interface Contender {
  readonly cli: string;
  readonly gitops: ReadonlyMap<Files, Git>;
}

const nameOf = (files: Files) =>
  `cdk8s CLI + git, ${{ whole: 'one App', chart: 'an App per environment', object: 'so, a file per object' }[files]}`;

/** Installs the contender and lets it publish the first commit, too. */
export async function prepareContender(bench: Bench, prepared: Prepared): Promise<Contender> {
  const { scratch, program, say } = bench;
  const cli = await installContender(program, say, scratch);
  const gitops = new Map<Files, Git>();
  for (const files of layouts) {
    say(`${nameOf(files)}: its repository as it is before`);
    const empty = new Git(await scratch.folder('gitops'));
    await empty.bytes(['init', '--quiet', '--bare', `--initial-branch=${main}`]);
    await inPlace(bench, prepared, 'before', async (place) => {
      const { pushed } = await synthIn({ scratch, cli, files }, place, empty);
      await checkSynthesis(pushed, files, bench.apps, 0);
      const kept = new Git(join(empty.dir, 'before.git'));
      await empty.bytes(['clone', '--quiet', '--mirror', pushed.dir, kept.dir]);
      await packed(kept);
      gitops.set(files, kept);
    });
  }
  return { cli, gitops };
}

/** Runs both sides in turn and compares them. */
export async function compare(
  bench: Bench,
  prepared: Prepared,
  contender: Contender | undefined,
  { name, title, commit, atLeast, dream }: Comparison,
): Promise<CaseResult> {
  const { scratch, apps, runs, say } = bench;
  const changed = commit === 'all' ? apps : 1;
  const slipway: Run[] = [];
  const others = new Map<Files, Run[]>();
  for (let run = 1; run <= runs; run++) {
    await inPlace(bench, prepared, commit, async (ours) => {
      const { ms, peak, phases } = await publishIn(scratch, ours);
      slipway.push({ ms, peak, phases });
      await checkPublished(ours, apps, changed);
      say(`${name}, run ${run} of ${runs}: slipway ${slipway.at(-1)?.ms.toFixed(0)} ms`);
      for (const [files, gitops] of contender?.gitops ?? []) {
        const theirs = await inPlace(bench, prepared, commit, async (place) => {
          const synthesis = await synthIn({ scratch, cli: contender?.cli ?? '', files }, place, gitops);
          await checkSynthesis(synthesis.pushed, files, apps, changed);
          for (const app of [prepared.names[0], prepared.names.at(-1)])
            await checkSameObjects(synthesis.pushed, files, ours, app ?? '');
          return synthesis;
        });
        const { ms, peak, phases } = theirs;
        others.set(files, [...(others.get(files) ?? []), { ms, peak, phases }]);
        say(`${name}, run ${run} of ${runs}: ${nameOf(files)} ${theirs.ms.toFixed(0)} ms`);
      }
    });
  }
  const ours: Side = { name: 'slipway publish', runs: slipway };
  const theirs = [...others].map(([files, runs]): Side => ({ name: nameOf(files), runs }));
  return {
    name,
    title: `${title}: ${apps} apps × ${stages.length} environments, ${prepared.objects} objects per app`,
    clocks: [
      'Both start from a fresh clone of main, with packages installed and nothing cached; that clone is in neither clock.',
      'Slipway: one process of slipway publish, from start to end: what it fetches, renders, writes and pushes.',
      'cdk8s CLI: cdk8s synth (an App with a chart per service), and in its GitOps repository clone --depth=1,',
      'copy, add, commit, push, since a pipeline has no such clone either. Its app runs as plain Node, without ts-node.',
      'Both render the same objects, with the same charts; both push to a file:// server.',
    ],
    sides: [ours, ...theirs],
    verdicts: theirs.map((side, index): Verdict => {
      const found = { what: `${title}: times faster than ${side.name}`, found: ratio(side, ours), unit: '×' } as const;
      // What was wanted is measured against one App; the others say what is left against who works around its cost.
      return layouts[index] === 'whole' ? { ...found, wanted: { atLeast }, dream } : found;
    }),
  };
}
