import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface CommitStatus {
  readonly sha: string;
  readonly context: string;
  readonly state: string;
  readonly description: string;
  readonly target_url: string | null;
}

export interface DeploymentStatus {
  readonly state: string;
  readonly description: string;
  readonly environment_url: string;
}

export interface DeploymentMade {
  readonly id: number;
  readonly sha: string;
  readonly environment: string;
  readonly task: string;
  readonly production_environment: boolean;
  /** Newest last. */
  readonly statuses: DeploymentStatus[];
}

/** A small GitHub: commit statuses and deployments of one repository, as its documentation tells them. */
export interface GitHubApi {
  readonly url: string;
  readonly repository: string;
  readonly token: string;
  /** The commits that were pushed to it. */
  readonly commits: Set<string>;
  readonly statuses: readonly CommitStatus[];
  readonly deployments: readonly DeploymentMade[];
}

class Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, body?: unknown, headers: Readonly<Record<string, string>> = {}) {
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

const refused = (status: number, message: string) =>
  new Answer(status, { message, documentation_url: 'https://docs.github.com' });

type Body = Readonly<Record<string, unknown>>;

export async function githubApi(t: Pick<TestContext, 'after'>): Promise<GitHubApi> {
  const [repository, token] = ['group/slipway', 'github-secret'];
  const commits = new Set<string>();
  const statuses: CommitStatus[] = [];
  const deployments: DeploymentMade[] = [];
  let made = 0;

  function setStatus(sha: string, body: Body): Answer {
    if (!commits.has(sha)) return refused(422, `No commit found for SHA: ${sha}`);
    if (!['error', 'failure', 'pending', 'success'].includes(String(body.state)))
      return refused(422, 'Validation Failed');
    if ([...String(body.description)].length > 140)
      return refused(422, 'description is too long (maximum is 140 characters)');
    const { context, state, description, target_url = null } = body as unknown as CommitStatus;
    statuses.push({ sha, context, state, description, target_url });
    return new Answer(201, statuses.at(-1));
  }

  function create(body: Body): Answer {
    const { ref, environment, task, auto_merge = true, required_contexts } = body;
    if (!commits.has(String(ref))) return refused(422, `No ref found for: ${ref}`);
    if (auto_merge) return refused(409, 'Conflict merging main into the ref');
    if (!Array.isArray(required_contexts) || required_contexts.length > 0)
      return refused(409, 'Conflict: Commit status checks failed.');
    deployments.push({
      id: ++made,
      sha: String(ref),
      environment: String(environment),
      task: String(task),
      production_environment: Boolean(body.production_environment ?? environment === 'production'),
      statuses: [],
    });
    return new Answer(201, deployments.at(-1));
  }

  function setState(id: number, body: Body): Answer {
    const deployment = deployments.find((one) => one.id === id);
    if (!deployment) return refused(404, 'Not Found');
    const { state, description, environment_url = '' } = body as unknown as DeploymentStatus;
    deployment.statuses.push({ state, description, environment_url });
    for (const prior of deployments) {
      const isPrior = prior.id < id && prior.environment === deployment.environment && !prior.production_environment;
      if (body.auto_inactive && state === 'success' && isPrior && prior.statuses.at(-1)?.state === 'success') {
        prior.statuses.push({ state: 'inactive', description: '', environment_url: '' });
      }
    }
    return new Answer(201, deployment.statuses.at(-1));
  }

  function remove(id: number): Answer {
    const at = deployments.findIndex((one) => one.id === id);
    if (at < 0) return refused(404, 'Not Found');
    if (deployments[at]?.statuses.at(-1)?.state !== 'inactive')
      return refused(
        422,
        'We cannot delete an active deployment unless it is the only deployment in a given environment.',
      );
    deployments.splice(at, 1);
    return new Answer(204);
  }

  function answer(call: string, url: URL, body: Body): Answer {
    const [, of, kind = '', id = '', rest] =
      /^(\w+) \/repos\/group\/slipway\/(\w+)(?:\/([\w]+)(?:\/(\w+))?)?$/.exec(call) ?? [];
    switch (`${of} ${kind}${id && '/:id'}${rest ? `/${rest}` : ''}`) {
      case 'GET commits/:id/statuses':
        if (!commits.has(id)) return refused(404, 'Not Found');
        return page(url, statuses.filter(({ sha }) => sha === id).reverse());
      case 'POST statuses/:id':
        return setStatus(id, body);
      case 'GET deployments':
        return page(url, deployments.filter(matching(url)).reverse());
      case 'POST deployments':
        return create(body);
      case 'GET deployments/:id/statuses': {
        const found = deployments.find((one) => one.id === Number(id));
        return found ? page(url, [...found.statuses].reverse()) : refused(404, 'Not Found');
      }
      case 'POST deployments/:id/statuses':
        return setState(Number(id), body);
      case 'DELETE deployments/:id':
        return remove(Number(id));
      default:
        return refused(404, 'Not Found');
    }
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = request.method === 'POST' ? ((await json(request)) as Body) : {};
    const url = new URL(request.url ?? '/', `http://${request.headers.host}`);
    const allowed = request.headers.authorization === `token ${token}`;
    const {
      status,
      body: said,
      headers,
    } = allowed ? answer(`${request.method} ${url.pathname}`, url, body) : refused(401, 'Bad credentials');
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
    response.end(said === undefined ? undefined : JSON.stringify(said));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: Error) => response.writeHead(500).end(error.message));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, repository, token, commits, statuses, deployments };
}

const matching = (url: URL) => (deployment: DeploymentMade) =>
  (['environment', 'task', 'sha'] as const).every((field) => {
    const wanted = url.searchParams.get(field);
    return wanted === null || wanted === deployment[field];
  });

/** https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api */
function page(url: URL, list: readonly unknown[]): Answer {
  const size = Number(url.searchParams.get('per_page') ?? 30);
  const at = Number(url.searchParams.get('page') ?? 1);
  const next = new URL(url);
  next.searchParams.set('page', String(at + 1));
  const link = at * size < list.length ? { link: `<${next.href}>; rel="next"` } : {};
  return new Answer(200, list.slice((at - 1) * size, at * size), link as Readonly<Record<string, string>>);
}
