import type { Gitlab } from '@gitbeaker/rest';
import { Refusal, Unknown, Unreadable } from '../model/refusal.ts';
import type { Forge, Merge, MergeRequest, Proposal, Status } from './forge.ts';
import { mappedRegistryRule, mappedRule, mappedSettings, mappedToken, mappedVariable } from './gitlab-settings.ts';
import { Failed, failedOf, fitting, once, type Patience, patient } from './patience.ts';
import { requester } from './requester.ts';

export interface GitLabSettings {
  /** `https://gitlab.com` */
  readonly host: string;
  /** The project's number or `group/project`. */
  readonly project: string;
  /** A project access token with scope `api`. It travels in a header only. */
  readonly token: string;
  /** @default patient */
  readonly patience?: Patience | undefined;
  /** How much of a list is asked for at once: 100 at most. @default 100 */
  readonly perPage?: number | undefined;
}

type Api = Gitlab<false>;

/** GitLab's REST API: https://docs.gitlab.com/api/merge_requests/ and https://docs.gitlab.com/api/commits/ */
export function gitlab({ host, project, token, patience = patient, perPage = 100 }: GitLabSettings): Forge {
  // Most verbs never ask the forge, and its client is 600 kB of source: a third of the time in which a publish starts.
  let loaded: Promise<Api> | undefined;
  const talk = requester({ host, token, patience });
  const load = () => {
    loaded ??= import('@gitbeaker/rest').then(
      ({ Gitlab }) => {
        const settings = { host, token, queryTimeout: 0, requesterFn: () => talk };
        return new Gitlab(settings as ConstructorParameters<typeof Gitlab<false>>[0]);
      },
      (cause) => {
        throw new Refusal('The client of GitLab is not installed: run npm ci, or go on in its web page.', { cause });
      },
    );
    return loaded;
  };

  async function ask<T>(what: string, call: (api: Api) => Promise<T>): Promise<T> {
    const api = await load();
    try {
      return await call(api);
    } catch (error) {
      throw refusal(error, `${what} in ${host} (project ${project})`);
    }
  }

  /** Like `ask`, of what a role may be too low for: GitLab says 403, or 404 as if it were not there. */
  async function askSetting<T>(what: string, call: (api: Api) => Promise<T>): Promise<T> {
    try {
      return await ask(what, call);
    } catch (error) {
      const { cause, message } = error as Refusal;
      throw [403, 404].includes(failedOf(error)?.status ?? 0) ? new Unreadable(message, { cause }) : error;
    }
  }

  /** Every item of a list that the client does not know, or asks for elsewhere. */
  // biome-ignore lint/suspicious/noExplicitAny: what the server says is judged by who maps it.
  async function everyOne(what: string, path: string, query: object = {}): Promise<any[]> {
    const items: unknown[] = [];
    for (let page = '1'; page !== ''; ) {
      const searchParams = { ...query, perPage, page };
      const endpoint = `projects/${encodeURIComponent(project)}/${path}`;
      const { body, headers } = await askSetting(what, () => talk.get(endpoint, { searchParams }));
      items.push(...(Array.isArray(body) ? body : []));
      page = headers['x-next-page'] ?? '';
    }
    return items;
  }

  async function openRequests(query: { targetBranch: string; sourceBranch?: string }): Promise<MergeRequest[]> {
    const found = await ask('list merge requests', ({ MergeRequests }) =>
      MergeRequests.all({ projectId: project, state: 'opened', perPage, ...query }),
    );
    // What comes from a fork has a branch of the same name, and none of our proposals. One that was opened between two
    // pages pushes another onto the next, too.
    const own = found.filter((one) => one.source_project_id === one.target_project_id).map(mapped);
    return [...new Map(own.map((request) => [request.iid, request])).values()];
  }

  async function open({ source, target, title, body }: Proposal): Promise<MergeRequest> {
    return once(
      patience,
      async () => {
        try {
          return mapped(
            await ask(`open a merge request onto ${target}`, ({ MergeRequests }) =>
              MergeRequests.create(project, source, target, title, { description: body }),
            ),
          );
        } catch (error) {
          // A list may lag behind and not have it; who refuses names it.
          const iid = alreadyOpen(failedOf(error));
          const found = iid === undefined ? undefined : await forge.update(iid, { title, body });
          if (found?.state !== 'opened') throw error;
          return found;
        }
      },
      async () => {
        const [found] = await openRequests({ targetBranch: target, sourceBranch: source });
        return found && forge.update(found.iid, { title, body });
      },
      // "Another open merge request already exists" means: use that one.
      ({ status }) => status === 409,
    );
  }

  async function merge(iid: number, sha: string, { auto = false }: { auto?: boolean } = {}): Promise<MergeRequest> {
    // Before 17.11 auto_merge was called merge_when_pipeline_succeeds: one that does not know the word would merge now.
    const waiting = auto ? { autoMerge: true, mergeWhenPipelineSucceeds: true } : {};
    const options = { sha, squash: false, shouldRemoveSourceBranch: false, ...waiting };
    const what = `merge merge request !${iid}`;
    return once(
      patience,
      async () => mapped(await ask(what, ({ MergeRequests }) => MergeRequests.merge(project, iid, options))),
      async () => {
        const found = await ask(what, ({ MergeRequests }) => MergeRequests.show(project, iid));
        const done = found.state === 'merged' || (auto && found.merge_when_pipeline_succeeds === true);
        return done && found.sha === sha ? mapped(found) : undefined;
      },
    );
  }

  async function statuses(commit: string, name?: string): Promise<Status[]> {
    const query = { all: false, perPage, ...(name === undefined ? {} : { name }) };
    const found = await ask(`read the statuses of ${commit}`, ({ Commits }) =>
      Commits.allStatuses(project, commit, query),
    );
    // Every pipeline of the commit has its own newest.
    const newest = new Map<string, (typeof found)[number]>();
    for (const one of found) if (one.id > (newest.get(one.name)?.id ?? -1)) newest.set(one.name, one);
    return [...newest.values()].map(mappedStatus);
  }

  async function setStatus(commit: string, given: Omit<Status, 'author'>): Promise<void> {
    const { name, state, url } = given;
    const description = fitting(given.description, longest);
    const said = async () => {
      const [now] = await statuses(commit, name);
      const same = now?.state === state && now.description === description && now.url === url;
      return same ? true : undefined;
    };
    const say = (as: Status['state']) =>
      ask(`set the status ${name} of ${commit}`, ({ Commits }) =>
        Commits.editStatus(project, commit, as, { name, description, targetUrl: url } as object),
      );
    try {
      if (await said()) return;
      await once(
        patience,
        async () => {
          try {
            await say(state);
          } catch (error) {
            // One that waits or runs cannot be told again, nor go back: it is ended, and a new one begins.
            if (!cannotTransition(failedOf(error))) throw error;
            if (await said()) return true;
            await say('canceled');
            await say(state);
          }
          return true;
        },
        said,
        // Another update of this status is in progress.
        ({ status }) => status === 409,
      );
    } catch (error) {
      const failed = failedOf(error);
      const missing = failed?.status === 404 && !failed.message.includes('Project');
      throw missing ? new Unknown((error as Error).message, { cause: failed }) : error;
    }
  }

  const forge: Forge = {
    load,
    opened: (target) => openRequests({ targetBranch: target }),
    request: async (iid) => {
      try {
        return mapped(await ask(`read merge request !${iid}`, ({ MergeRequests }) => MergeRequests.show(project, iid)));
      } catch (error) {
        if (failedOf(error)?.status === 404) return undefined;
        throw error;
      }
    },
    broughtBy: async (commit) => {
      try {
        const found = await ask(`list the merge requests of ${commit}`, ({ Commits }) =>
          Commits.allMergeRequests(project, commit, { perPage }),
        );
        return found.map((one) => mapped(one as unknown as Found));
      } catch (error) {
        if (failedOf(error)?.status === 404) return [];
        throw error;
      }
    },
    open,
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
    merge,
    settings: async () =>
      mappedSettings(await askSetting('read the settings', ({ Projects }) => Projects.show(project))),
    version: async () => (await askSetting('read the version', ({ Metadata }) => Metadata.show())).version,
    jobTokensAreLimited: async () => {
      const scope = await askSetting('read whose jobs come in', ({ ProjectJobTokenScopes }) =>
        ProjectJobTokenScopes.show(project),
      );
      return scope.inbound_enabled === true;
    },
    registryRules: async () =>
      (await everyOne('read what protects images', 'registry/protection/repository/rules')).map(mappedRegistryRule),
    protectedEnvironments: async () =>
      (await everyOne('list the protected environments', 'protected_environments')).map(({ name }) => String(name)),
    variables: async () => (await everyOne('list the variables', 'variables')).map(mappedVariable),
    tokens: async () => (await everyOne('list the tokens', 'access_tokens', { state: 'active' })).map(mappedToken),
    async protectionRules() {
      const found = await askSetting('read the protected branches', ({ ProtectedBranches }) =>
        ProtectedBranches.all(project, { perPage }),
      );
      return found.map(mappedRule);
    },
    statuses: (commit) => statuses(commit),
    setStatus,
  };
  return forge;
}

