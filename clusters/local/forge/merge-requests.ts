import { isDraft } from '../../../generators/model/marked.ts';
import { head } from '../../../generators/model/names.ts';
import type { Account } from './accounts.ts';
import { mayMergeInto, mayPushTo } from './branches.ts';
import { areAskedFor, labelled, labelsOf } from './labels.ts';
import { isSquashed, merged, rebased } from './merge.ts';
import { type DetailedStatus, detailedStatus, listedStatus } from './merge-status.ts';
import { project } from './project.ts';
import { badParameter, invalid, Refused } from './refused.ts';
import { type Beside, type Kept, type MergeRequestsSettings, type Shown, shown } from './shown-request.ts';
import { Store } from './store.ts';

export { project } from './project.ts';
export type { MergeRequestsSettings, Shown } from './shown-request.ts';

type Body = Readonly<Record<string, unknown>>;

const alone: Beside = { pipeline: () => undefined, notes: () => 0 };

/** The merge requests of one repository, merged by GitLab's methods. */
export class MergeRequests {
  readonly #settings: MergeRequestsSettings;
  readonly #beside: Beside;
  readonly #store: Store<Kept>;

  private constructor(settings: MergeRequestsSettings, beside: Beside, store: Store<Kept>) {
    this.#settings = settings;
    this.#beside = beside;
    this.#store = store;
  }

  /** @param settings read at each call, since a project's settings change while it runs */
  static async open(settings: MergeRequestsSettings, beside: Beside = alone): Promise<MergeRequests> {
    return new MergeRequests(settings, beside, await Store.open(settings.file));
  }

