import { readdir, readFile } from 'node:fs/promises';
import { wordsOf } from './shown.fixture.ts';

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

/** Their index. */
export const readIndex = (): Promise<string> => readFile(new URL('README.md', folder), 'utf8');

/** The runbooks, by name. */
export async function readPages(): Promise<Page[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.md') && name !== 'README.md').sort();
  return Promise.all(names.map(async (name) => ({ name, text: await readFile(new URL(name, folder), 'utf8') })));
}

/** The lines of a page's blocks in a language, `sh` or `promql`. */
export const linesOf = ({ text }: Page, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].flatMap(([, block = '']) =>
    block.split('\n').filter((line) => line !== ''),
  );

export const commandsOf = (page: Page): Command[] =>
  linesOf(page, 'sh').map((line) => ({ name: page.name, line, words: wordsOf(line) }));
