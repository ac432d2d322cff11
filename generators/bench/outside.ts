import { request as ask, createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Git } from '../git/git.ts';
import { environmentBranch, head } from '../model/names.ts';

/** What a promotion asks beside git: the forge, through a door that counts, and an Argo CD. */
export interface Outside {
  readonly variables: NodeJS.ProcessEnv;
  /** How often the forge was asked. */
  calls: number;
  /** Argo CD takes note of where the branches stand: everything there is Synced and Healthy, and has been for long. */
  seen(): void;
}

/** @param forge the address of the forge that answers */
export async function serveOutside(
  scope: { after(cleanUp: () => unknown): void },
  repository: Git,
  forge: string,
): Promise<Outside> {
  let applications = new Map<string, Promise<string>>();
  const listen = async (listener: RequestListener) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scope.after(() => server.closeAllConnections());
    scope.after(() => server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const door = await listen((incoming, response) => {
    outside.calls++;
    const { method, headers, url = '/' } = incoming;
    const onwards = ask(new URL(url, forge), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    incoming.pipe(onwards);
  });
  const argocd = await listen((incoming, response) => {
    const environment = new URL(incoming.url ?? '/', 'http://localhost').searchParams.get('projects') ?? '';
    const found = applications.get(environment) ?? applicationsIn(repository, environment);
    applications.set(environment, found);
    found.then((text) => response.end(text));
  });
  const outside: Outside = {
    variables: { CI_SERVER_URL: door, ARGOCD_SERVER: argocd, ARGOCD_AUTH_TOKEN: 'a-token' },
    calls: 0,
    seen: () => {
      applications = new Map();
    },
  };
  return outside;
}

const longAgo = '2026-01-01T00:00:00Z';

/** What Argo CD answers for an environment: as much of an Application as it tells of one that runs. */
async function applicationsIn(repository: Git, environment: string): Promise<string> {
  const branch = head(environmentBranch(environment));
  const revision = await repository.text(['rev-parse', branch]);
  const apps = (await repository.lines(['ls-tree', '--name-only', '-d', branch])) as readonly string[];
  const items = apps.map((name) => ({
    metadata: { name, namespace: `argocd-${environment}` },
    spec: { project: environment, source: { path: name, targetRevision: branch } },
    status: {
      sync: { status: 'Synced', revision },
      health: { status: 'Healthy', lastTransitionTime: longAgo },
      history: [{ id: 0, revision, deployedAt: longAgo }],
    },
  }));
  return JSON.stringify({ items });
}
