import { readFile, rename, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { Git } from '../../generators/git/git.ts';
import { head } from '../../generators/model/names.ts';
import { forgePage } from './forge-page.ts';
import { protectedBranches } from './repository.ts';

/** What is kept of a merge request; the rest of what GitLab tells is read from git. */
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
  created_at: string;
  updated_at: string;
}

/** A merge request as the API gives it. */
export interface Shown extends Kept {
  id: number;
  project_id: number;
  sha: string;
  web_url: string;
  draft: boolean;
  labels: string[];
}

export interface ForgeSettings {
  readonly repository: Git;
  /** Where merge requests are kept between runs. */
  readonly file: string;
  readonly token: string;
  /** How people reach it: `http://127.0.0.1:8081`. */
  readonly url: () => string;
  readonly now: () => Date;
}

export const project = { id: 1, path: 'local/slipway' } as const;

/** An answer that is no success, in GitLab's shape. */
class Answer extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * A small forge: it answers the GitLab API calls that Slipway makes, over a real repository, and shows its merge
 * requests to people. Merge method: merge commit with semi-linear history.
 */
export async function createForge(
  settings: ForgeSettings,
): Promise<(request: IncomingMessage, response: ServerResponse) => void> {
  const { repository, file, token, url, now } = settings;
  const kept = await load(file);
  // One change at a time: a merge must not meet another half-way.
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = queue.then(work, work);
    queue = done.catch(() => {});
    return done;
  };

  async function save(): Promise<void> {
    await writeFile(`${file}.new`, JSON.stringify(kept, null, 2));
    await rename(`${file}.new`, file);
  }

  const tip = (branch: string) => repository.commit(head(branch));

  async function shown(request: Kept): Promise<Shown> {
    const sha = request.sha ?? (await tip(request.source_branch)) ?? '';
    const web_url = `${url()}/${project.path}/-/merge_requests/${request.iid}`;
    return {
      id: request.iid,
      project_id: project.id,
      ...request,
      sha,
      web_url,
      draft: /^draft:/i.test(request.title),
      labels: [],
    };
  }

  function find(iid: string | undefined): Kept {
    const found = kept.find((request) => request.iid === Number(iid));
    if (!found) throw new Answer(404, '404 Not found');
    return found;
  }

  async function create(body: Record<string, unknown>) {
    const { source_branch: source, target_branch: target, title, description } = body;
    for (const [name, value] of Object.entries({ source_branch: source, target_branch: target, title })) {
      if (typeof value !== 'string' || value === '') throw new Answer(400, `${name} is missing`);
    }
    for (const branch of [source, target] as string[])
      if (!(await tip(branch))) throw new Answer(400, `branch ${branch} does not exist`);
    const open = kept.find(
      (request) => request.state === 'opened' && request.source_branch === source && request.target_branch === target,
    );
    if (open) throw new Answer(409, `Another open merge request already exists for this source branch: !${open.iid}`);
    const at = now().toISOString();
    const request: Kept = {
      iid: kept.length + 1,
      title: title as string,
      description: String(description ?? ''),
      source_branch: source as string,
      target_branch: target as string,
      state: 'opened',
      merge_commit_sha: null,
      created_at: at,
      updated_at: at,
    };
    kept.push(request);
    await save();
    return shown(request);
  }

  async function edit(request: Kept, body: Record<string, unknown>) {
    if (typeof body.title === 'string') request.title = body.title;
    if (typeof body.description === 'string') request.description = body.description;
    if (body.state_event === 'close' && request.state === 'opened') {
      request.state = 'closed';
      request.sha = (await tip(request.source_branch)) ?? '';
    }
    request.updated_at = now().toISOString();
    await save();
    return shown(request);
  }

  async function merge(request: Kept, body: Record<string, unknown>) {
    const source = await tip(request.source_branch);
    const target = await tip(request.target_branch);
    if (request.state !== 'opened' || !source || !target) throw new Answer(405, '405 Method Not Allowed');
    if (body.sha !== undefined && body.sha !== source)
      throw new Answer(409, `SHA does not match HEAD of source branch: ${source}`);
    if (!(await repository.isAncestor(target, source))) throw new Answer(422, 'Branch cannot be merged');
    const message = `Merge branch '${request.source_branch}' into '${request.target_branch}'\n\n${request.title}\n\nSee merge request ${project.path}!${request.iid}\n`;
    const person = ['-c', 'user.name=Local Person', '-c', 'user.email=person@localhost.invalid'];
    const commit = await repository.text(
      [...person, 'commit-tree', '-p', target, '-p', source, '-F', '-', `${source}^{tree}`],
      message,
    );
    await repository.bytes(['update-ref', head(request.target_branch), commit, target]);
    Object.assign(request, { state: 'merged', sha: source, merge_commit_sha: commit, updated_at: now().toISOString() });
    await save();
    return shown(request);
  }

  async function api(
    method: string,
    path: readonly string[],
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): Promise<unknown> {
    const [kind, iid, verb] = path;
    const call = `${method} ${kind ?? ''}${iid ? '/:iid' : ''}${verb ? `/${verb}` : ''}`;
    switch (call) {
      case 'GET ':
        return {
          id: project.id,
          path_with_namespace: project.path,
          default_branch: 'main',
          merge_method: 'rebase_merge',
          squash_option: 'never',
        };
      case 'GET protected_branches':
        return (await protectedBranches(repository.dir)).map((name) => ({ name, allow_force_push: false }));
      case 'GET merge_requests': {
        const wanted = (name: string, value: string) => query.get(name) === null || query.get(name) === value;
        const matching = kept.filter(
          (request) =>
            wanted('state', request.state) &&
            wanted('source_branch', request.source_branch) &&
            wanted('target_branch', request.target_branch),
        );
        return Promise.all(matching.reverse().map(shown));
      }
      case 'POST merge_requests':
        return inTurn(() => create(body));
      case 'GET merge_requests/:iid':
        return shown(find(iid));
      case 'PUT merge_requests/:iid':
        return inTurn(() => edit(find(iid), body));
      case 'PUT merge_requests/:iid/merge':
        return inTurn(() => merge(find(iid), body));
      default:
        throw new Answer(404, '404 Not Found');
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const parts = pathname.split('/').filter((part) => part !== '');
    if (parts[0] !== 'api') {
      const page = forgePage(request.method ?? 'GET', parts, await Promise.all(kept.map(shown)));
      return send(response, page.status, page.type, page.body);
    }
    try {
      if (request.headers['private-token'] !== token) throw new Answer(401, '401 Unauthorized');
      if (
        parts[1] !== 'v4' ||
        parts[2] !== 'projects' ||
        ![String(project.id), project.path].includes(decodeURIComponent(parts[3] ?? ''))
      ) {
        throw new Answer(404, '404 Project Not Found');
      }
      const raw = await text(request);
      const body = raw === '' ? {} : parse(raw, request.headers['content-type']);
      const result = await api(request.method ?? 'GET', parts.slice(4), searchParams, body);
      send(response, request.method === 'POST' ? 201 : 200, 'application/json', JSON.stringify(result));
    } catch (error) {
      const status = error instanceof Answer ? error.status : 500;
      send(response, status, 'application/json', JSON.stringify({ message: (error as Error).message }));
    }
  }

  return (request, response) => {
    answer(request, response).catch((error: Error) => send(response, 500, 'text/plain', `${error.message}\n`));
  };
}

async function load(file: string): Promise<Kept[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Kept[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function parse(raw: string, type = ''): Record<string, unknown> {
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(raw));
  try {
    return JSON.parse(raw) as Record<string, unknown>;
  } catch {
    throw new Answer(400, 'The body is not JSON');
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, {
    'content-type': type,
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
