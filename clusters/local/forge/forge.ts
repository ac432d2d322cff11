import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CommitStatuses } from './commit-statuses.ts';
import { forgePage } from './forge-page.ts';
import { MergeRequests, type MergeRequestsSettings, project, Refused } from './merge-requests.ts';
import { pageOf } from './pages.ts';
import { protectedBranches } from './repository.ts';

export interface ForgeSettings extends MergeRequestsSettings {
  /** May do everything, as the account `slipway`. */
  readonly token: string;
  /** Other accounts that may do everything: by token, their names. @default none */
  readonly accounts?: Readonly<Record<string, string>> | undefined;
  /** May look, as a Reporter, at all but how branches are protected. @default nobody */
  readonly reporter?: string | undefined;
}

/**
 * A small forge: it answers the GitLab API calls that Slipway makes, over a real repository, and shows its merge
 * requests to people.
 */
export async function createForge(
  settings: ForgeSettings,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const statuses = await CommitStatuses.open({
    ...settings,
    file: join(dirname(settings.file), 'commit-statuses.json'),
  });
  const requests = await MergeRequests.open({ ...settings, pipeline: (commit) => statuses.pipeline(commit) });

  async function page(method: string, path: readonly string[], response: ServerResponse): Promise<void> {
    const { status, type, body } = forgePage(method, path, await requests.list(new URLSearchParams()));
    send(response, status, type, body);
  }

  async function api(request: IncomingMessage, path: readonly string[], query: URLSearchParams): Promise<unknown> {
    const given = String(request.headers['private-token']);
    const looksOnly = settings.reporter !== undefined && given === settings.reporter;
    const others = new Map(Object.entries(settings.accounts ?? {}));
    const account = given === settings.token ? 'slipway' : others.get(given);
    if (account === undefined && !looksOnly) throw new Refused(401, '401 Unauthorized');
    const [, version, projects, id = '', kind = '', iid, verb, last] = path;
    const known = [String(project.id), project.path].includes(decodeURIComponent(id));
    if (version !== 'v4' || projects !== 'projects' || !known) throw new Refused(404, '404 Project Not Found');
    if (looksOnly && (request.method !== 'GET' || kind === 'protected_branches')) {
      throw new Refused(403, '403 Forbidden');
    }
    const body = parse(await text(request), request.headers['content-type']);
    if (request.method === 'POST' && kind === 'statuses' && iid && account) {
      const shown = await statuses.set(iid, account, body);
      await requests.pipelineEnded(iid);
      return shown;
    }
    if (request.method === 'GET' && kind === 'repository' && iid === 'commits' && verb && last === 'statuses') {
      return statuses.list(verb, query);
    }
    switch (`${request.method} ${kind}${iid ? '/:iid' : ''}${verb ? `/${verb}` : ''}`) {
      case 'GET ':
        return {
          id: project.id,
          path_with_namespace: project.path,
          default_branch: 'main',
          merge_method: settings.method ?? 'rebase_merge',
          squash_option: settings.squash_option ?? 'never',
          builds_access_level: 'disabled',
          only_allow_merge_if_pipeline_succeeds: false,
        };
      case 'GET protected_branches':
        return (await protectedBranches(settings.repository.dir)).map((name, index) => ({
          id: index + 1,
          name,
          allow_force_push: false,
          inherited: false,
        }));
      case 'GET merge_requests':
        return requests.list(query);
      case 'POST merge_requests':
        return requests.create(body);
      case 'GET merge_requests/:iid':
        return requests.show(iid);
      case 'PUT merge_requests/:iid':
        return requests.edit(iid, body);
      case 'PUT merge_requests/:iid/merge':
        return requests.merge(iid, body);
      case 'PUT merge_requests/:iid/rebase':
        return requests.rebase(iid);
      default:
        throw new Refused(404, '404 Not Found');
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const path = pathname.split('/').filter((part) => part !== '');
    if (path[0] !== 'api') return page(request.method ?? 'GET', path, response);
    try {
      const result = await api(request, path, searchParams);
      const { items, headers } = Array.isArray(result)
        ? pageOf(result, new URL(request.url ?? '/', settings.url()))
        : { items: result, headers: {} };
      json(response, statusOf(request.method, path), items, headers);
    } catch (error) {
      json(response, error instanceof Refused ? error.status : 500, { message: (error as Error).message });
    }
  }

  return (request, response) => {
    answer(request, response).catch((error: Error) => json(response, 500, { message: error.message }));
  };
}

function parse(raw: string, type = ''): Record<string, unknown> {
  if (raw === '') return {};
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(raw));
  try {
    return JSON.parse(raw) as Record<string, unknown>;
  } catch {
    throw new Refused(400, 'The body is not JSON');
  }
}

type Headers = Readonly<Record<string, string>>;

/** GitLab only accepts a rebase, and does it when it can. */
const statusOf = (method: string | undefined, path: readonly string[]) =>
  method === 'POST' ? 201 : path.at(-1) === 'rebase' ? 202 : 200;

const json = (response: ServerResponse, status: number, body: unknown, headers: Headers = {}) =>
  send(response, status, 'application/json', JSON.stringify(body), headers);

function send(response: ServerResponse, status: number, type: string, body: string, headers: Headers = {}): void {
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
