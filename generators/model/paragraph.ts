import { widthOf } from './columns.ts';

/**
 * A sentence as lines of a terminal, broken between words alone: more than one blank is kept. Lines after the first are
 * set in. A word that is longer than a line stays whole: it may be an address.
 * @param width so many columns. @default one line
 */
export function paragraph(text: string, width = Number.POSITIVE_INFINITY, indent = '  '): string[] {
  const lines: string[] = [];
  const [start = '', ...words] = text.split(/(?<=\S) (?=\S)/);
  let line = start;
  for (const word of words) {
    const longer = `${line} ${word}`;
    if (widthOf(longer) > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}