/** The number of the request that is in the way of another: `Another open merge request already exists …: !5`, quoted. */
function alreadyOpen(failed: Failed | undefined): number | undefined {
  const iid =
    failed?.status === 409 ? /already exists for this source branch: ! ?(\d+)/.exec(failed.message)?.[1] : undefined;
  return iid === undefined ? undefined : Number(iid);
}

const cannotTransition = (failed: Failed | undefined) =>
  failed?.status === 400 && failed.message.includes('Cannot transition status');

/** Here, and in `gitlab-settings.ts`, stand GitLab's field names. */
interface Found {
  iid: number;
  source_branch: string;
  target_branch: string;
  title: string;
  description: string | null;
  sha: string | null;
  web_url: string;
  state: string;
  merged_at?: string | null;
  merge_user?: User | null;
  /** The same, for an older GitLab: https://docs.gitlab.com/api/merge_requests/ */
  merged_by?: User | null;
  merge_commit_sha?: string | null;
  squash_commit_sha?: string | null;
}
interface User {
  name?: string;
  username?: string;
}

function mapped(found: Found): MergeRequest {
  const state = found.state === 'merged' || found.state === 'closed' ? found.state : 'opened';
  return {
    iid: found.iid,
    source: found.source_branch,
    target: found.target_branch,
    title: found.title,
    body: found.description ?? '',
    sha: idOf(found.sha) ?? '',
    url: found.web_url,
    state,
    ...(state === 'merged' && found.merged_at ? mergeOf(found, found.merged_at) : {}),
  };
}

