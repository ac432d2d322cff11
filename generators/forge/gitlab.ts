import type { Gitlab } from '@gitbeaker/rest';
import { Refusal, Unreadable } from '../model/refusal.ts';
import type { MergeSettings } from '../model/setup.ts';
import type { Forge, MergeRequest, Status } from './forge.ts';

export interface GitLabSettings {
  /** `https://gitlab.com` */
  readonly host: string;
  /** The project's number or `group/project`. */
  readonly project: string;
  /** A project access token with scope `api`. It travels in a header only. */
  readonly token: string;
}

type Api = Gitlab<false>;

/** GitLab's REST API: https://docs.gitlab.com/api/merge_requests/ */
export function gitlab({ host, project, token }: GitLabSettings): Forge {
  // Most verbs never ask the forge, and its client is 600 kB of source: a third of the time in which a publish starts.
  let loaded: Promise<Api> | undefined;
  const load = () => {
    loaded ??= import('@gitbeaker/rest').then(
      ({ Gitlab }) => new Gitlab({ host, token }),
      (cause) => {
        throw new Refusal('The client of GitLab is not installed: run npm ci, or go on in its web page.', { cause });
      },
    );
    return loaded;
  };

  async function ask<T>(what: string, call: (api: Api) => Promise<T>): Promise<T> {
    try {
      return await call(await load());
    } catch (error) {
      if (error instanceof Refusal) throw error;
      throw refusal(error, `${what} in ${host} (project ${project})`);
    }
  }

  /** Like `ask`, of what a role may be too low for: GitLab says 403, or 404 as if it were not there. */
  async function askSetting<T>(what: string, call: (api: Api) => Promise<T>): Promise<T> {
    try {
      return await ask(what, call);
    } catch (error) {
      const { cause, message } = error as Refusal;
      throw [403, 404].includes(status(cause) ?? 0) ? new Unreadable(message, { cause }) : error;
    }
  }

  const forge: Forge = {
    async opened(target) {
      const found = await ask('list merge requests', ({ MergeRequests }) =>
        MergeRequests.all({ projectId: project, state: 'opened', targetBranch: target, perPage: 100 }),
      );
      // What comes from a fork has a branch of the same name, and none of our proposals.
      return found.filter((one) => one.source_project_id === one.target_project_id).map(mapped);
    },
    async open({ source, target, title, body }) {
      try {
        const { MergeRequests } = await load();
        return mapped(await MergeRequests.create(project, source, target, title, { description: body }));
      } catch (error) {
        // GitLab answers 409 "Another open merge request already exists", and means: use that one.
        const found = status(error) === 409 ? await openFrom(forge, source, target) : undefined;
        if (!found) throw refusal(error, `open a merge request onto ${target} in ${host} (project ${project})`);
        return forge.update(found.iid, { title, body });
      }
    },
    update: async (iid, { title, body }) =>
      mapped(
        await ask(`update merge request !${iid}`, ({ MergeRequests }) =>
          MergeRequests.edit(project, iid, { title, description: body }),
        ),
      ),
    close: async (iid) =>
      mapped(
        await ask(`close merge request !${iid}`, ({ MergeRequests }) =>
          MergeRequests.edit(project, iid, { stateEvent: 'close' }),
        ),
      ),
    merge: async (iid, sha) =>
      mapped(
        await ask(`merge merge request !${iid}`, ({ MergeRequests }) =>
          MergeRequests.merge(project, iid, { sha, squash: false, shouldRemoveSourceBranch: false }),
        ),
      ),
    async statuses(commit) {
      const found = await ask(`list the statuses of ${commit}`, ({ Commits }) => Commits.allStatuses(project, commit));
      return found.map((one) => ({
        name: one.name,
        state: states[one.status] ?? 'pending',
        description: one.description ?? '',
        url: one.target_url ?? undefined,
        author: one.author.username,
      }));
    },
    async setStatus(commit, { name, state, description, url }) {
      await ask(`set the status ${name} of ${commit}`, ({ Commits }) =>
        Commits.editStatus(project, commit, state, { name, description, ...(url ? { targetUrl: url } : {}) }),
      );
    },
    mergeSettings: async () =>
      mappedSettings(await askSetting('read the merge settings', ({ Projects }) => Projects.show(project))),
    async protectionRules() {
      const found = await askSetting('read the protected branches', ({ ProtectedBranches }) =>
        ProtectedBranches.all(project),
      );
      return found.map(({ name, allow_force_push, inherited }) => ({
        pattern: name,
        allowsForcePush: allow_force_push,
        inherited: inherited === true,
      }));
    },
  };
  return forge;
}

/** The open request from one branch onto another. */
const openFrom = async (forge: Pick<Forge, 'opened'>, source: string, target: string) =>
  (await forge.opened(target)).find((request) => request.source === source);

/** Here, and where settings are mapped, stand GitLab's field names. */
function mapped(found: {
  iid: number;
  source_branch: string;
  title: string;
  description: string | null;
  sha: string;
  web_url: string;
  state: string;
}): MergeRequest {
  const state = found.state === 'merged' || found.state === 'closed' ? found.state : 'opened';
  return {
    iid: found.iid,
    source: found.source_branch,
    title: found.title,
    body: found.description ?? '',
    sha: found.sha,
    url: found.web_url,
    state,
  };
}

/** GitLab has more states; whatever has not ended waits. https://docs.gitlab.com/api/commits/#commit-status */
const states: Readonly<Record<string, Status['state']>> = {
  pending: 'pending',
  running: 'running',
  success: 'success',
  failed: 'failed',
  canceled: 'canceled',
};

const methods: Readonly<Record<string, MergeSettings['method']>> = {
  merge: 'merge commit',
  rebase_merge: 'semi-linear',
  ff: 'fast-forward',
};
const squashes: Readonly<Record<string, MergeSettings['squash']>> = {
  never: 'never',
  default_off: 'off by default',
  default_on: 'on by default',
  always: 'always',
};

/** A role that is too low gets a project without these fields. https://docs.gitlab.com/api/projects/#get-a-single-project */
export function mappedSettings(found: {
  merge_method?: string;
  squash_option?: string;
  only_allow_merge_if_pipeline_succeeds?: boolean;
  builds_access_level?: unknown;
}): MergeSettings {
  const must = found.only_allow_merge_if_pipeline_succeeds;
  return {
    method: methods[found.merge_method ?? ''],
    squash: squashes[found.squash_option ?? ''],
    pipelines:
      found.builds_access_level === 'disabled'
        ? 'none'
        : must === undefined
          ? undefined
          : must
            ? 'must succeed'
            : 'may fail',
  };
}

const status = (error: unknown) => (error as { cause?: { response?: { status?: number } } }).cause?.response?.status;

function refusal(error: unknown, what: string): Refusal {
  const code = status(error);
  const description = (error as { cause?: { description?: unknown } }).cause?.description;
  const said = description
    ? typeof description === 'string'
      ? description
      : JSON.stringify(description)
    : String((error as Error).message);
  const next =
    code === 401 || code === 403
      ? 'Check SLIPWAY_TOKEN: it needs the scope api and a role that may do this.'
      : code === undefined || code >= 500
        ? 'Check that the address is right and the server is up, then run again.'
        : 'Correct that and run again.';
  return new Refusal(`Could not ${what}: ${code ? `${code} ` : ''}${said}. ${next}`, { cause: error });
}
