import type { Happening } from '../board/facts.ts';
import type { Mirror } from '../git/mirror.ts';
import { visible } from '../model/words.ts';
import { happenings } from './happenings.ts';
import type { Standing } from './survey.ts';

/** So many moments of each environment are told. */
const moments = 12;

/** What happened lately in all environments, newest first, and which steps back still hold. */
export async function lately(mirror: Mirror, standing: Standing): Promise<Happening[]> {
  const names = [...standing.environments.keys()];
  const told = await happenings(mirror, standing, names, { moments });
  return told.happenings.map(({ environment, commits, time, by = 'unknown', words, changes }) => {
    const held = standing.rows.filter(
      (row) => row.held && row.environment === environment && Date.parse(row.since ?? '') === time,
    );
    return {
      environment,
      commit: commits[0] ?? '',
      time,
      author: visible(by, 100),
      words: visible(words, 200),
      changes: changes.map(({ name, text, turn }) => ({
        text: visible(text),
        turn,
        isHeld: held.some(({ app }) => app === name),
      })),
    };
  });
}
