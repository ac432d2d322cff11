import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { program } from './hydrate-commit.ts';
import type { Ended } from './shown-run.fixture.ts';

/** A command that a document shows, in a block or in a sentence. */
export interface Shown {
  /** `generators/ci/README.md` */
  readonly page: string;
  readonly line: string;
  /** As a shell takes them apart. */
  readonly words: readonly string[];
}

/** Every document of the repository but what merge requests say, which is held against what is made by other tests. */
export const documents = (): string[] =>
  execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: program, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && !path.includes('/requests/'));

/** The commands of a document, in its order: lines of blocks of `sh`, and code in a sentence that begins with a program. */
export function shownIn(page: string): Shown[] {
  const document = readFileSync(join(program, page), 'utf8');
  // A list may indent its blocks.
  const block = /^ *```(\w*)\n([\s\S]*?)^ *```/gm;
  const blocks = [...document.matchAll(block)].flatMap(([, language, lines = '']) =>
    language === 'sh' ? lines.split('\n').map((line) => line.replace(/ +# .*/, '').trim()) : [],
  );
  const spans = [...document.replace(block, '').matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code.trim());
  return [...blocks, ...spans]
    .filter((line) => /^(npx slipway|slipway|npm|git|node|kubectl|aws|apt-get)( |$)/.test(line))
    .map((line) => ({
      page,
      line,
      words: wordsOf(line.replace(/^slipway/, 'npx slipway').replace(/( 2>&1)? \| .*/, '')),
    }));
}

/** A line as a shell takes it apart, as far as documents go: quotes, and words with a quoted end. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+?)(?='|\s|$)('[^']*')?/g)].map(
    ([, single, double, plain, behind]) => single ?? double ?? `${plain ?? ''}${behind?.slice(1, -1) ?? ''}`,
  );
}

/**
 * Runs command lines one after the other in a checkout, in a process of their own: the forge of a test answers in the
 * test's, which therefore must not wait for them.
 */
export async function runShown(
  cwd: string,
  variables: Readonly<Record<string, string>>,
  commands: readonly (readonly string[])[],
): Promise<Ended[]> {
  const file = join(program, 'generators/commands/shown-run.fixture.ts');
  const env = { ...process.env, ...variables };
  const child = spawn(process.execPath, [file], { cwd, env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(commands));
  return JSON.parse(await text(child.stdout)) as Ended[];
}
