import { spawn, spawnSync } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { stripVTControlCharacters } from 'node:util';

/** A screen after a command has ended on it. */
export interface Screen {
  readonly code: number | null;
  /** Its lines as they are read, without colours. */
  readonly lines: readonly string[];
  /** All that was written, with colours. */
  readonly written: string;
}

/** Why there is no terminal here, where there is none: script(1) of util-linux makes one. */
export const noTerminal = (): string | false =>
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux')
    ? false
    : 'this machine has no script(1) of util-linux (Debian: bsdutils), which makes a terminal';

/**
 * Runs a command in a real terminal of so many columns, and gives what stands there when it has ended.
 * @param variables environment variables; CI and those that rule colours are taken away first
 */
export async function onTerminal(
  [program, ...args]: readonly [string, ...string[]],
  { columns, cwd, variables = {} }: { columns: number; cwd: string; variables?: Readonly<Record<string, string>> },
): Promise<Screen> {
  const quoted = [program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, NODE_DISABLE_COLORS: ____, ...rest } = process.env;
  const child = spawn(
    'script',
    ['--quiet', '--return', '--command', `stty cols ${columns} rows 50; exec ${quoted}`, '/dev/null'],
    { cwd, env: { ...rest, TERM: 'xterm-256color', ...variables }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [written, code] = await Promise.all([text(child.stdout), ended]);
  return { code, written, lines: linesOf(written) };
}

/** What is left of what was written: a line that was begun anew has what was written last. */
function linesOf(written: string): string[] {
  const lines = written.split(/\r*\n/).map((line) => stripVTControlCharacters(line.split('\r').at(-1) ?? '').trimEnd());
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}
