import { spawn } from 'node:child_process';
import { channel } from 'node:diagnostics_channel';
import { pipeline, type Readable } from 'node:stream';
import { Refusal } from '../model/refusal.ts';

/** git answered with an error. `stderr` is its own text, which callers match; people read the message. */
export class GitError extends Refusal {
  override readonly name = 'GitError';
  readonly args: readonly string[];
  readonly stderr: string;
  readonly status: number | null;
  constructor(args: readonly string[], status: number | null, stderr: string) {
    const said = stderr
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(fatal|error|remote|!)/.test(line))
      .join(' ');
    super(`git ${args[0]} failed: ${withoutSecrets(said || stderr.trim() || `exit status ${status}`)}`);
    this.args = args;
    this.stderr = stderr;
    this.status = status;
  }
}

/** A URL may carry a token (`https://user:token@host`); it must not reach a log. */
export const withoutSecrets = (text: string) => text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, '$1');

/** Settings of the machine that would change what git prints, asks or does. */
const environment = {
  LC_ALL: 'C',
  TZ: 'UTC',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
};
const settings = [
  'core.hooksPath=/dev/null',
  'core.quotePath=false',
  'log.showSignature=false',
  'gc.auto=0',
  'maintenance.auto=false',
];

/** A call of git that has ended. */
export interface Ran {
  readonly dir: string;
  readonly args: readonly string[];
  /** Null where a signal ended it. */
  readonly status: number | null;
  readonly milliseconds: number;
}

/** Every call of git, when it has ended, as `Ran`: whoever wants to know subscribes. Nobody is told by default. */
export const gitRan = channel('slipway:git');

/** What git reads: all at once, or as it comes. */
export type Input = string | Buffer | Readable;

/** One git repository, given by its folder: a checkout or a bare repository. */
export class Git {
  readonly dir: string;
  readonly #variables: Readonly<Record<string, string>>;
  #environment: NodeJS.ProcessEnv | undefined;
  /** @param variables environment variables for every call. @default {} */
  constructor(dir: string, variables: Readonly<Record<string, string>> = {}) {
    this.dir = dir;
    this.#variables = variables;
  }

  /** The same repository, with further environment variables. */
  with(variables: Readonly<Record<string, string>>): Git {
    return new Git(this.dir, { ...this.#variables, ...variables });
  }

  /** The same repository, which asks no remote for what it does not have. */
  offline(): Git {
    return this.with({ GIT_ALLOW_PROTOCOL: 'none' });
  }

  /**
   * Runs git and gives its standard output as it is: bytes, not text.
   * @param input what git reads; of a stream no more waits in memory than git takes in
   * @throws {GitError} when git exits with another status than 0
   */
  async bytes(args: readonly string[], input: Input = ''): Promise<Buffer> {
    const { out, ended } = this.flow(args, input);
    const chunks: Buffer[] = [];
    out.on('data', (chunk: Buffer) => chunks.push(chunk));
    await ended;
    return Buffer.concat(chunks);
  }

  /**
   * Runs git and gives its standard output as it comes, to be read to its end.
   * @returns `ended` once it has. It throws a `GitError` when git exits with another status than 0
   */
  flow(args: readonly string[], input: Input = ''): { readonly out: Readable; readonly ended: Promise<void> } {
    const start = performance.now();
    const child = spawn('git', ['-C', this.dir, ...settings.flatMap((setting) => ['-c', setting]), ...args], {
      env: this.#surroundings(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const err: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
    // git may end before it has read everything; its status says why.
    child.stdin.on('error', () => {});
    if (typeof input === 'string' || Buffer.isBuffer(input)) child.stdin.end(input);
    // Whoever fills it is stopped as well when git ends before.
    else pipeline(input, child.stdin, () => {});
    const ended = new Promise<void>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'ENOENT'
            ? new Refusal('git was not found: install it (apt-get install git) and run again.')
            : error,
        ),
      );
      child.on('close', (status) => {
        if (gitRan.hasSubscribers)
          gitRan.publish({ dir: this.dir, args, status, milliseconds: performance.now() - start } satisfies Ran);
        if (status === 0) resolve();
        else reject(new GitError(args, status, Buffer.concat(err).toString()));
      });
    });
    return { out: child.stdout, ended };
  }

  /** Made once: reading a variable of this process costs as much as many lines of what git says. */
  #surroundings(): NodeJS.ProcessEnv {
    this.#environment ??= { ...withoutRepository(process.env), ...environment, ...this.#variables };
    return this.#environment;
  }

  /** Like `bytes`, as text without the last line break. */
  async text(args: readonly string[], input: Input = ''): Promise<string> {
    return (await this.bytes(args, input)).toString().replace(/\n$/, '');
  }

  async lines(args: readonly string[], input: Input = ''): Promise<string[]> {
    const text = await this.text(args, input);
    return text === '' ? [] : text.split('\n');
  }

  /**
   * Whether git exits with 0, for questions such as `merge-base --is-ancestor`.
   * @param no the statuses that mean "no"; anything else is thrown. @default 1
   */
  async holds(args: readonly string[], no: readonly number[] = [1]): Promise<boolean> {
    try {
      await this.bytes(args);
      return true;
    } catch (error) {
      if (error instanceof GitError && error.status !== null && no.includes(error.status)) return false;
      throw error;
    }
  }

  /** The commit that `revision` names, or undefined when there is none. */
  commit(revision: string): Promise<string | undefined> {
    return this.named(`${revision}^{commit}`);
  }

  /**
   * The object that `revision` names (`rendered:published.json`), or undefined when there is none.
   * @throws {GitError} when git cannot tell: a failure is no answer
   */
  async named(revision: string): Promise<string | undefined> {
    try {
      return await this.text(['rev-parse', '--verify', '--quiet', '--end-of-options', revision]);
    } catch (error) {
      if (error instanceof GitError && error.status === 1) return undefined;
      throw error;
    }
  }

  /** Whether `ancestor` can be reached from `descendant`; a commit is no ancestor of itself here. */
  async isAncestor(ancestor: string, descendant: string): Promise<boolean> {
    return ancestor !== descendant && (await this.holds(['merge-base', '--is-ancestor', ancestor, descendant]));
  }
}

/** Inside a git hook, variables such as GIT_DIR point at another repository than the one that is meant. */
function withoutRepository(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const local =
    /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|PREFIX|COMMON_DIR)$/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !local.test(name)));
}
