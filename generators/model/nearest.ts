import { Misuse } from './refusal.ts';

/**
 * The legal word that is nearest to a wrong one, when one is near: a letter away; from six letters on, two. For a field
 * of a file, where nobody writes half a word.
 */
export function nearest(word: string, legal: readonly string[]): string | undefined {
  const near = legal
    .map((candidate) => ({ candidate, distance: distance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= (word.length < 6 ? Math.min(1, word.length) : 2) ? near.candidate : undefined;
}

/** The legal word that somebody means who types: the only one that begins so, else the nearest one. */
export function meant(word: string, legal: readonly string[]): string | undefined {
  const [only, ...others] = word.length < 2 ? [] : legal.filter((candidate) => candidate.startsWith(word));
  return only !== undefined && others.length === 0 ? only : nearest(word, legal);
}

/** What to write instead of a wrong word, as the end of a sentence: the one that is meant, or all of them. */
export function instead(word: string, legal: readonly string[]): string {
  const near = meant(word, legal);
  return near ? `did you mean ${near}?` : `known are ${legal.join(', ') || 'none'}.`;
}

/**
 * What is said of an environment that there is not: all that there are, and the one that is meant.
 * @param asked how it was named: `--env prod`
 */
export function notAnEnvironment(asked: string, names: readonly string[]): Misuse {
  const near = meant(asked.split(' ').at(-1) ?? '', names);
  return new Misuse(
    `${asked}: not an environment; known are ${names.join(', ') || 'none'}.${near ? ` Did you mean ${near}?` : ''}`,
  );
}

/** How many letters to change, add, take away or swap with their neighbour: https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance */
function distance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const current = [row + 1];
    for (const [column, other] of [...b].entries()) {
      const substitution = (previous[column] ?? 0) + (letter === other ? 0 : 1);
      const swapped = letter === b[column - 1] && other === a[row - 1] ? (before[column - 1] ?? 0) + 1 : substitution;
      current.push(Math.min(substitution, swapped, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}
