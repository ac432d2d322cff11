import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Git } from '../../../generators/git/git.ts';
import { isDraft } from '../../../generators/model/marked.ts';
import { head } from '../../../generators/model/names.ts';
import { type Method, merged, rebased, type SquashOption } from './merge.ts';

/** What is kept of a merge request, in GitLab's field names; the rest of what GitLab tells is read from git. */
interface Kept {
  iid: number;
  title: string;
  description: string;
  source_branch: string;
  target_branch: string;
  state: 'opened' | 'merged' | 'closed';
  /** The source's tip when it was merged or closed. */
  sha?: string;
  merge_commit_sha: string | null;
  /** It is merged once the pipeline of `auto_merge_sha` succeeds. */
  merge_when_pipeline_succeeds?: boolean;
  auto_merge_sha?: string;
  /** The one commit that its commits became. */
  squash_commit_sha?: string | null;
  /** Why it could not be rebased. */
  merge_error?: string | null;
  created_at: string;
  updated_at: string;
}

/** A merge request as the API gives it. */
export interface Shown extends Kept {
  id: number;
  project_id: number;
  source_project_id: number;
  target_project_id: number;
  sha: string;
  web_url: string;
  draft: boolean;
  labels: string[];
}

/** What GitLab refuses, with its HTTP status and words. */
export class Refused extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export const project = { id: 1, path: 'local/slipway' } as const;

export interface MergeRequestsSettings {
  readonly repository: Git;
  /** Where they are kept between runs. */
  readonly file: string;
  /** How people reach the forge: `http://127.0.0.1:8081`. */
  readonly url: () => string;
  readonly now: () => Date;
  /** GitLab's `merge_method`. @default rebase_merge: a merge commit with semi-linear history */
  readonly method?: Method | undefined;
  /** How the pipeline of a commit went; undefined for none. */
  readonly pipeline?: ((commit: string) => 'running' | 'success' | 'failed' | undefined) | undefined;
  /** GitLab's `squash_option`. @default never */
  readonly squash_option?: SquashOption | undefined;
}

type Body = Readonly<Record<string, unknown>>;

/** The merge requests of one repository, merged by GitLab's methods. */
export class MergeRequests {
  readonly #settings: MergeRequestsSettings;
  readonly #kept: Kept[];
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(settings: MergeRequestsSettings, kept: Kept[]) {
    this.#settings = settings;
    this.#kept = kept;
  }

