import type { Account } from './accounts.ts';
import { project } from './project.ts';
import { badParameter, Refused } from './refused.ts';
import { Store } from './store.ts';
import { shownUser } from './users.ts';

/** What is kept of a note. */
interface Kept {
  id: number;
  /** Of the merge request that it is about. */
  iid: number;
  body: string;
  author: Pick<Account, 'id' | 'username'>;
  created_at: string;
}

export interface NotesSettings {
  /** Where they are kept between runs. */
  readonly file: string;
  readonly url: () => string;
  readonly now: () => Date;
}

/** What people say under merge requests. https://docs.gitlab.com/api/notes/#merge-requests */
export class Notes {
  readonly #settings: NotesSettings;
  readonly #store: Store<Kept>;

  private constructor(settings: NotesSettings, store: Store<Kept>) {
    this.#settings = settings;
    this.#store = store;
  }

  static async open(settings: NotesSettings): Promise<Notes> {
    return new Notes(settings, await Store.open(settings.file));
  }

  /** Newest first, unless `sort=asc` is asked for. */
  list(iid: number, query: URLSearchParams) {
    const found = this.#store.items.filter((note) => note.iid === iid);
    if (query.get('sort') !== 'asc') found.reverse();
    return found.map(this.#shown);
  }

  /** How many people wrote. */
  count(iid: number): number {
    return this.#store.items.filter((note) => note.iid === iid).length;
  }

  /** @throws {Refused} without text, or with more than GitLab takes */
  add(author: Account, iid: number, { body }: Readonly<Record<string, unknown>>) {
    return this.#store.change(async () => {
      if (typeof body !== 'string' || body.trim() === '') throw badParameter('body is missing');
      if (body.length > 1_000_000) {
        throw new Refused(400, '400 Bad request - Note is too long (maximum is 1000000 characters)');
      }
      const { items } = this.#store;
      const { id, username } = author;
      const created_at = this.#settings.now().toISOString();
      const note: Kept = { id: items.length + 1, iid, body, author: { id, username }, created_at };
      items.push(note);
      return this.#shown(note);
    });
  }

  #shown = ({ id, iid, body, author, created_at }: Kept) => ({
    id,
    type: null,
    body,
    attachment: null,
    author: shownUser(author, this.#settings.url()),
    created_at,
    updated_at: created_at,
    system: false,
    noteable_id: iid,
    noteable_type: 'MergeRequest' as const,
    noteable_iid: iid,
    project_id: project.id,
    resolvable: false,
    confidential: false,
    internal: false,
  });
}
export type ShownNote = ReturnType<Notes['list']>[number];
