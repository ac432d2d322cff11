import type { Octokit } from '@octokit/rest';
import { Refusal, Unknown } from '../model/refusal.ts';
import { quote } from '../model/words.ts';
import type { Deployment, Mirrored, Status } from './forge.ts';
import { Failed, failedOf, fitting, once, type Patience, patient, without } from './patience.ts';

export interface GitHubSettings {
  /** `owner/name` */
  readonly repository: string;
  /** May write commit statuses and deployments of the repository. It travels in a header only. */
  readonly token: string;
  /** @default https://api.github.com */
  readonly api?: string | undefined;
  /** @default patient */
  readonly patience?: Patience | undefined;
  /** How much of a list is asked for at once: 100 at most. @default 100 */
  readonly perPage?: number | undefined;
}

/** By this our deployments are told from those of others, and asked for. */
const task = 'slipway';
/** GitHub refuses a longer description. */
const longest = 140;

/**
 * GitHub as a mirror: https://docs.github.com/en/rest/commits/statuses and
 * https://docs.github.com/en/rest/deployments/deployments
 */
export function github(settings: GitHubSettings): Mirrored {
  const { repository, token, patience = patient, perPage: per_page = 100 } = settings;
  const api = (settings.api ?? 'https://api.github.com').replace(/\/+$/, '');
  const [owner = '', repo = ''] = repository.split('/');
  const base = { owner, repo, per_page };
  let loaded: Promise<Octokit> | undefined;
  const load = () => {
    loaded ??= client(api, token, patience);
    return loaded;
  };

  async function ask<T>(what: string, call: (octokit: Octokit) => Promise<T>): Promise<T> {
    const octokit = await load();
    try {
      return await call(octokit);
    } catch (error) {
      throw refusal(error, token, `${what} in ${repository} at ${api}`);
    }
  }

  async function setStatus(commit: string, { name, url, ...given }: Omit<Status, 'author'>): Promise<void> {
    const state = statusStates[given.state];
    const description = fitting(given.description, longest);
    const what = `set the status ${name} of ${commit}`;
    const said = async () => {
      const newest = await ask(what, async ({ paginate, rest }) => {
        // Newest first, of every name: what is after the first of ours is of no interest.
        for await (const { data } of paginate.iterator(rest.repos.listCommitStatusesForRef, { ...base, ref: commit })) {
          const found = data.find(({ context }) => context === name);
          if (found) return found;
        }
        return undefined;
      });
      const same =
        newest?.state === state && newest.description === description && (newest.target_url ?? undefined) === url;
      return same ? true : undefined;
    };
    await known(async () => {
      if (await said()) return;
      await once(
        patience,
        async () => {
          const target = url === undefined ? {} : { target_url: url };
          await ask(what, ({ rest }) =>
            rest.repos.createCommitStatus({
              ...base,
              sha: commit,
              state,
              context: name,
              description,
              ...target,
              ...never,
            }),
          );
          return true;
        },
        said,
      );
    });
  }

  /** Our deployments in an environment, newest first: of a commit all, else the newest. */
  async function deployments(environment: string, sha?: string): Promise<Found[]> {
    const query = { ...base, environment, task, ...(sha === undefined ? {} : { sha }) };
    return ask(`list the deployments to ${environment}`, ({ paginate, rest }) =>
      sha === undefined
        ? rest.repos.listDeployments(query).then(({ data }) => data)
        : paginate(rest.repos.listDeployments, query),
    );
  }

  async function stateOf(deployment_id: number): Promise<string | undefined> {
    const what = `read the state of deployment ${deployment_id}`;
    const { data } = await ask(what, ({ rest }) =>
      rest.repos.listDeploymentStatuses({ ...base, deployment_id, per_page: 1 }),
    );
    return data[0]?.state;
  }

  /** Says how a deployment is, where it is not so already. */
  async function setState(
    deployment_id: number,
    { state, description, url }: Omit<Deployment, 'commit'>,
  ): Promise<void> {
    const said = async () => ((await stateOf(deployment_id)) === state ? true : undefined);
    if (await said()) return;
    await once(
      patience,
      async () => {
        const text = {
          description: fitting(description, longest),
          ...(url === undefined ? {} : { environment_url: url }),
        };
        await ask(`set the state of deployment ${deployment_id}`, ({ rest }) =>
          rest.repos.createDeploymentStatus({ ...base, deployment_id, state, ...text, auto_inactive: true, ...never }),
        );
        return true;
      },
      said,
    );
  }

  async function create({ environment, commit, description }: Deployment): Promise<Found[]> {
    return once(
      patience,
      async () => {
        await ask(`create a deployment of ${commit} to ${environment}`, ({ rest }) =>
          rest.repos.createDeployment({
            ...base,
            ref: commit,
            environment,
            task,
            description: fitting(description, longest),
            // Else GitHub would merge its default branch into the commit, and refuse for checks that are not green.
            auto_merge: false,
            required_contexts: [],
            // Only deployments that are not called so become inactive by themselves when a newer one succeeds.
            production_environment: false,
            ...never,
          }),
        );
        // Also what another run made at the same moment.
        return deployments(environment, commit);
      },
      async () => {
        const found = await deployments(environment, commit);
        return found.length > 0 ? found : undefined;
      },
    );
  }

  /** Takes away what two runs made twice: all keep the oldest. */
  async function onlyOldest(environment: string, found: readonly Found[]): Promise<number> {
    const [oldest, ...others] = found.map(({ id }) => id).sort((a, b) => a - b) as [number, ...number[]];
    for (const deployment_id of others) {
      try {
        await setState(deployment_id, { environment, state: 'inactive', description: 'made twice' });
        await ask(`delete deployment ${deployment_id}`, ({ rest }) =>
          rest.repos.deleteDeployment({ ...base, deployment_id }),
        );
      } catch (error) {
        if (failedOf(error)?.status !== 404) throw error;
      }
    }
    return oldest;
  }

  async function deploy(deployment: Deployment): Promise<void> {
    const { environment, commit, state } = deployment;
    await known(async () => {
      const found = await deployments(environment, commit);
      const id = await onlyOldest(environment, found.length > 0 ? found : await create(deployment));
      // After a rollback: what was deployed later does not run any more, and GitHub takes only earlier ones for old.
      const later = state === 'success' ? (await deployments(environment)).filter((other) => other.id > id) : [];
      for (const other of later) {
        if (['success', 'in_progress'].includes((await stateOf(other.id)) ?? '')) {
          const description = `went back to ${commit}`;
          await setState(other.id, { environment, state: 'inactive', description });
        }
      }
      await setState(id, deployment);
    });
  }

  return { setStatus, deploy };
}

