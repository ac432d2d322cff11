import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusal.ts';
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

/** The service as it is shipped: whatever its package.json says starts it. */
export function serviceProgram(env: Program['env']): Program {
  const file = join(import.meta.dirname, '..', 'package.json');
  const { scripts } = JSON.parse(readFileSync(file, 'utf8')) as { scripts: { start: string } };
  const program = parseCommand(scripts.start);
  return { ...program, env: { ...program.env, HOST: '127.0.0.1', PORT: '0', ENVIRONMENT: 'bench', ...env } };
}
