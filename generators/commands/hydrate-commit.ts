import { spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { exportDry, sameLockfile } from '../git/dry.ts';
import type { Git } from '../git/git.ts';
import { hermeticArguments } from '../hermetic/arguments.ts';
import type { Failure, Line, Part, RenderInput, Summary } from '../model/part.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import { Timings } from './context.ts';

/** The folder that this program itself stands in: its packages are there. */
export const program = join(import.meta.dirname, '..', '..');

/** What one dry commit is, as its own code rendered it. */
export interface Hydrated {
  readonly parts: readonly Part[];
  readonly failed: readonly Failure[];
  readonly summary: Summary;
}

/**
 * Renders a dry commit with that commit's own apps, clusters and generators, exported from git, in a child with an
 * empty environment and the traps of `hermetic.ts`. Packages are the present ones when the commit locks the same, and
 * are installed otherwise.
 * @param apps the folders of `apps/` that are wanted. @default all
 * @throws {Refusal} when the commit cannot be rendered as a whole; nothing was written anywhere
 */
export async function hydrateCommit(
  git: Git,
  dry: string,
  input: RenderInput,
  say: (line: string) => void,
  apps?: readonly string[],
  timings: Timings = new Timings(),
): Promise<Hydrated> {
  // By its real path: that is what the child's messages and mistakes name.
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'slipway-render-')));
  const remove = () => rmSync(dir, { recursive: true, force: true });
  process.once('exit', remove);
  try {
    await timings.of('export', exportDry(git, dry, dir, apps));
    const modules = join(dir, 'node_modules');
    if (await sameLockfile(dir, program)) {
      // By its real path: the child may read nothing on the way there.
      await symlink(await realpath(join(program, 'node_modules')), modules, 'dir');
    } else {
      say(`${short(dry)} locks other packages than are installed here: installing its own …`);
      const { $ } = await import('zx');
      await $({ cwd: dir, quiet: true })`npm ci --ignore-scripts --loglevel=error`;
    }
    return await timings.of('render: start, load, synth, serialise', run(dir, dry, input));
  } finally {
    // Whoever waits for a render does not wait for its folder.
    rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
      .catch(() => {})
      .finally(() => process.off('exit', remove));
  }
}

/** The render runs under the Node that the commit locks, where there is one for this machine. */
function nodeOf(dir: string): string {
  const locked = join(dir, 'node_modules', '.bin', 'node');
  return existsSync(locked) ? locked : process.execPath;
}

async function run(dir: string, dry: string, input: RenderInput): Promise<Hydrated> {
  const child = spawn(nodeOf(dir), hermeticArguments(dir, join(dir, 'node_modules')), {
    cwd: dir,
    env: { TZ: 'UTC', LC_ALL: 'C' },
    stdio: 'pipe',
  });
  child.stdin.on('error', () => {});
  child.stdin.end(JSON.stringify(input));
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [answer, err, status] = await Promise.all([read(dir, child.stdout), text(child.stderr), ended]);
  if (status === 0 && answer.refused) {
    const { refused, exitCode } = answer.refused;
    throw exitCode === 2 ? new Misuse(refused) : new Refusal(refused);
  }
  if (status !== 0 || !answer.summary)
    throw new Refusal(reasonOf(dry, status, err.replaceAll(`${dir}/`, '')), { cause: err });
  return { parts: answer.parts, failed: answer.failed, summary: answer.summary };
}

interface Answer {
  readonly parts: Part[];
  readonly failed: Failure[];
  summary?: Summary;
  refused?: { refused: string; exitCode: number };
}

async function read(dir: string, stdout: NodeJS.ReadableStream): Promise<Answer> {
  const answer: Answer = { parts: [], failed: [] };
  for await (const text of createInterface({ input: stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    // A line that is no JSON was cut off; the exit status says why.
    const line = parsed(text);
    if (!line) break;
    if ('part' in line) {
      if (text.includes(dir))
        throw new Refusal(
          `${line.part.app}: a manifest names the folder that it was rendered in. Take the path out of its chart.`,
        );
      answer.parts.push(line.part);
    } else if ('failed' in line) {
      const { message } = line.failed;
      answer.failed.push({ ...line.failed, message: message.replaceAll(`${dir}/`, '') });
    } else if ('summary' in line) answer.summary = line.summary;
    else answer.refused = line;
  }
  return answer;
}

function parsed(text: string): Line | { refused: string; exitCode: number } | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(dry: string, status: number | null, err: string): string {
  const lines = err.trim().split('\n');
  const reason =
    status === 3 ? lines.slice(-5).join(' ') : (lines.find((line) => /^\w*Error/.test(line)) ?? lines.at(-1) ?? '');
  const at = /(?:apps|clusters|generators)\/[\w./-]+:\d+/.exec(err)?.[0];
  const where = at && !reason.includes(at) ? ` (${at})` : '';
  return `Commit ${dry} cannot be rendered: ${reason.replace(/\.$/, '')}${where}. Correct it on main; nothing was published.`;
}
