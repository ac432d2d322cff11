/** Text that may have a colour, which takes no room: as `styleText` of Node names it. */
export interface Painted {
  readonly text: string;
  readonly colour: Colour;
}
export type Colour = 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan' | 'gray' | 'bold' | 'dim';
/** One cell, on one line: what others wrote goes through `quote` first. */
export type Cell = string | Painted;

/** How one column is set. */
export interface Column {
  /** @default 'left' */
  readonly align?: 'left' | 'right';
  /** It may be made this narrow where the table is too wide; absent: it is never shortened. */
  readonly least?: number;
}

/** How a table is set. */
export interface Setting {
  /** So many characters fit beside each other. @default as many as there are: nothing is shortened */
  readonly width?: number | undefined;
  /** By place; a column without one is at the left and keeps its width. @default [] */
  readonly shape?: readonly Column[];
  /** How a colour is put on. It comes last, so that it moves nothing. @default not at all */
  readonly paint?: ((text: string, colour: Colour) => string) | undefined;
}

const gap = 2;

/**
 * Rows as lines of a table, of which each column is as wide as its widest cell. A table that is too wide is made to fit
 * by shortening the widest of those columns that may be shortened, with an ellipsis; it never wraps. Where all of them
 * are at their least, it stays too wide: no terminal is wide enough for it.
 */
export function columns(rows: readonly (readonly Cell[])[], { width, shape = [], paint }: Setting = {}): string[] {
  const count = Math.max(0, ...rows.map(({ length }) => length));
  const natural = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((row) => widthOf(textOf(row[at] ?? '')))),
  );
  const widths = width === undefined ? natural : fitted(natural, shape, width);
  return rows.map((row) => {
    const last = row.findLastIndex((cell) => textOf(cell) !== '');
    return row
      .slice(0, last + 1)
      .map((cell, at) => {
        const room = widths[at] ?? 0;
        const text = shortened(textOf(cell), room);
        const blank = ' '.repeat(Math.max(0, room - widthOf(text)));
        const shown = typeof cell === 'string' || !paint || text === '' ? text : paint(text, cell.colour);
        if (shape[at]?.align === 'right') return blank + shown;
        return at === last ? shown : shown + blank;
      })
      .join(' '.repeat(gap));
  });
}

const textOf = (cell: Cell) => (typeof cell === 'string' ? cell : cell.text);

/** The widths that columns get where only `width` fit: the widest gives first. */
function fitted(natural: readonly number[], shape: readonly Column[], width: number): number[] {
  const widths = [...natural];
  const least = (at: number) => Math.min(natural[at] ?? 0, Math.max(1, shape[at]?.least ?? Infinity));
  for (let over = widths.reduce((sum, each) => sum + each + gap, -gap) - width; over > 0; over--) {
    const givers = widths.flatMap((each, at) => (each > least(at) ? [at] : []));
    const widest = Math.max(...givers.map((at) => widths[at] as number));
    const giver = givers.find((at) => widths[at] === widest);
    if (giver === undefined) break;
    widths[giver] = widest - 1;
  }
  return widths;
}

/** Text that takes no more than so many columns of a terminal; what was cut ends in an ellipsis. */
export function shortened(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const { segment } of graphemes().segment(text)) {
    room -= widthOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** Made when it is needed first: most of what is printed is plain. */
let segmenter: Intl.Segmenter | undefined;
const graphemes = () => {
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return segmenter;
};

/** What East Asian Width calls wide, beside emoji: https://www.unicode.org/reports/tr11/ */
const wide =
  /^(?:[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\u4dbf\u4e00-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6b\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18aff}\u{1aff0}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f)/u;
/** What draws nothing by itself. */
const unseen = /^[\p{M}\p{Cf}\p{Cc}]*$/u;

/** How many columns of a terminal a text takes: two for a wide character, none for a mark on the one before. */
export function widthOf(text: string): number {
  // Most text is plain, and a segmenter is slow.
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes().segment(text)) width += unseen.test(segment) ? 0 : wide.test(segment) ? 2 : 1;
  return width;
}
