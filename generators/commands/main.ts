import { Refusal } from '../model/refusal.ts';
import { type Asked, askedOf, verbIn, verbNamed } from './command-line.ts';
import { alone, help, helpOf } from './usage.ts';

export type { Asked } from './command-line.ts';

/** The command line. Only what is asked for is loaded: help needs nothing but this. */
export async function main(args: readonly string[]): Promise<void> {
  // Whoever reads may stop early, as head does.
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  const debug = args.includes('--debug');
  if (debug) (await import('./debug.ts')).tellGit();
  try {
    await answer(args);
  } catch (error) {
    (await import('./progress.ts')).wipe();
    process.exitCode = error instanceof Refusal ? error.exitCode : 1;
    const message = error instanceof Error ? error.message : String(error);
    const internal = error instanceof Refusal ? '' : ' (this should not happen; run it again with --debug)';
    process.stderr.write(`slipway: ${message}${internal}\n`);
    if (debug && error instanceof Error)
      process.stderr.write(`${error.stack}\n${error.cause instanceof Error ? `caused by ${error.cause.stack}\n` : ''}`);
  }
}

async function answer(args: readonly string[]): Promise<void> {
  const { name, rest } = verbIn(args);
  const asksHelp = rest.some((arg) => arg === '--help' || arg === '-h');
  if (name === undefined && rest.includes('--version')) return print(await versionLine());
  if (name === undefined && asksHelp) return print(help(width()));
  if (name === undefined) return run('glance', askedOf('', alone, rest));
  if (name === 'help') {
    const [of] = rest.filter((arg) => !arg.startsWith('-'));
    return print(of === undefined ? help(width()) : helpOf(of, verbNamed(of), width()));
  }
  const verb = verbNamed(name);
  // Whoever asks for help gets it, whatever else stands there.
  if (asksHelp && !rest.includes('--')) return print(helpOf(name, verb, width()));
  const asked = askedOf(name, verb, rest);
  if (asked.values.help) return print(helpOf(name, verb, width()));
  await run(name, asked);
}

async function run(name: string, asked: Asked): Promise<void> {
  const verb = (await import(`./${name}.ts`)) as { run: (asked: Asked) => Promise<void> };
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
