import type { Git } from '../../../generators/git/git.ts';
import { type Account, owner } from './accounts.ts';
import { badParameter, Refused } from './refused.ts';
import { Store } from './store.ts';
import { shownUser } from './users.ts';

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
  /** @default that of the account `slipway` */
  user_id?: number;
  /** A newer one has its name. */
  retried: boolean;
  created_at: string;
}

export interface CommitStatusesSettings {
  readonly repository: Git;
  readonly now: () => Date;
  /** How people reach the forge. */
  readonly url: () => string;
}

/**
 * What accounts say of commits, with GitLab's quirks: a status that waits or runs is one with the next of its name and
 * account, and cannot be told the same state again; one that ended stays, and the next is a new one.
 * https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
 */
export class CommitStatuses {
  readonly #settings: CommitStatusesSettings;
  readonly #store: Store<Kept>;

  private constructor(settings: CommitStatusesSettings, store: Store<Kept>) {
    this.#settings = settings;
    this.#store = store;
  }

  /** @param file where they are kept between runs */
  static async open(settings: CommitStatusesSettings, file: string): Promise<CommitStatuses> {
    return new CommitStatuses(settings, await Store.open(file));
  }

  /** Oldest first; with `all` also those that newer ones took the place of. */
  async list(sha: string, query: URLSearchParams) {
    await this.#known(sha);
    const name = query.get('name');
    return this.#store.items
      .filter((one) => one.sha === sha && (name === null || one.name === name))
      .filter(({ retried }) => query.get('all') === 'true' || !retried)
      .map(this.#shown);
  }

  /** How all that is said of a commit adds up, which is its pipeline here. */
  pipeline(sha: string): 'running' | 'success' | 'failed' | undefined {
    const latest = this.#store.items.filter((one) => one.sha === sha && !one.retried).map(({ status }) => status);
    if (latest.length === 0) return undefined;
    if (latest.some((status) => status === 'failed' || status === 'canceled')) return 'failed';
    return latest.every((status) => status === 'success') ? 'success' : 'running';
  }

  set(sha: string, account: Account, body: Readonly<Record<string, unknown>>) {
    const { id: user_id, username } = account;
    return this.#store.change(async () => {
      await this.#known(sha);
      const state = states.find((one) => one === body.state);
      if (state === undefined) throw badParameter('state does not have a valid value');
      const name = String(body.name ?? 'default');
      const field = (given: unknown) => (typeof given === 'string' ? given : null);
      const text = { description: field(body.description), target_url: field(body.target_url) };
      for (const [what, value] of Object.entries(text)) {
        if (value !== null && [...value].length > 255)
          throw new Refused(400, `${what} is too long (maximum is 255 characters)`);
      }
      const active = this.#store.items.find(
        (one) => one.sha === sha && one.name === name && one.username === username && isActive(one.status),
      );
      if (active) {
        checkTransition(active.status, state);
        return this.#shown(Object.assign(active, text, { status: state }));
      }
      for (const one of this.#store.items) if (one.sha === sha && one.name === name) one.retried = true;
      const id = this.#store.items.length + 1;
      const created_at = this.#settings.now().toISOString();
      const made: Kept = { id, sha, name, status: state, ...text, username, user_id, retried: false, created_at };
      this.#store.items.push(made);
      return this.#shown(made);
    });
  }

  async #known(sha: string): Promise<void> {
    const { repository } = this.#settings;
    if (!/^[0-9a-f]{40,64}$/.test(sha) || !(await repository.commit(sha))) {
      throw new Refused(404, '404 Commit Not Found');
    }
  }

  #shown = ({ username, user_id = owner.id, retried: _, ...kept }: Kept) => ({
    ...kept,
    ref: 'main',
    allow_failure: false,
    author: shownUser({ id: user_id, username }, this.#settings.url()),
  });
}

const isActive = (status: State) => status === 'pending' || status === 'running';

/** @throws {Refused} in GitLab's words */
function checkTransition(from: State, to: State): void {
  const event = to === 'pending' ? 'enqueue' : to === 'running' && from === 'running' ? 'run' : undefined;
  if (event === undefined) return;
  const reason = `Status cannot transition via "${event}"`;
  throw new Refused(400, `Cannot transition status via :${event} from :${from} (Reason(s): ${reason})`);
}

export type ShownStatus = Awaited<ReturnType<CommitStatuses['set']>>;