  /** Newest first; every field that `query` names must be equal, and every label there. */
  list(query: URLSearchParams): Promise<Shown[]> {
    const fields = ['state', 'source_branch', 'target_branch'] as const;
    const matches = (request: Kept) =>
      fields.every((field) => [request[field], null, 'all'].includes(query.get(field))) &&
      areAskedFor(request.labels ?? [], query.get('labels'));
    return Promise.all(this.#store.items.filter(matches).reverse().map(this.#listed));
  }

  /** One request, with whether it can be merged now. */
  async show(iid: string | undefined): Promise<Shown> {
    const request = this.find(iid);
    const { source, target } = await this.#tips(request);
    const {
      repository,
      method = 'rebase_merge',
      only_allow_merge_if_pipeline_succeeds: mustPass = false,
    } = this.#settings;
    const status = await detailedStatus(repository, {
      ...{ source, target, method, mustPass },
      open: request.state === 'opened',
      draft: isDraft(request.title),
      pipeline: source ? this.#beside.pipeline(source) : undefined,
    });
    return this.#shown(request, source, status);
  }

  /** Those that a commit belongs to: one of theirs, or what merging them made. @throws {Refused} for an unknown commit */
  async ofCommit(sha: string): Promise<Shown[]> {
    const { repository } = this.#settings;
    const commit = await repository.commit(sha);
    if (commit === undefined) throw new Refused(404, '404 Commit Not Found');
    const found: Kept[] = [];
    for (const request of this.#store.items) {
      const { source, target } = request.state === 'merged' ? {} : await this.#tips(request);
      const open = source && target ? await repository.lines(['rev-list', source, `^${target}`]) : [];
      const made = [request.merge_commit_sha, request.squash_commit_sha];
      if ([...made, ...(request.commits ?? open)].includes(commit)) found.push(request);
    }
    return Promise.all(found.reverse().map(this.#listed));
  }

  create(who: Account, body: Body): Promise<Shown> {
    return this.#inTurn(async () => {
      const [source, target, title] = ['source_branch', 'target_branch', 'title'].map((name) => {
        const value = body[name];
        if (typeof value !== 'string' || value === '') throw badParameter(`${name} is missing`);
        return value;
      }) as [string, string, string];
      if (source === target) throw invalid(422, "You can't use same project/branch for source and target");
      for (const branch of [source, target]) {
        if (!(await this.#tip(branch))) throw new Refused(400, `branch ${branch} does not exist`);
      }
      this.#onlyOne(source, target);
      const at = this.#now();
      const request: Kept = {
        iid: this.#store.items.length + 1,
        ...texts({ title, description: body.description ?? '' }),
        source_branch: source,
        target_branch: target,
        state: 'opened',
        labels: labelsOf(body.labels),
        author: userOf(who),
        merge_commit_sha: null,
        created_at: at,
        updated_at: at,
      };
      this.#store.items.push(request);
      return request;
    });
  }

  edit(who: Account, iid: string | undefined, body: Body): Promise<Shown> {
    return this.#inTurn(async () => {
      const request = this.find(iid);
      const { title = request.title, description = request.description, state_event } = body;
      const edited = { ...texts({ title, description }), labels: labelled(request.labels ?? [], body) };
      if (state_event === 'reopen' && request.state === 'closed') {
        this.#onlyOne(request.source_branch, request.target_branch);
        const { sha: _, closed_at: __, closed_by: ___, ...rest } = request;
        return this.#replace(request, { ...rest, ...edited, state: 'opened' });
      }
      if (state_event === 'close' && request.state === 'opened') {
        const sha = (await this.#tip(request.source_branch)) ?? '';
        const closed = { state: 'closed', sha, closed_at: this.#now(), closed_by: userOf(who) } as const;
        return Object.assign(request, edited, closed);
      }
      return Object.assign(request, edited);
    });
  }

  merge(who: Account, iid: string | undefined, body: Body): Promise<Shown> {
    return this.#inTurn(async () => {
      const { repository, method = 'rebase_merge', squash_option: option = 'never' } = this.#settings;
      const { target_branch, source_branch } = this.find(iid);
      if (!(await mayMergeInto(repository, who, target_branch))) throw new Refused(401, '401 Unauthorized');
      const { request, source, target } = await this.#open(iid);
      if (body.sha !== undefined && body.sha !== source) {
        throw new Refused(409, `SHA does not match HEAD of source branch: ${source}`);
      }
      if (isDraft(request.title)) throw new Refused(405, '405 Method Not Allowed');
      if (String(body.auto_merge) === 'true' && this.#waits(source)) {
        return Object.assign(request, {
          merge_when_pipeline_succeeds: true,
          auto_merge_sha: source,
          merge_user: userOf(who),
        });
      }
      if (this.#settings.only_allow_merge_if_pipeline_succeeds && this.#beside.pipeline(source) !== 'success') {
        throw new Refused(405, '405 Method Not Allowed');
      }
      const message = `Merge branch '${source_branch}' into '${target_branch}'\n\n${request.title}\n\nSee merge request ${project.path}!${request.iid}\n`;
      const squash = isSquashed(option, body.squash);
      const made = await merged(repository, { source, target, method, squash, message, title: request.title });
      if (!made) throw new Refused(422, 'Branch cannot be merged');
      const { tip, ...shas } = made;
      const commits = await repository.lines(['rev-list', source, `^${target}`]);
      await repository.bytes(['update-ref', head(target_branch), tip, target]);
      const done = { state: 'merged', sha: source, merged_at: this.#now(), merge_user: userOf(who), commits } as const;
      return Object.assign(request, done, shas);
    });
  }

  /** Merges what waited for the pipeline of a commit, and cannot be merged otherwise: that stays open, in silence. */
  async pipelineEnded(commit: string, account: (id: number | undefined) => Account): Promise<void> {
    for (const { iid, state, auto_merge_sha, merge_user } of [...this.#store.items]) {
      if (state === 'opened' && auto_merge_sha === commit) {
        const who = account(merge_user?.id);
        await this.merge(who, String(iid), { sha: commit, auto_merge: true }).catch(() => {});
      }
    }
  }

  /** Whether an automatic merge has to wait. Like GitLab, it is refused where there is no pipeline or it failed. */
  #waits(commit: string): boolean {
    const pipeline = this.#beside.pipeline(commit);
    if (pipeline === undefined || pipeline === 'failed') throw new Refused(405, '405 Method Not Allowed');
    return pipeline === 'running';
  }

  /** Puts the source branch onto the target's tip, as a person does who presses Rebase. GitLab tells of conflicts later. */
  async rebase(who: Account, iid: string | undefined): Promise<{ rebase_in_progress: boolean }> {
    await this.#inTurn(async () => {
      const { repository } = this.#settings;
      if (!(await mayPushTo(repository, who, this.find(iid).source_branch))) {
        throw new Refused(403, '403 Forbidden - Cannot push to source branch');
      }
      const { request, source, target } = await this.#open(iid);
      const tip = await rebased(repository, source, target);
      if (tip) await repository.bytes(['update-ref', head(request.source_branch), tip, source]);
      const failed = 'Rebase failed: Rebase locally, resolve all conflicts, then push the branch.';
      return Object.assign(request, { merge_error: tip ? null : failed });
    });
    return { rebase_in_progress: true };
  }

