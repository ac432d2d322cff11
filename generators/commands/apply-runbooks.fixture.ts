import { readdir, readFile } from 'node:fs/promises';

const folder = new URL('../../clusters/runbooks/', import.meta.url);

export interface Page {
  /** `break-glass.md` */
  readonly name: string;
  readonly text: string;
}

/** One line that a page has people type. */
export interface Command {
  readonly name: string;
  readonly line: string;
  /** As a shell takes them apart. */
  readonly words: readonly string[];
}

/** The runbooks, by name. */
export async function readPages(): Promise<Page[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(new URL(name, folder), 'utf8') })));
}

export const commandsOf = ({ name, text }: Page): Command[] =>
  [...text.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => ({ name, line, words: wordsOf(line) })),
  );

function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+?)(?='|\s|$)('[^']*')?/g)].map(
    ([, single, double, plain, behind]) => single ?? double ?? `${plain ?? ''}${behind?.slice(1, -1) ?? ''}`,
  );
}
