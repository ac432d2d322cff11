import { widthOf } from './columns.ts';
import { paragraph } from './paragraph.ts';

/**
 * A paragraph as one text.
 * @param hang so many blanks stand before every line but the first
 */
export function wrapped(text: string, width: number, hang = 0): string {
  return paragraph(text, width, ' '.repeat(hang)).join('\n');
}

/**
 * Paragraphs set to a width, whatever lines they were written in. A line that begins with blanks is kept by itself, as in
 * a list, and what follows of it stands under its second column.
 */
export function paragraphs(text: string, width: number): string {
  const blocks: string[] = [];
  for (const line of text.split('\n')) {
    const before = blocks.at(-1);
    const joins = before !== undefined && before !== '' && line !== '' && !/^ /.test(line) && !/^ /.test(before);
    if (joins) blocks[blocks.length - 1] = `${before} ${line}`;
    else blocks.push(line);
  }
  return blocks.map((block) => wrapped(block, width, /^ +\S+ {2,}/.exec(block)?.[0].length ?? 0)).join('\n');
}

/**
 * Two columns, such as options and what they do: the right one is set to the width, and begins on the next line where
 * the left one is longer than most.
 */
export function described(rows: readonly (readonly [string, string])[], width: number, most = 26): string {
  const fitting = rows.map(([left]) => widthOf(left)).filter((each) => each <= most);
  const hang = 4 + Math.max(0, ...fitting);
  return rows
    .map(([left, right]) => {
      const start = `  ${left}`;
      const blank = ' '.repeat(Math.max(0, hang - widthOf(start)));
      if (blank.length >= 2) return wrapped(`${start}${blank}${right}`, width, hang);
      return `${start}\n${wrapped(' '.repeat(hang) + right, width, hang)}`;
    })
    .join('\n');
}
