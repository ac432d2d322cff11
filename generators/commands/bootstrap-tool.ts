import { spawn } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, formatCommand } from '../bootstrap/command.ts';
import { type ToolName, tools } from '../bootstrap/tools.ts';
import { withoutSecrets } from '../git/git.ts';
import { Refusal } from '../model/refusal.ts';

/** A tool ended with another status than 0. `said` is its own text, which callers match. */
export class ToolError extends Refusal {
  override readonly name = 'ToolError';
  readonly status: number | null;
  readonly said: string;
  constructor(command: Command, status: number | null, said: string) {
    super(`${formatCommand(command)} failed: ${shown(said) || `exit status ${status}`}`);
    this.status = status;
    this.said = said;
  }
}

/** The last lines say what was wrong; a token in an address is no line's business. */
const shown = (said: string) =>
  withoutSecrets(said)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-6)
    .join(' ');

/** Somebody pressed Ctrl-C. */
export class Interrupted extends Refusal {
  override readonly name = 'Interrupted';
}

/**
 * Runs a command and gives what it printed. Of what it needs, `stdin` alone may be a secret.
 * @throws {ToolError} when it ends with another status than 0
 * @throws {Refusal} when there is no such program
 * @throws {Interrupted} when the signal came; the child got it, too
 */
export type RunTool = (command: Command, stdin?: string) => Promise<string>;

/** @param env of which the tools get all but our own tokens: they have their own ways to sign in */
export const toolRunner =
  (env: NodeJS.ProcessEnv, signal: AbortSignal): RunTool =>
  async (command, stdin = '') => {
    signal.throwIfAborted();
    const [program, ...args] = command.argv;
    // What Node calls a pipe is a socket, which Linux opens by no path.
    const input = command.argv.some((word) => word.endsWith('/dev/stdin')) ? await unnamedFile(stdin) : undefined;
    const child = spawn(program, args, { env: withoutTokens(env), stdio: [input?.fd ?? 'pipe', 'pipe', 'pipe'] });
    const [out, err]: [Buffer[], Buffer[]] = [[], []];
    child.stdout?.on('data', (chunk: Buffer) => out.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => err.push(chunk));
    // It may end before it has read everything; its status says why.
    child.stdin?.on('error', () => {});
    child.stdin?.end(stdin);
    const stop = () => void child.kill('SIGINT');
    signal.addEventListener('abort', stop, { once: true });
    try {
      const status = await new Promise<number | null>((resolve, reject) => {
        child.on('close', resolve);
        child.on('error', (error: NodeJS.ErrnoException) =>
          reject(error.code === 'ENOENT' ? new Refusal(`${program} was not found.`, { cause: error }) : error),
        );
      });
      if (signal.aborted) throw new Interrupted(`${formatCommand(command)} was stopped.`);
      if (status !== 0) throw new ToolError(command, status, String(Buffer.concat(err)));
      return String(Buffer.concat(out));
    } finally {
      signal.removeEventListener('abort', stop);
      await input?.close();
    }
  };

/** A file that has a text and is in no folder: it goes when nobody has it open. */
async function unnamedFile(text: string): Promise<FileHandle> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-input-'));
  try {
    await writeFile(join(dir, 'text'), text, { mode: 0o600 });
    return await open(join(dir, 'text'));
  } finally {
    await rm(dir, { recursive: true });
  }
}

const withoutTokens = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(env).filter(([name]) => !/^(SLIPWAY_(REPOSITORY_)?TOKEN|AWS_ID_TOKEN)$/.test(name)),
  );

/** What a tool says of its version; undefined where there is no such program. */
export async function versionOf(name: ToolName, run: RunTool): Promise<string | undefined> {
  try {
    return await run(tools[name].ask);
  } catch (error) {
    if (error instanceof Refusal && (error.cause as NodeJS.ErrnoException)?.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a tool printed, as JSON. @throws {Refusal} naming the command when it is none */
export function parsedAnswer<T>(command: Command, said: string): T {
  try {
    return JSON.parse(said) as T;
  } catch (error) {
    throw new Refusal(`${formatCommand(command)} printed no JSON: ${JSON.stringify(said.slice(0, 200))}.`, {
      cause: error,
    });
  }
}
