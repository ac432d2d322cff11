import type { Happening } from '../board/facts.ts';
import { readDeeds } from '../git/chronicle.ts';
import { metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Event, eventsOf } from '../model/event.ts';
import type { Metadata } from '../model/metadata.ts';
import { pipelineFile } from '../model/names.ts';
import type { Deed } from '../model/request.ts';
import { move, quote } from '../model/words.ts';
import type { Row, Standing } from './survey.ts';

/** So many commits of each environment are told. */
const most = 12;

/** What happened lately in all environments, newest first: who, when, what, and in whose words. */
export async function happenings(mirror: Mirror, { environments, rendered, rows }: Standing): Promise<Happening[]> {
  const events = [...environments].flatMap(([name, { course }]) =>
    eventsOf(name, course, (app) => rendered.timelines.get(`${name}/${app}`), most),
  );
  const parts = events.flatMap(({ changes }) => changes.flatMap(({ from, to }) => [from, to]));
  const [deeds, metadata] = await Promise.all([
    readDeeds(
      mirror.git,
      events.map(({ commit }) => commit),
    ),
    metadataOf(
      mirror,
      parts.filter((part) => part !== undefined),
    ),
  ]);
  const told = events
    .map((event) => happeningOf(event, deeds.get(event.commit), (part) => metadata.get(part ?? ''), rows))
    .filter(({ changes }) => changes.length > 0)
    .sort((a, b) => b.time - a.time);
  return together(told);
}

/** What one person or one run did at one moment is one event, a commit per app or not. */
function together(happenings: readonly Happening[]): Happening[] {
  const found: Happening[] = [];
  for (const one of happenings) {
    const last = found.at(-1);
    const same = last?.environment === one.environment && last.author === one.author && last.time === one.time;
    if (!last || !same) found.push(one);
    else found[found.length - 1] = { ...last, words: '', changes: [...last.changes, ...one.changes] };
  }
  return found;
}

function happeningOf(
  { environment, commit, time, changes }: Event,
  deed: Deed | undefined,
  metadataAt: (part: string | undefined) => Metadata | undefined,
  rows: readonly Row[],
): Happening {
  const words = quote(deed?.words ?? '', 200);
  const told = changes
    .filter(({ name }) => name !== pipelineFile)
    .map(({ name, from, to, turn }) => ({
      text: turn === 'gone' || turn === 'edited' ? name : move(name, metadataAt(from), metadataAt(to)),
      turn,
      isHeld: rows.some(
        (row) =>
          row.held && row.environment === environment && row.app === name && Date.parse(row.since ?? '') === time,
      ),
    }));
  const says = told.some(({ text }) => text === words) ? '' : words;
  return { environment, commit, time, author: quote(deed?.author ?? ''), words: says, changes: told };
}
