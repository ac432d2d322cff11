import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a server said of a dry run. */
export interface Answer {
  readonly status: number;
  readonly message: string;
  /** The policies of ours that it warned of. */
  readonly warned: readonly string[];
  /** Whether Pod Security warned. */
  readonly podSecurity: boolean;
}

interface Request {
  readonly method?: string;
  readonly body?: unknown;
  readonly dry?: boolean;
  /** Who asks; the administrator when it is not said. */
  readonly as?: string;
}

const collections: Readonly<Record<string, string>> = {
  NetworkPolicy: 'networkpolicies',
  Ingress: 'ingresses',
  ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
};

/** A real API server, reached through `kubectl proxy` as KUBECONFIG says. */
export class Cluster {
  readonly #proxy: ChildProcess;
  readonly #url: string;

  constructor(proxy: ChildProcess, url: string) {
    this.#proxy = proxy;
    this.#url = url;
  }

  static async open(): Promise<Cluster> {
    const proxy = spawn('kubectl', ['proxy', '--port=0'], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(proxy.stdout), 'line')) as [string];
    return new Cluster(proxy, `http://${line.split(' ').at(-1)}`);
  }

  close() {
    this.#proxy.kill();
  }

  async ask(path: string, { method = 'GET', body, dry, as }: Request = {}): Promise<Answer> {
    const response = await fetch(`${this.#url}${path}${dry ? '?dryRun=All' : ''}`, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(as ? { 'impersonate-user': as, 'impersonate-group': 'system:masters' } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const { message = '' } = (await response.json()) as { message?: string };
    const warning = response.headers.get('warning') ?? '';
    const warned = [...warning.matchAll(/ValidatingAdmissionPolicy 'slipway-([a-z-]+)'/g)].map(([, id]) => String(id));
    return {
      status: response.status,
      message,
      warned: [...new Set(warned)].sort(),
      podSecurity: warning.includes('would violate PodSecurity'),
    };
  }

  /** Creates an object, or only asks whether it might be. */
  create(manifest: Readonly<Record<string, unknown>>, more: Omit<Request, 'method' | 'body'> = {}): Promise<Answer> {
    return this.ask(collectionOf(manifest), { method: 'POST', body: manifest, ...more });
  }

  /** Creates an object, also where it was there. */
  async replace(manifest: Readonly<Record<string, unknown>> & { metadata: object }): Promise<void> {
    const { name } = manifest.metadata as { name?: string };
    await this.ask(`${collectionOf(manifest)}/${name}`, { method: 'DELETE' });
    const { status, message } = await this.create(manifest);
    if (status >= 300) throw new Error(`${manifest.kind}/${name}: ${status} ${message}`);
  }
}

function collectionOf({ apiVersion, kind, metadata }: Readonly<Record<string, unknown>>): string {
  const { namespace } = metadata as { namespace?: string };
  const group = String(apiVersion);
  const plural = collections[String(kind)] ?? `${String(kind).toLowerCase()}s`;
  return `/${group.includes('/') ? 'apis' : 'api'}/${group}${namespace ? `/namespaces/${namespace}` : ''}/${plural}`;
}
