import { Refusal } from '../model/refusal.ts';
import { type Asked, askedAlone, askedOf, verbNamed } from './command-line.ts';
import { harmless } from './terminal.ts';
import { help, helpOf } from './usage.ts';
import { verbIn } from './verb-in.mjs';

export type { Asked } from './command-line.ts';

/** The command line. Only what is asked for is loaded: help needs nothing but this. */
export async function main(args: readonly string[]): Promise<void> {
  outliveReaders(verbIn(args).name ?? '');
  const debug = args.includes('--debug');
  if (debug) (await import('./debug.ts')).tellGit();
  try {
    await answer(args);
  } catch (error) {
    (await import('./progress.ts')).wipe();
    process.exitCode = error instanceof Refusal ? error.exitCode : 1;
    const message = harmless(error instanceof Error ? error.message : String(error));
    const internal = error instanceof Refusal ? '' : ' (this should not happen; run it again with --debug)';
    process.stderr.write(`slipway: ${message}${internal}\n`);
    if (debug && error instanceof Error)
      process.stderr.write(
        `${harmless(error.stack ?? '')}\n${error.cause instanceof Error ? `caused by ${harmless(error.cause.stack ?? '')}\n` : ''}`,
      );
  }
}

/** Verbs that would go on until Ctrl-C for whoever reads them. */
const endless = ['dev', 'logs', 'metrics', 'open'];

/**
 * Whoever reads may stop early, as head does: what is written then is lost, and nothing else. The verb does what it was
 * asked for and ends with its own code; only one that goes on for its reader alone ends at once.
 */
function outliveReaders(verb: string): void {
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.exit(1);
    if (endless.includes(verb)) process.exit();
  });
}

async function answer(args: readonly string[]): Promise<void> {
  const { name, rest } = verbIn(args);
  const asksHelp = rest.some((arg) => arg === '--help' || arg === '-h');
  if (name === undefined && rest.includes('--version')) return print(await versionLine());
  if (name === undefined && asksHelp) return print(help(width()));
  if (name === undefined) return run('glance', askedAlone(rest));
  if (name === 'help') {
    const [of] = rest.filter((arg) => !arg.startsWith('-'));
    return print(of === undefined ? help(width()) : helpOf(of, verbNamed(of), width()));
  }
  const verb = verbNamed(name);
  // Whoever asks for help gets it, whatever else stands there.
  if (asksHelp && !rest.includes('--')) return print(helpOf(name, verb, width()));
  const asked = askedOf(name, verb, rest);
  if (asked.values.help) return print(helpOf(name, verb, width()));
  await run(verb.file?.(asked.words) ?? name, asked);
}

async function run(file: string, asked: Asked): Promise<void> {
  const verb = (await import(`./${file}.ts`)) as { run: (asked: Asked) => Promise<void> };
  await verb.run(asked);
}

const print = (text: string) => void process.stdout.write(text);

/** How wide text is set: long lines are hard to read, also where there is room. */
const width = () => Math.min(process.stdout.isTTY ? process.stdout.columns || 80 : 100, 100);

async function versionLine(): Promise<string> {
  const { readFile } = await import('node:fs/promises');
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return `slipway ${version} (Node ${process.version})\n`;
}