interface Found {
  readonly id: number;
}

/** What octokit must not repeat by itself: it would be done twice. */
const never = { request: { retries: 0 } };

const statusStates = {
  pending: 'pending',
  running: 'pending',
  success: 'success',
  failed: 'failure',
  canceled: 'error',
} as const;

/** GitHub's client, which waits for its rate limits and repeats what reads. */
async function client(api: string, token: string, patience: Patience): Promise<Octokit> {
  const modules = [
    import('@octokit/rest'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
  ] as const;
  const [{ Octokit }, { retry }, { throttling }] = await Promise.all(modules).catch((cause) => {
    throw new Refusal('The client of GitHub is not installed: run npm ci, or unset GITHUB_TOKEN.', { cause });
  });
  const again = (wait: number, _options: unknown, _octokit: unknown, tried: number) =>
    tried + 1 < patience.attempts && wait * 1000 <= patience.longest;
  const silent = () => {};
  return new (Octokit.plugin(retry, throttling))({
    auth: token,
    baseUrl: api,
    userAgent: 'slipway',
    log: { debug: silent, info: silent, warn: silent, error: silent },
    request: { fetch: whole(patience.timeout) },
    retry: {
      retries: patience.attempts - 1,
      retryAfterBaseValue: patience.first,
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
    },
    // A second between two writes, as GitHub asks for.
    // https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
    throttle: { id: api, onRateLimit: again, onSecondaryRateLimit: again },
  });
}

/**
 * An answer that is read to its end, or none: octokit takes half of one for an empty one, and follows redirects with a
 * POST that became a GET.
 */
const whole =
  (timeout: number): typeof fetch =>
  async (address, options) => {
    const signal = AbortSignal.timeout(timeout);
    const answer = await fetch(address, { ...options, signal, redirect: 'manual' });
    const { status, headers } = answer;
    if (status >= 300 && status < 400) {
      return Response.json({ message: `it has moved to ${headers.get('location')}` }, { status: 410 });
    }
    const text = await answer.text();
    const json = headers.get('content-type')?.includes('json') === true;
    if (answer.ok && status !== 204 && !json) {
      return Response.json({ message: 'its answer is not that of GitHub' }, { status: 410 });
    }
    return new Response(status === 204 ? null : text, { status, headers });
  };

/** @throws {Unknown} where GitHub does not have the commit: 422 "No commit found for SHA", 422 "No ref found for", or 404 */
async function known(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const failed = failedOf(error);
    const unknown = failed?.status === 404 || (failed?.status === 422 && /No (commit|ref) found/.test(failed.message));
    throw unknown ? new Unknown((error as Error).message, { cause: failed }) : error;
  }
}

/** What octokit throws holds the request; what goes on holds nothing that was sent. */
function refusal(error: unknown, token: string, what: string): Error {
  if (error instanceof Refusal) return error;
  const { status, response, message } = error as {
    status?: number;
    response?: { headers?: Readonly<Record<string, string>> };
    message: string;
  };
  if (status === undefined) return error as Error;
  const wait = Number(response?.headers?.['retry-after'] ?? Number.NaN) * 1000;
  // What never came is told by octokit as 500 without an answer.
  const failed = new Failed(quote(without(token, message), 300), {
    status: response ? status : undefined,
    wait: Number.isNaN(wait) ? undefined : wait,
  });
  const code = failed.status ? `${failed.status} ` : '';
  return new Refusal(`Could not ${what}: ${code}${failed.message}. ${nextStep(failed)}`, { cause: failed });
}

function nextStep({ status, wait, lost, message }: Failed): string {
  if (status === 429 || (status === 403 && /rate limit/.test(message))) {
    return `Run again in ${wait === undefined ? 'an hour' : `${Math.ceil(wait / 1000)} s`}.`;
  }
  if (status === 401 || status === 403) {
    return 'Check GITHUB_TOKEN: it needs to write commit statuses and deployments of this repository.';
  }
  if (status === 404 || status === 410)
    return 'Check GITHUB_REPOSITORY and GITHUB_API_URL, and what GITHUB_TOKEN may see.';
  if (status === 422) return 'Push it to GitHub, then run again.';
  return lost ? 'Check that the address is right and the server is up, then run again.' : 'Correct that and run again.';
}
