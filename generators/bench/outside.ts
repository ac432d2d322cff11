import { request as ask, createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Git } from '../git/git.ts';
import { environmentBranch, head } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Scratch } from './scratch.ts';

/** What a promotion asks beside git: the forge, through a door that counts, and an Argo CD. */
export interface Outside {
  readonly variables: NodeJS.ProcessEnv;
  /** How often the forge was asked. */
  calls: number;
  /** Argo CD takes note of where the branches stand: everything there is Synced and Healthy, and has been for long. */
  seen(): void;
  /** The open requests onto a branch, in GitLab's words. */
  opened(target: string): Promise<readonly { readonly iid: number; readonly sha: string }[]>;
  /** Merges one, as a person would. */
  merge(request: { readonly iid: number; readonly sha: string }): Promise<void>;
  end(): void;
}

/** The local forge over a repository, as a process beside what is measured. */
async function startForge(scratch: Scratch, { dir }: Git, file: string) {
  const child = scratch.spawn(process.execPath, [join(import.meta.dirname, 'forge-side.ts'), dir, file], {
    stdio: 'pipe',
  });
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('the process has no input or output');
  const line = await new Promise<string>((resolve, reject) => {
    createInterface(stdout).once('line', resolve);
    child.once('close', (status) => reject(new Refusal(`The forge ended with status ${status}.`)));
  });
  const variables = JSON.parse(line) as Record<'CI_SERVER_URL' | 'CI_PROJECT_ID' | 'SLIPWAY_TOKEN', string>;
  const ask = async (path: string, body?: object): Promise<unknown> => {
    const project = encodeURIComponent(variables.CI_PROJECT_ID);
    const response = await fetch(`${variables.CI_SERVER_URL}/api/v4/projects/${project}/${path}`, {
      headers: { 'private-token': variables.SLIPWAY_TOKEN, 'content-type': 'application/json' },
      ...(body ? { method: 'PUT', body: JSON.stringify(body) } : {}),
    });
    if (!response.ok) throw new Refusal(`The forge answered ${response.status} to ${path}: ${await response.text()}`);
    return response.json();
  };
  return { variables, ask, end: () => void stdin.end() };
}

/** @param file where the forge keeps its requests */
export async function serveOutside(scratch: Scratch, repository: Git, file: string): Promise<Outside> {
  const ends: (() => void)[] = [];
  const found = await startForge(scratch, repository, file);
  const forge = found.variables.CI_SERVER_URL;
  ends.push(found.end);
  let applications = new Map<string, Promise<string>>();
  const listen = async (listener: RequestListener) => {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ends.push(() => {
      server.closeAllConnections();
      server.close();
    });
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
    variables: { ...found.variables, CI_SERVER_URL: door, ARGOCD_SERVER: argocd, ARGOCD_AUTH_TOKEN: 'a-token' },
    calls: 0,
    seen: () => {
      applications = new Map();
    },
    opened: async (target) => {
      const query = new URLSearchParams({ state: 'opened', target_branch: target });
      return (await found.ask(`merge_requests?${query}`)) as Awaited<ReturnType<Outside['opened']>>;
    },
    merge: async ({ iid, sha }) => {
      await found.ask(`merge_requests/${iid}/merge`, { sha });
    },
    end: () => {
      for (const end of ends) end();
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
