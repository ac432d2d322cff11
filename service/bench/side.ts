import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Refusal } from './refusal.ts';
import type { Scratch } from './scratch.ts';

/** A program that is run beside this one. */
export type Program = { command: string; args: readonly string[]; env: Readonly<Record<string, string>> };

/** A server that runs beside this one. */
export type Side = { pids: readonly number[]; url: string; child: ChildProcess };

/** A program of this folder, run by Node. */
export const ownProgram = (file: string, env: Program['env'] = {}, args: readonly string[] = []): Program => ({
  command: process.execPath,
  args: [`${import.meta.dirname}/${file}`, ...args],
  env,
});

/** What every program gets and nothing else, so that no setting of whoever measures changes what is measured. */
const inherited = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'LD_LIBRARY_PATH'];

/** The environment of a measured program. */
export function environmentOf({ env }: Program): NodeJS.ProcessEnv {
  const kept = inherited.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(kept), NODE_ENV: 'production', ...env };
}

/** The port of a log line such as `{"message":"Listening.","port":3000}`; undefined for any other line. */
export function portOf(line: string): number | undefined {
  try {
    const { port } = JSON.parse(line) as { port?: unknown };
    return typeof port === 'number' ? port : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Starts a server and waits until it says its port on its standard output.
 * @throws {Refusal} when it ends before
 */
export function startSide(scratch: Scratch, program: Program): Promise<Side> {
  const { command, args } = program;
  const child = scratch.spawn(command, args, {
    cwd: `${import.meta.dirname}/..`,
    env: environmentOf(program),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { stdout, pid = 0 } = child;
  if (!stdout) throw new Error('the process has no output');
  return new Promise((resolve, reject) => {
    const name = [command, ...args].join(' ');
    child.once('error', (error) => reject(new Refusal(`${name} did not start: ${error.message}`)));
    child.once('exit', (status) => reject(new Refusal(`${name} ended with status ${status} before it listened.`)));
    const lines = createInterface(stdout).on('line', (line) => {
      const port = portOf(line);
      if (port === undefined) return;
      lines.close();
      // Who writes into a full pipe stands still; and reading a log line by line would take from what is measured.
      stdout.resume();
      resolve({ pids: [pid], url: `http://127.0.0.1:${port}`, child });
    });
  });
}
