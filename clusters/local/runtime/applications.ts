import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EnvironmentRuntime } from './runtime.ts';

/** What runs here, in the shape of Argo CD's `GET /api/v1/applications`. */
export function applications(
  runtimes: readonly EnvironmentRuntime[],
  token: string,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    if (request.headers.authorization !== `Bearer ${token}`)
      return send(response, 401, { error: 'no session information', code: 16 });
    if (pathname !== '/api/v1/applications') return send(response, 404, { error: 'not found', code: 5 });
    const projects = searchParams.getAll('projects');
    const items = runtimes
      .filter(({ environment }) => projects.length === 0 || projects.includes(environment))
      .flatMap((runtime) =>
        runtime.applications().map(({ app, sync, revision, health, message, since }) => ({
          metadata: { name: app, namespace: `argocd-${runtime.environment}` },
          spec: { project: runtime.environment },
          status: {
            sync: { status: sync, revision },
            health: {
              status: health,
              message,
              ...(since ? { lastTransitionTime: new Date(since).toISOString() } : {}),
            },
          },
        })),
      );
    send(response, 200, { items: items.length > 0 ? items : null });
  };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