  /** @throws {Refused} where there is none of that number */
  find(iid: string | undefined): Kept {
    const found = this.#store.items.find((request) => request.iid === Number(iid));
    if (!found) throw new Refused(404, '404 Not found');
    return found;
  }

  /** An open request and the tips of its branches, where it brings anything. */
  async #open(iid: string | undefined): Promise<{ request: Kept; source: string; target: string }> {
    const request = this.find(iid);
    const { source, target } = await this.#tips(request);
    if (request.state !== 'opened' || !source || !target) throw new Refused(405, '405 Method Not Allowed');
    const empty = source === target || (await this.#settings.repository.isAncestor(source, target));
    if (empty) throw new Refused(422, 'Branch cannot be merged');
    return { request, source, target };
  }

  /** @throws {Refused} where these branches have an open request already */
  #onlyOne(source: string, target: string): void {
    const open = this.#store.items.find(
      (request) => request.state === 'opened' && request.source_branch === source && request.target_branch === target,
    );
    if (open) throw invalid(409, `Another open merge request already exists for this source branch: !${open.iid}`);
  }

  #replace(old: Kept, made: Kept): Kept {
    this.#store.items[this.#store.items.indexOf(old)] = made;
    return made;
  }

  #now(): string {
    return this.#settings.now().toISOString();
  }

  #tip(branch: string): Promise<string | undefined> {
    return this.#settings.repository.commit(head(branch));
  }

  async #tips(request: Kept): Promise<{ source: string | undefined; target: string | undefined }> {
    return { source: await this.#tip(request.source_branch), target: await this.#tip(request.target_branch) };
  }

  /** A merge must not meet another half-way. */
  #inTurn(change: () => Promise<Kept>): Promise<Shown> {
    return this.#store.change(async () => {
      const request = await change();
      request.updated_at = this.#now();
      return this.#listed(request);
    });
  }

  #listed = async (request: Kept): Promise<Shown> => {
    const tip = request.sha === undefined ? await this.#tip(request.source_branch) : undefined;
    const status = listedStatus({ open: request.state === 'opened', draft: isDraft(request.title) });
    return this.#shown(request, tip, status);
  };

  #shown(request: Kept, tip: string | undefined, status: DetailedStatus): Shown {
    return shown(this.#settings, request, { tip, status, notes: this.#beside.notes(request.iid) });
  }
}

const userOf = ({ id, username }: Account) => ({ id, username });

/** What a request says, where it is not longer than GitLab takes. */
function texts(given: { title: unknown; description: unknown }): { title: string; description: string } {
  const [title, description] = [String(given.title), String(given.description ?? '')];
  const longest = { title: 255, description: 1_048_576 };
  for (const [name, text] of Object.entries({ title, description })) {
    const length = longest[name as keyof typeof longest];
    const words = `is too long (maximum is ${length} characters)`;
    if ([...text].length > length) throw new Refused(400, `${name} ${words}`, { message: { [name]: [words] } });
  }
  return { title, description };
}
