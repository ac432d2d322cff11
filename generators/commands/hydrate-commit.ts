import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { exportApps, exportShared, sameLockfile } from '../git/dry.ts';
import type { Git } from '../git/git.ts';
import { hermeticArguments } from '../hermetic/arguments.ts';
import type { Failure, Line, Part, RenderInput, Summary } from '../model/part.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import { Timings } from './context.ts';

/** The folder that this program itself stands in: its packages are there. */
export const program = join(import.meta.dirname, '..', '..');

/** What one dry commit is, as its own code rendered it. */
export interface Hydrated<P = Part> {
  readonly parts: readonly P[];
  readonly failed: readonly Failure[];
  readonly summary: Summary;
}

export interface Wanted<P> {
  readonly input: RenderInput;
  /** The folders of `apps/` that are rendered. */
  readonly apps: readonly string[];
  /** Where they are taken from: a commit that differs from the one that is being rendered in nothing else. @default that one */
  readonly appsAt?: string | undefined;
  /** What is kept of a part, as soon as it is there. */
  readonly take: (part: Part) => P | Promise<P>;
}

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  /** Its exit status. */
  readonly ended: Promise<number | null>;
}

export interface HydrationOptions {
  readonly timings?: Timings | undefined;
  readonly uncommitted?: boolean;
}

/** From so many apps on, a second process shares the work. */
const many = 100;

/**
 * A dry commit that is being rendered with its own apps, clusters and generators, exported from git, in children with an
 * empty environment and the traps of `hermetic.ts`. Packages are the present ones when the commit locks the same, and
 * are installed otherwise. The first child loads them from the beginning on, while the caller finds out what it wants.
 */
export class Hydration {
  readonly #git: Git;
  readonly #dry: string;
  readonly #timings: Timings;
  readonly #uncommitted: boolean;
  readonly #dir: Promise<string>;
  readonly #running = new Set<Child>();
  #first: Promise<Child> | undefined;
  #closed = false;
  #remove = () => {};

  /** @param options `uncommitted`: the commit is what is saved in a work tree, and nobody could find it by its name */
  constructor(git: Git, dry: string, say: (line: string) => void, options: HydrationOptions = {}) {
    const { timings = new Timings(), uncommitted = false } = options;
    this.#git = git;
    this.#dry = dry;
    this.#timings = timings;
    this.#uncommitted = uncommitted;
    this.#dir = timings.of('export', this.#prepare(say));
    this.#first = this.#dir.then((dir) => this.#start(dir));
    // Whoever asks for a render hears of it.
    this.#first.catch(() => {});
  }

