import { type Account, levels } from './accounts.ts';
import type { Body } from './body.ts';
import { branch, branches, searched } from './branches.ts';
import type { CiVariables } from './ci-variables.ts';
import type { CommitStatuses } from './commit-statuses.ts';
import type { MergeRequests, MergeRequestsSettings } from './merge-requests.ts';
import type { Notes } from './notes.ts';
import { project } from './project.ts';
import type { ProjectSettings } from './project-settings.ts';
import type { ProtectedBranches } from './protected-branches.ts';
import { Refused } from './refused.ts';
import type { RegistryRules } from './registry-rules.ts';

/** A call that found its route. */
export interface Call {
  readonly account: Account;
  /** What the path has where the route has names: `iid`, `name`, `sha`. */
  readonly params: Readonly<Record<string, string>>;
  readonly body: Body;
  readonly query: URLSearchParams;
}

export interface Route {
  readonly method: string;
  /** Behind `projects/:id`. */
  readonly path: readonly string[];
  /** The lowest access level that may call it. */
  readonly level: number;
  readonly status: number;
  readonly answer: (call: Call) => unknown;
}
export type Routes = readonly Route[];

/** What answers the calls. */
export interface Parts {
  readonly settings: MergeRequestsSettings;
  readonly statuses: CommitStatuses;
  readonly notes: Notes;
  readonly requests: MergeRequests;
  readonly protectedBranches: ProtectedBranches;
  readonly projectSettings: ProjectSettings;
  readonly variables: CiVariables;
  readonly registryRules: RegistryRules;
  /** The project access tokens, as GitLab lists them. */
  readonly tokens: () => readonly object[];
  /** The account of a number. */
  readonly byId: (id: number | undefined) => Account;
}

/** Every call that the forge answers, and who may make it. */
export function routes(parts: Parts): Routes {
  const { settings, statuses, notes, requests, protectedBranches, projectSettings, variables, registryRules } = parts;
  const { byId, tokens } = parts;
  const { reporter, developer, maintainer } = levels;
  const web = () => `${settings.url()}/${project.path}`;
  const route = (call: string, level: number, answer: Route['answer'], status?: number): Route => {
    const [method = '', path = ''] = call.split(' ');
    const usual = method === 'POST' ? 201 : method === 'DELETE' ? 204 : 200;
    return { method, path: path.split('/').filter((part) => part !== ''), level, status: status ?? usual, answer };
  };
  const setStatus = async ({ account, params: { sha = '' }, body }: Call) => {
    const shown = await statuses.set(sha, account, body);
    await requests.pipelineEnded(sha, byId);
    return shown;
  };
  const listBranches = async ({ account, query }: Call) =>
    (await branches(settings.repository, web(), account)).filter(({ name }) => searched(query.get('search'), name));
  return [
    route('GET /', reporter, () => projectSettings.show()),
    route('PUT /', maintainer, ({ body }) => projectSettings.change(body)),
    route('GET /job_token_scope', maintainer, () => projectSettings.jobTokenScope()),
    route('PATCH /job_token_scope', maintainer, ({ body }) => projectSettings.limitJobTokens(body), 204),
    route('GET /variables', maintainer, () => variables.list()),
    route('POST /variables', maintainer, ({ body }) => variables.add(body)),
    route('PUT /variables/:key', maintainer, ({ params, body }) => variables.change(params.key ?? '', body)),
    route('GET /access_tokens', maintainer, () => tokens()),
    route('GET /registry/protection/repository/rules', maintainer, () => registryRules.list()),
    route('POST /registry/protection/repository/rules', maintainer, ({ body }) => registryRules.add(body)),
    route('GET /protected_branches', maintainer, ({ query }) => protectedBranches.list(query.get('search'))),
    route('POST /protected_branches', maintainer, ({ body }) => protectedBranches.protect(body)),
    route('GET /protected_branches/:name', maintainer, ({ params }) => protectedBranches.show(params.name ?? '')),
    route('PATCH /protected_branches/:name', maintainer, ({ params, body }) =>
      protectedBranches.change(params.name ?? '', body),
    ),
    route('DELETE /protected_branches/:name', maintainer, ({ params }) =>
      protectedBranches.unprotect(params.name ?? ''),
    ),
    route('GET /repository/branches', reporter, listBranches),
    route('GET /repository/branches/:name', reporter, ({ account, params }) =>
      branch(settings.repository, web(), account, params.name ?? ''),
    ),
    route('GET /repository/commits/:sha/statuses', reporter, ({ params, query }) =>
      statuses.list(params.sha ?? '', query),
    ),
    route('GET /repository/commits/:sha/merge_requests', reporter, ({ params }) => requests.ofCommit(params.sha ?? '')),
    route('POST /statuses/:sha', developer, setStatus),
    route('GET /merge_requests', reporter, ({ query }) => requests.list(query)),
    route('POST /merge_requests', developer, ({ account, body }) => requests.create(account, body)),
    route('GET /merge_requests/:iid', reporter, ({ params }) => requests.show(params.iid)),
    route('PUT /merge_requests/:iid', developer, ({ account, params, body }) =>
      requests.edit(account, params.iid, body),
    ),
    route('PUT /merge_requests/:iid/merge', reporter, ({ account, params, body }) =>
      requests.merge(account, params.iid, body),
    ),
    // GitLab only accepts a rebase, and does it when it can.
    route(
      'PUT /merge_requests/:iid/rebase',
      reporter,
      ({ account, params }) => requests.rebase(account, params.iid),
      202,
    ),
    route('GET /merge_requests/:iid/notes', reporter, ({ params, query }) =>
      notes.list(requests.find(params.iid).iid, query),
    ),
    route('POST /merge_requests/:iid/notes', reporter, ({ account, params, body }) =>
      notes.add(account, requests.find(params.iid).iid, body),
    ),
  ];
}

/** @throws {Refused} where nothing answers: 405 where another method would be */
export function found(
  table: Routes,
  method: string,
  path: readonly string[],
): { route: Route; params: Readonly<Record<string, string>> } {
  const there = table.filter(
    (route) =>
      route.path.length === path.length &&
      route.path.every((part, index) => part.startsWith(':') || part === path[index]),
  );
  if (there.length === 0) throw new Refused(404, '404 Not Found', { error: '404 Not Found' });
  const route = there.find((one) => one.method === method);
  if (!route) throw new Refused(405, '405 Not Allowed', { error: '405 Not Allowed' });
  const named = route.path.flatMap((part, index) => (part.startsWith(':') ? [[part.slice(1), path[index] ?? '']] : []));
  return { route, params: Object.fromEntries(named) };
}
