import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Git } from '../../../generators/git/git.ts';
import { Refused } from './merge-requests.ts';

const states = ['pending', 'running', 'success', 'failed', 'canceled'] as const;
type State = (typeof states)[number];

/** What is kept of a status, in GitLab's field names. */
interface Kept {
  id: number;
  sha: string;
  name: string;
  status: State;
  description: string | null;
  target_url: string | null;
  /** The account that set it. */
  username: string;
  /** A newer one has its name. */
  retried: boolean;
  created_at: string;
}

export interface CommitStatusesSettings {
  readonly repository: Git;
  /** Where they are kept between runs. */
  readonly file: string;
  readonly now: () => Date;
}

/**
 * What accounts say of commits, with GitLab's quirks: a status that waits or runs is one with the next of its name and
 * account, and cannot be told the same state again; one that ended stays, and the next is a new one.
 * https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
 */
export class CommitStatuses {
  readonly #settings: CommitStatusesSettings;
  readonly #kept: Kept[];
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(settings: CommitStatusesSettings, kept: Kept[]) {
    this.#settings = settings;
    this.#kept = kept;
  }

  static async open(settings: CommitStatusesSettings): Promise<CommitStatuses> {
    const text = await readFile(settings.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]';
      throw error;
    });
    return new CommitStatuses(settings, JSON.parse(text) as Kept[]);
  }

  /** Oldest first; with `all` also those that newer ones took the place of. */
  async list(sha: string, query: URLSearchParams): Promise<object[]> {
    await this.#known(sha);
    const name = query.get('name');
    return this.#kept
      .filter((one) => one.sha === sha && (name === null || one.name === name))
      .filter(({ retried }) => query.get('all') === 'true' || !retried)
      .map(shown);
  }

  /** How all that is said of a commit adds up, which is its pipeline here. */
  pipeline(sha: string): 'running' | 'success' | 'failed' | undefined {
    const latest = this.#kept.filter((one) => one.sha === sha && !one.retried).map(({ status }) => status);
    if (latest.length === 0) return undefined;
    if (latest.some((status) => status === 'failed' || status === 'canceled')) return 'failed';
    return latest.every((status) => status === 'success') ? 'success' : 'running';
  }

  set(sha: string, username: string, body: Readonly<Record<string, unknown>>): Promise<object> {
    return this.#inTurn(async () => {
      await this.#known(sha);
      const state = states.find((one) => one === body.state);
      if (state === undefined) throw new Refused(400, 'state does not have a valid value');
      const name = String(body.name ?? 'default');
      const field = (given: unknown) => (typeof given === 'string' ? given : null);
      const text = { description: field(body.description), target_url: field(body.target_url) };
      for (const [what, value] of Object.entries(text)) {
        if (value !== null && [...value].length > 255)
          throw new Refused(400, `${what} is too long (maximum is 255 characters)`);
      }
      const active = this.#kept.find(
        (one) => one.sha === sha && one.name === name && one.username === username && isActive(one.status),
      );
      if (active) {
        checkTransition(active.status, state);
        return Object.assign(active, text, { status: state });
      }
      for (const one of this.#kept) if (one.sha === sha && one.name === name) one.retried = true;
      const id = this.#kept.length + 1;
      const created_at = this.#settings.now().toISOString();
      const made: Kept = { id, sha, name, status: state, ...text, username, retried: false, created_at };
      this.#kept.push(made);
      return made;
    });
  }

  async #known(sha: string): Promise<void> {
    const { repository } = this.#settings;
    if (!/^[0-9a-f]{40,64}$/.test(sha) || !(await repository.commit(sha))) {
      throw new Refused(404, '404 Commit Not Found');
    }
  }

  /** One change at a time; what changed is on disk before it is told. */
  #inTurn(change: () => Promise<Kept>): Promise<object> {
    const { file } = this.#settings;
    const work = async () => {
      const status = await change();
      await writeFile(`${file}.new`, JSON.stringify(this.#kept, null, 2));
      await rename(`${file}.new`, file);
      return shown(status);
    };
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }
}

const isActive = (status: State) => status === 'pending' || status === 'running';

/** @throws {Refused} in GitLab's words */
function checkTransition(from: State, to: State): void {
  const event = to === 'pending' ? 'enqueue' : to === 'running' && from === 'running' ? 'run' : undefined;
  if (event === undefined) return;
  const reason = `Status cannot transition via "${event}"`;
  throw new Refused(400, `Cannot transition status via :${event} from :${from} (Reason(s): ${reason})`);
}

const shown = ({ username, retried: _, ...kept }: Kept) => ({
  ...kept,
  ref: 'main',
  allow_failure: false,
  author: { username, name: username },
});
