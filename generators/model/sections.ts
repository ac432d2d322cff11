/** A section of a request's text. */
export interface Section {
  /** What it begins with; a section without entries that has no lines of its own is left out. */
  readonly head: readonly string[];
  /** What may be cut from the end: the least important last. Each is one or several lines. */
  readonly entries: readonly string[];
  readonly tail?: readonly string[];
  /** Sections with the lowest are cut first. @default never */
  readonly cut?: number;
}

/**
 * What a request may hold. A description takes 1,048,576 characters in GitLab and 65,536 in GitHub, and whoever sends it
 * adds a few: https://docs.gitlab.com/administration/instance_limits/#size-of-comments-and-descriptions-of-issues-merge-requests-and-epics
 */
export const longest = 60_000;

/** The sections as one text, whole. */
export const whole = (sections: readonly Section[]): string =>
  textOf(sections.map((section) => ({ section, kept: section.entries.length })));

/** The sections as one text of at most so many characters; each says how much of it was cut. */
export function fitted(sections: readonly Section[], limit = longest): string {
  const parts = sections.map((section) => ({ section, kept: section.entries.length }));
  let over = textOf(parts).length - limit;
  const cuttable = parts
    .filter(({ section }) => section.cut !== undefined)
    .toSorted((a, b) => (a.section.cut as number) - (b.section.cut as number));
  for (const part of cuttable) {
    if (over <= 0) break;
    // The line that says so takes room, too.
    over += cutLine(part.section.entries.length).length + 1;
    while (over > 0 && part.kept > 0) over -= (part.section.entries[--part.kept] as string).length + 1;
  }
  const text = textOf(parts);
  // What is never cut is short, but for hundreds of warnings.
  return text.length <= limit ? text : `${text.slice(0, text.lastIndexOf('\n', limit - 100))}\n\n${cutLine(1)}\n`;
}

const cutLine = (count: number) =>
  `- … and ${count === 1 ? '1 more line' : `${count} more lines`}, cut for its length: the report of this run has all.`;

interface Part {
  readonly section: Section;
  kept: number;
}

function textOf(parts: readonly Part[]): string {
  const texts = parts.map(({ section: { head, entries, tail = [] }, kept }) => {
    const cut = entries.length - kept;
    return [...head, ...entries.slice(0, kept), ...(cut > 0 ? [cutLine(cut)] : []), ...tail].join('\n');
  });
  return `${texts.filter((text) => text !== '').join('\n\n')}\n`;
}
