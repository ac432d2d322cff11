import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { type Account, type AccountsSettings, accountsOf, apiToken, gitToken, owner, shownTokens } from './accounts.ts';
import { type Body, bodyOf } from './body.ts';
import { CiVariables } from './ci-variables.ts';
import { CommitStatuses } from './commit-statuses.ts';
import { serveGit } from './git-http.ts';
import { MergeRequests, type MergeRequestsSettings } from './merge-requests.ts';
import { Notes } from './notes.ts';
import { pageOf } from './pages.ts';
import { project } from './project.ts';
import { ProjectSettings } from './project-settings.ts';
import { ProtectedBranches } from './protected-branches.ts';
import { rateLimit, TooMany } from './rate-limit.ts';
import { Refused } from './refused.ts';
import { RegistryRules } from './registry-rules.ts';
import { found, type Routes, routes } from './routes.ts';

export interface ForgeSettings extends MergeRequestsSettings, AccountsSettings {
  /** So many calls of the API per account and minute. @default as many as they like */
  readonly rateLimit?: number | undefined;
  /** Whether its pipelines and images are as GitLab makes a project, which nobody has set up. @default false */
  readonly asMade?: boolean | undefined;
}

/** The GitLab whose answers these are. https://docs.gitlab.com/api/metadata/ */
const metadata = {
  version: '19.6.0',
  revision: '0'.repeat(11),
  kas: { enabled: false, externalUrl: null, version: null },
  enterprise: false,
};

const gitPaths = `/${project.path}.git/`;

/** Whether the forge answers there: GitLab's API, and the repository for git clients. */
export const isForgePath = (pathname: string): boolean =>
  pathname === '/api/v4' || pathname.startsWith('/api/v4/') || pathname.startsWith(gitPaths);

/**
 * A small forge: it answers the GitLab API calls that Slipway makes, over a real repository, and git clients over HTTP.
 * https://docs.gitlab.com/api/rest/
 */
export async function createForge(
  settings: ForgeSettings,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const beside = (name: string) => join(dirname(settings.file), name);
  const statuses = await CommitStatuses.open(settings, beside('commit-statuses.json'));
  const notes = await Notes.open({ file: beside('notes.json'), url: settings.url, now: settings.now });
  const requests = await MergeRequests.open(settings, {
    pipeline: (commit) => statuses.pipeline(commit),
    notes: (iid) => notes.count(iid),
  });
  const accounts = accountsOf(settings);
  const byId = (id: number | undefined): Account => [...accounts.values()].find((one) => one.id === id) ?? owner;
  const protectedBranches = new ProtectedBranches(() => settings.repository);
  const table: Routes = routes({
    ...{ settings, statuses, notes, requests, protectedBranches, byId },
    projectSettings: new ProjectSettings(settings, settings.asMade === true),
    variables: new CiVariables(),
    registryRules: new RegistryRules(settings.asMade === true),
    tokens: () => shownTokens(settings),
  });
  const counts = settings.rateLimit === undefined ? undefined : rateLimit(settings.rateLimit, settings.now);

  async function api(request: IncomingMessage, url: URL): Promise<{ status: number; result: unknown }> {
    const account = accounts.get(apiToken(request));
    if (account === undefined) throw new Refused(401, '401 Unauthorized');
    counts?.(account.username);
    const [, , , projects, id = '', ...path] = url.pathname.split('/').map(decoded);
    if (projects === 'metadata' && request.method === 'GET') return { status: 200, result: metadata };
    if (projects !== 'projects') throw new Refused(404, '404 Not Found', { error: '404 Not Found' });
    if (![String(project.id), project.path].includes(id)) throw new Refused(404, '404 Project Not Found');
    const { route, params } = found(table, request.method ?? 'GET', path);
    if (account.level < route.level) throw new Refused(403, '403 Forbidden');
    // GitLab takes a parameter from the address or from the body.
    const body: Body = { ...Object.fromEntries(url.searchParams), ...(await bodyOf(request)) };
    return { status: route.status, result: await route.answer({ account, params, body, query: url.searchParams }) };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', settings.url());
    const { pathname, searchParams: query } = url;
    if (pathname.startsWith(gitPaths)) {
      const token = gitToken(request);
      const account = token === undefined ? undefined : accounts.get(token);
      const path = `/${pathname.slice(gitPaths.length)}`;
      return serveGit(request, response, { dir: settings.repository.dir, path, query, account });
    }
    if (!isForgePath(pathname)) return json(response, 404, { error: '404 Not Found' });
    const { status, result } = await api(request, url);
    const { items, headers } = Array.isArray(result) ? pageOf(result, url) : { items: result, headers: {} };
    json(response, status, items, headers);
  }

  return (request, response) => {
    answer(request, response).catch((error: Error) => refuse(request, response, error));
  };
}

/** A part of a path; one that is no text is left as it is, and nothing is called so. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: Error): void {
  if (response.headersSent) return void response.destroy();
  // What the caller still sends is let go, so that it comes to read the answer.
  request.resume();
  if (error instanceof TooMany) {
    send(response, error.status, 'text/plain', `${error.message}\n`, error.headers);
  } else if (error instanceof Refused) json(response, error.status, error.body);
  else json(response, 500, { message: error.message });
}

type Headers = Readonly<Record<string, string>>;

const json = (response: ServerResponse, status: number, body: unknown, headers: Headers = {}) =>
  send(response, status, 'application/json', status === 204 ? '' : JSON.stringify(body), headers);

function send(response: ServerResponse, status: number, type: string, body: string, headers: Headers = {}): void {
  response.writeHead(status, {
    ...headers,
    'content-type': type,
    'content-security-policy': "default-src 'none'",
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
