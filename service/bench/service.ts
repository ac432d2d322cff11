import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Refusal } from './refusal.ts';
import type { Scratch } from './scratch.ts';
import type { Program } from './side.ts';

/**
 * Reads a command such as `NAME=value node server.ts` into a program; `node` is the Node that runs this.
 * @throws {Refusal} for what only a shell understands
 */
export function parseCommand(line: string): Program {
  if (line === '' || /["'`$&|;<>()\\*?~]/.test(line))
    throw new Refusal(`The start command "${line}" is not a program and its arguments.`);
  const words = line.trim().split(/\s+/);
  const start = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const [command = '', ...args] = words.slice(start);
  const env = Object.fromEntries(words.slice(0, start).map((word) => word.split(/=(.*)/s).slice(0, 2)));
  return { command: command === 'node' ? process.execPath : command, args, env };
}

const root = join(import.meta.dirname, '..');

/**
 * Builds what the image runs.
 * @param folder where to; it is made anew
 * @throws {Refusal} with what the build said
 */
export async function buildService(scratch: Scratch, folder: string): Promise<void> {
  const args = [join(root, 'build.ts'), folder];
  const child = scratch.spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const { stderr } = child;
  if (!stderr) throw new Error('the process has no output');
  const [said, [status]] = await Promise.all([text(stderr), once(child, 'exit')]);
  if (status !== 0) throw new Refusal(`The service was not built: ${said.trim().slice(-500)}`);
}

/** The service as it is shipped: what package.json starts of what was built into the folder. */
export function serviceProgram(folder: string, env: Program['env']): Program {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: { 'start:built': string };
  };
  const { args, ...program } = parseCommand(scripts['start:built']);
  return {
    ...program,
    args: args.map((argument) => argument.replace(/^dist\//, `${folder}/`)),
    env: { ...program.env, HOST: '127.0.0.1', PORT: '0', ENVIRONMENT: 'bench', ...env },
  };
}