function mergeOf(found: Found, at: string): { merged?: Merge } {
  const { merge_user, merged_by, merge_commit_sha, squash_commit_sha, sha } = found;
  const { name, username } = merge_user ?? merged_by ?? {};
  const by = name || username;
  const commit = idOf(merge_commit_sha) ?? idOf(squash_commit_sha) ?? idOf(sha);
  return commit === undefined ? {} : { merged: { ...(by ? { by } : {}), at, commit } };
}

/** The id of a commit: git is asked for it, and takes other words for options or for branches. */
export const idOf = (said: string | null | undefined): string | undefined =>
  said && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(said) ? said : undefined;

/** The states of GitLab's jobs that a status of ours never has: https://docs.gitlab.com/api/commits/ */
const states: Readonly<Record<string, Status['state']>> = {
  pending: 'pending',
  running: 'running',
  success: 'success',
  failed: 'failed',
  canceled: 'canceled',
  canceling: 'canceled',
  skipped: 'canceled',
};

const mappedStatus = (found: {
  name: string;
  status: string;
  description?: string | null;
  target_url?: string | null;
  author?: { username?: string } | null;
}): Status => ({
  name: found.name,
  state: states[found.status] ?? 'pending',
  description: found.description ?? '',
  url: found.target_url ?? undefined,
  author: found.author?.username ?? '',
});

/** GitLab refuses a longer description. */
const longest = 255;

function refusal(error: unknown, what: string): Error {
  if (!(error instanceof Failed)) return error as Error;
  const { status, message } = error;
  return new Refusal(
    `Could not ${what}: ${status ? `${status} ` : ''}${message || 'no reason was given'}. ${nextStep(error)}`,
    {
      cause: error,
    },
  );
}

function nextStep({ status, scope, wait, lost }: Failed): string {
  if (scope !== undefined) return `Give SLIPWAY_TOKEN the scope ${scope}, then run again.`;
  if (status === 401 || status === 403) {
    return 'Check SLIPWAY_TOKEN: it needs the scope api and a role that may do this.';
  }
  if (status === 429) {
    return `It has had too many requests: run again in ${wait === undefined ? 'a few minutes' : `${Math.ceil(wait / 1000)} s`}.`;
  }
  if (status !== undefined && status < 400) return 'Correct CI_SERVER_URL, then run again.';
  return lost ? 'Check that the address is right and the server is up, then run again.' : 'Correct that and run again.';
}