  static async open(settings: MergeRequestsSettings): Promise<MergeRequests> {
    const text = await readFile(settings.file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]';
      throw error;
    });
    return new MergeRequests(settings, JSON.parse(text) as Kept[]);
  }

  /** Newest first; every field that `query` names must be equal. */
  list(query: URLSearchParams): Promise<Shown[]> {
    const fields = ['state', 'source_branch', 'target_branch'] as const;
    const matches = (request: Kept) =>
      fields.every((field) => !query.has(field) || query.get(field) === request[field]);
    return Promise.all(this.#kept.filter(matches).reverse().map(this.#shown));
  }

  show(iid: string | undefined): Promise<Shown> {
    return this.#shown(this.#find(iid));
  }

  create(body: Body): Promise<Shown> {
    return this.#inTurn(async () => {
      const [source, target, title] = ['source_branch', 'target_branch', 'title'].map((name) => {
        const value = body[name];
        if (typeof value !== 'string' || value === '') throw new Refused(400, `${name} is missing`);
        return value;
      }) as [string, string, string];
      for (const branch of [source, target]) {
        if (!(await this.#tip(branch))) throw new Refused(400, `branch ${branch} does not exist`);
      }
      const open = this.#kept.find(
        (request) => request.state === 'opened' && request.source_branch === source && request.target_branch === target,
      );
      if (open) {
        throw new Refused(409, `Another open merge request already exists for this source branch: !${open.iid}`);
      }
      const at = this.#settings.now().toISOString();
      const request: Kept = {
        iid: this.#kept.length + 1,
        title,
        description: String(body.description ?? ''),
        source_branch: source,
        target_branch: target,
        state: 'opened',
        merge_commit_sha: null,
        created_at: at,
        updated_at: at,
      };
      this.#kept.push(request);
      return request;
    });
  }

  edit(iid: string | undefined, body: Body): Promise<Shown> {
    return this.#inTurn(async () => {
      const request = this.#find(iid);
      if (typeof body.title === 'string') request.title = body.title;
      if (typeof body.description === 'string') request.description = body.description;
      if (body.state_event === 'close' && request.state === 'opened') {
        request.state = 'closed';
        request.sha = (await this.#tip(request.source_branch)) ?? '';
      }
      return request;
    });
  }

  merge(iid: string | undefined, body: Body): Promise<Shown> {
    return this.#inTurn(async () => {
      const { repository, method = 'rebase_merge', squash_option: option = 'never' } = this.#settings;
      const { request, source, target } = await this.#open(iid);
      if (body.sha !== undefined && body.sha !== source) {
        throw new Refused(409, `SHA does not match HEAD of source branch: ${source}`);
      }
      if (isDraft(request.title)) throw new Refused(405, '405 Method Not Allowed');
      if (body.auto_merge === true && this.#waits(source)) {
        return Object.assign(request, { merge_when_pipeline_succeeds: true, auto_merge_sha: source });
      }
      const message = `Merge branch '${request.source_branch}' into '${request.target_branch}'\n\n${request.title}\n\nSee merge request ${project.path}!${request.iid}\n`;
      const squash = isSquashed(option, body.squash);
      const made = await merged(repository, { source, target, method, squash, message, title: request.title });
      if (!made) throw new Refused(422, 'Branch cannot be merged');
      const { tip, ...commits } = made;
      await repository.bytes(['update-ref', head(request.target_branch), tip, target]);
      return Object.assign(request, { state: 'merged', sha: source, ...commits } as const);
    });
  }

  /** Merges what waited for the pipeline of a commit, and cannot be merged otherwise: that stays open, in silence. */
  async pipelineEnded(commit: string): Promise<void> {
    for (const { iid, state, auto_merge_sha } of [...this.#kept]) {
      if (state === 'opened' && auto_merge_sha === commit) {
        await this.merge(String(iid), { sha: commit, auto_merge: true }).catch(() => {});
      }
    }
  }

  /** Whether an automatic merge has to wait. Like GitLab, it is refused where there is no pipeline or it failed. */
  #waits(commit: string): boolean {
    const pipeline = this.#settings.pipeline?.(commit);
    if (pipeline === undefined || pipeline === 'failed') throw new Refused(405, '405 Method Not Allowed');
    return pipeline === 'running';
  }

  /** Puts the source branch onto the target's tip, as a person does who presses Rebase. GitLab tells of conflicts later. */
  async rebase(iid: string | undefined): Promise<{ rebase_in_progress: boolean }> {
    await this.#inTurn(async () => {
      const { repository } = this.#settings;
      const { request, source, target } = await this.#open(iid);
      const tip = await rebased(repository, source, target);
      if (tip) await repository.bytes(['update-ref', head(request.source_branch), tip, source]);
      const failed = 'Rebase failed: Rebase locally, resolve all conflicts, then push the branch.';
      return Object.assign(request, { merge_error: tip ? null : failed });
    });
    return { rebase_in_progress: true };
  }

  /** An open request and the tips of its branches, where it brings anything. */
  async #open(iid: string | undefined): Promise<{ request: Kept; source: string; target: string }> {
    const request = this.#find(iid);
    const source = await this.#tip(request.source_branch);
    const target = await this.#tip(request.target_branch);
    if (request.state !== 'opened' || !source || !target) throw new Refused(405, '405 Method Not Allowed');
    const empty = source === target || (await this.#settings.repository.isAncestor(source, target));
    if (empty) throw new Refused(422, 'Branch cannot be merged');
    return { request, source, target };
  }

  #find(iid: string | undefined): Kept {
    const found = this.#kept.find((request) => request.iid === Number(iid));
    if (!found) throw new Refused(404, '404 Not found');
    return found;
  }

  #tip(branch: string): Promise<string | undefined> {
    return this.#settings.repository.commit(head(branch));
  }

  /** One change at a time, since a merge must not meet another half-way; what changed is on disk before it is told. */
  #inTurn(change: () => Promise<Kept>): Promise<Shown> {
    const { file, now } = this.#settings;
    const work = async () => {
      const request = await change();
      request.updated_at = now().toISOString();
      await writeFile(`${file}.new`, JSON.stringify(this.#kept, null, 2));
      await rename(`${file}.new`, file);
      return this.#shown(request);
    };
    const done = this.#queue.then(work);
    this.#queue = done.catch(() => {});
    return done;
  }

  #shown = async (request: Kept): Promise<Shown> => ({
    ...request,
    id: request.iid,
    project_id: project.id,
    source_project_id: project.id,
    target_project_id: project.id,
    sha: request.sha ?? (await this.#tip(request.source_branch)) ?? '',
    web_url: `${this.#settings.url()}/${project.path}/-/merge_requests/${request.iid}`,
    draft: isDraft(request.title),
    labels: [],
  });
}

/** Whether a request is squashed: the project may say so, or leave it to who merges. */
function isSquashed(option: SquashOption, asked: unknown): boolean {
  if (option === 'never' || option === 'always') return option === 'always';
  return asked === undefined ? option === 'default_on' : String(asked) === 'true';
}