  /**
   * Renders.
   * @throws {Refusal} when the commit cannot be rendered as a whole; nothing was written anywhere
   */
  async render<P>(wanted: Wanted<P>): Promise<Hydrated<P>> {
    const dir = await this.#dir;
    const { input, apps, appsAt = this.#dry } = wanted;
    await this.#timings.of('export', exportApps(this.#git, appsAt, dir, apps));
    const shares = apps.length >= many && availableParallelism() > 1 ? 2 : 1;
    const size = Math.ceil(apps.length / shares);
    const work = Array.from({ length: shares }, async (_, share) => {
      const own = new Set(apps.slice(share * size, (share + 1) * size));
      const others = apps.filter((app) => !own.has(app));
      const child = await this.#child(dir);
      return this.#run(dir, child, { ...wanted, input: { ...input, taken: [...input.taken, ...others] } });
    });
    return merged(await this.#timings.of('render: load, synth, serialise', Promise.all(work)));
  }

  /** Ends what still runs and removes the export. Whoever waits for a render does not wait for that. */
  close(): void {
    this.#closed = true;
    for (const { process } of this.#running) process.kill('SIGKILL');
    this.#dir
      .then((dir) => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }))
      .catch(() => {})
      .finally(() => process.off('exit', this.#remove));
  }

  async #prepare(say: (line: string) => void): Promise<string> {
    // By its real path: that is what the child's messages and mistakes name.
    const dir = await realpath(await mkdtemp(join(tmpdir(), 'slipway-render-')));
    this.#remove = () => rmSync(dir, { recursive: true, force: true });
    process.once('exit', this.#remove);
    await exportShared(this.#git, this.#dry, dir);
    if (await sameLockfile(dir, program)) {
      // By its real path: the child may read nothing on the way there.
      await symlink(await realpath(join(program, 'node_modules')), join(dir, 'node_modules'), 'dir');
    } else {
      say(
        `${this.#uncommitted ? 'The work tree' : short(this.#dry)} locks other packages than are installed here: installing its own …`,
      );
      const { $ } = await import('zx');
      await $({ cwd: dir, quiet: true })`npm ci --ignore-scripts --loglevel=error`;
    }
    return dir;
  }

  async #child(dir: string): Promise<Child> {
    const first = this.#first;
    this.#first = undefined;
    return first ?? this.#start(dir);
  }

  #start(dir: string): Child {
    if (this.#closed) throw new Error('a render was closed before it began');
    const process = spawn(nodeOf(dir), hermeticArguments(dir, join(dir, 'node_modules')), {
      cwd: dir,
      env: { TZ: 'UTC', LC_ALL: 'C' },
      stdio: 'pipe',
    });
    process.stdin.on('error', () => {});
    const ended = new Promise<number | null>((resolve, reject) => process.on('error', reject).on('close', resolve));
    ended.catch(() => {});
    const child = { process, ended };
    this.#running.add(child);
    return child;
  }

  async #run<P>(dir: string, child: Child, { input, take }: Wanted<P>): Promise<Hydrated<P>> {
    const { stdin, stdout, stderr } = child.process;
    stdin.end(JSON.stringify(input));
    const [answer, err, status] = await Promise.all([read(dir, stdout, take), text(stderr), child.ended]);
    this.#running.delete(child);
    if (status === 0 && answer.refused) {
      const { refused, exitCode } = answer.refused;
      throw exitCode === 2 ? new Misuse(refused) : new Refusal(refused);
    }
    if (status !== 0 || !answer.summary)
      throw new Refusal(this.#reason(status, err.replaceAll(`${dir}/`, '')), { cause: err });
    return { parts: answer.parts, failed: answer.failed, summary: answer.summary };
  }

  #reason(status: number | null, err: string): string {
    const why = reasonOf(status, err);
    return this.#uncommitted
      ? `What is saved cannot be rendered: ${why}.`
      : `Commit ${this.#dry} cannot be rendered: ${why}. Correct it on main; nothing was published.`;
  }
}

/** What several processes rendered of one commit, as if one had. */
function merged<P>(shares: readonly Hydrated<P>[]): Hydrated<P> {
  const [first, ...others] = shares as [Hydrated<P>, ...Hydrated<P>[]];
  if (others.length === 0) return first;
  const images = Object.assign({}, ...shares.map(({ summary }) => summary.images)) as Summary['images'];
  const outlines = Object.assign({}, ...shares.map(({ summary }) => summary.outlines)) as Summary['outlines'];
  // An app that is listed and has no folder is nobody's share, and fails in each.
  const failed = new Map(shares.flatMap((share) => share.failed.map((failure) => [failure.app, failure] as const)));
  return {
    parts: shares.flatMap(({ parts }) => parts),
    failed: [...failed.values()],
    summary: { ...first.summary, images, outlines },
  };
}

/** The render runs under the Node that the commit locks, where there is one for this machine. */
function nodeOf(dir: string): string {
  const locked = join(dir, 'node_modules', '.bin', 'node');
  return existsSync(locked) ? locked : process.execPath;
}

interface Answer<P> {
  readonly parts: P[];
  readonly failed: Failure[];
  summary?: Summary;
  refused?: { refused: string; exitCode: number };
}

async function read<P>(dir: string, stdout: NodeJS.ReadableStream, take: Wanted<P>['take']): Promise<Answer<P>> {
  const answer: Answer<P> = { parts: [], failed: [] };
  for await (const text of createInterface({ input: stdout, crlfDelay: Number.POSITIVE_INFINITY })) {
    // A line that is no JSON was cut off; the exit status says why.
    const line = parsed(text);
    if (!line) break;
    if ('part' in line) {
      if (text.includes(dir))
        throw new Refusal(
          `${line.part.app}: a manifest names the folder that it was rendered in. Take the path out of its chart.`,
        );
      answer.parts.push(await take(line.part));
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

/** Why a render ended, and where. */
function reasonOf(status: number | null, err: string): string {
  const lines = err.trim().split('\n');
  const reason =
    status === 3 ? lines.slice(-5).join(' ') : (lines.find((line) => /^\w*Error/.test(line)) ?? lines.at(-1) ?? '');
  const at = /(?:apps|clusters|generators)\/[\w./-]+:\d+/.exec(err)?.[0];
  const where = at && !reason.includes(at) ? ` (${at})` : '';
  return `${reason.replace(/\.$/, '')}${where}`;
}
