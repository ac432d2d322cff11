import { head, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { type Bench, inPlace, type Prepared } from './prepared.ts';
import { type CaseResult, type Run, type Side, typical } from './result.ts';
import { checkPublished, publishIn } from './slipway.ts';
import { stages } from './workload.ts';

/** What it costs when no app changed: a commit that touches none, and then the same commit again. */
export async function idle(bench: Bench, prepared: Prepared): Promise<CaseResult> {
  const { scratch, apps, runs, say } = bench;
  const untouched: Run[] = [];
  const again: Run[] = [];
  for (let run = 1; run <= runs; run++) {
    await inPlace(bench, prepared, 'none', async (place) => {
      const tips = [await place.remote.commit(head(rendered))];
      for (const list of [untouched, again]) {
        list.push(await publishIn(scratch, place));
        await checkPublished(place, apps, 0);
        tips.push(await place.remote.commit(head(rendered)));
      }
      if (tips[0] === tips[1] || tips[1] !== tips[2])
        throw new Refusal(
          `a commit is recorded once in rendered, and then never again; its tips were ${tips.join(', ')}`,
        );
    });
    say(`none, run ${run} of ${runs}: ${untouched.at(-1)?.ms.toFixed(0)} ms, again ${again.at(-1)?.ms.toFixed(0)} ms`);
  }
  const sides: Side[] = [
    { name: 'a commit that touches no app', runs: untouched },
    { name: 'the same commit again', runs: again },
  ];
  return {
    name: 'none',
    title: `nothing changed: ${apps} apps × ${stages.length} environments`,
    clocks: [
      'One process of slipway publish, from start to end: the first in a fresh clone with nothing cached, the second there.',
    ],
    sides,
    verdicts: sides.map((side) => ({
      what: `nothing changed: ${side.name}, whole process`,
      found: typical(side) / 1000,
      unit: 's' as const,
      wanted: { atMost: 1.2 },
    })),
  };
}
