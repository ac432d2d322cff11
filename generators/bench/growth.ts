import { type Bench, inPlace, type Prepared, prepare } from './prepared.ts';
import { type CaseResult, peakOf, type Run, type Side, typical, type Verdict } from './result.ts';
import { checkPublished, publishIn } from './slipway.ts';
import { stages } from './workload.ts';

/**
 * How many apps there are at each step: the last has about ten parts for each app of the other cases, each step before
 * it a tenth, down to about ten parts. With 1,000 apps that is 12 → 10,002 parts.
 */
export function sizes(apps: number): number[] {
  const found: number[] = [];
  for (let parts = apps * 10; parts >= 10 || found.length === 0; parts /= 10)
    found.unshift(Math.ceil(parts / stages.length));
  return found;
}

/** Time and memory as the number of parts grows, all of them changed. */
export async function growth(bench: Bench): Promise<CaseResult> {
  const { scratch, runs, say } = bench;
  const steps: { readonly parts: number; readonly side: Side }[] = [];
  for (const apps of sizes(bench.apps)) {
    const prepared: Prepared = await prepare(bench, apps);
    const parts = apps * stages.length;
    const made: Run[] = [];
    for (let run = 1; run <= runs; run++) {
      await inPlace(bench, prepared, 'all', async (place) => {
        made.push(await publishIn(scratch, place));
        await checkPublished(place, apps, apps);
      });
      say(`parts, ${parts} parts, run ${run} of ${runs}: ${made.at(-1)?.ms.toFixed(0)} ms`);
    }
    steps.push({ parts, side: { name: `${parts} parts`, runs: made } });
    await scratch.remove(prepared.dir);
  }
  const verdicts: Verdict[] = [];
  const peak = Math.max(...steps.map(({ side }) => peakOf(side) ?? 0));
  if (peak > 0) {
    const most = steps.at(-1)?.parts;
    verdicts.push({
      what: `peak memory of the whole process tree, up to ${most} parts`,
      found: peak / 2 ** 20,
      unit: 'MB',
      wanted: { atMost: 512 },
    });
  }
  const [small, middle, large] = steps.slice(-3);
  if (small && middle && large) {
    const each = (from: typeof small, to: typeof small) =>
      (typical(to.side) - typical(from.side)) / (to.parts - from.parts);
    verdicts.push({
      what: `linear: what a further part costs from ${middle.parts} parts on, against before`,
      found: each(middle, large) / each(small, middle),
      unit: '×',
      wanted: { atMost: 1.3 },
    });
  }
  return {
    name: 'parts',
    title: `${steps[0]?.parts} → ${steps.at(-1)?.parts} parts, all changed`,
    clocks: [
      'One process of slipway publish, from start to end, in a fresh clone with nothing cached.',
      'Memory is what all its processes had resident at one time; pages that two of them share count twice.',
    ],
    sides: steps.map(({ side }) => side),
    verdicts,
  };
}
