import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

type Fields = Readonly<Record<string, unknown>>;
export type StoredObject = Fields & {
  readonly kind: string;
  readonly metadata: Fields & { readonly name: string; readonly resourceVersion: string };
};

/** What a server does instead of answering as it should. */
export type Fault =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly message?: string }
  /** Hangs up before it has done anything, or after it has done it. */
  | 'refuses'
  | 'loses the answer'
  /** Breaks off in the middle of the answer. */
  | 'breaks off';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

interface StandInSettings {
  /** A certificate and its key, for HTTPS. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Whom it lets in. @default the token `a-token` */
  readonly tokens?: ReadonlySet<string>;
  /** Called with each request before it is done. */
  readonly fault?: (seen: Seen) => Fault | undefined;
}

/** The kinds that it serves. */
const served: Readonly<Record<string, readonly (readonly [name: string, kind: string])[]>> = {
  v1: [
    ['configmaps', 'ConfigMap'],
    ['services', 'Service'],
    ['serviceaccounts', 'ServiceAccount'],
  ],
  'apps/v1': [
    ['deployments', 'Deployment'],
    ['deployments/scale', 'Scale'],
    ['statefulsets', 'StatefulSet'],
  ],
  'batch/v1': [['jobs', 'Job']],
  'argoproj.io/v1alpha1': [['applications', 'Application']],
};

/**
 * Stands in for an API server: keeps objects, replaces what one manager applies, merges patches, counts versions. What
 * managers own, what a schema says and what controllers do, the real one knows.
 */
export class StandIn {
  /** By path. */
  readonly objects = new Map<string, StoredObject>();
  readonly seen: Seen[] = [];
  readonly #server: Server;
  readonly #settings: StandInSettings;
  #version = 100;

  private constructor(settings: StandInSettings) {
    this.#settings = settings;
    const listen: RequestListener = (request, response) => void this.#answer(request, response);
    this.#server = settings.tls ? createSecureServer(settings.tls, listen) : createServer(listen);
  }

  static async start(settings: StandInSettings = {}): Promise<StandIn> {
    const made = new StandIn(settings);
    await new Promise<void>((resolve) => made.#server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `${this.#settings.tls ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  put(path: string, object: Fields): void {
    this.#store(path, object);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? '/', this.url);
    const { method = 'GET', headers } = request;
    const seen: Seen = { method, path: url.pathname, query: url.searchParams, headers };
    this.seen.push(seen);
    const fault = this.#settings.fault?.(seen);
    if (fault === 'refuses') return void request.socket.destroy();
    const body = Buffer.concat(chunks).toString();
    const [status, said] =
      typeof fault === 'object' ? [fault.status, failure(fault.message ?? 'a fault')] : this.#do(seen, body);
    if (fault === 'loses the answer') return void request.socket.destroy();
    const text = JSON.stringify(said);
    const more = typeof fault === 'object' ? fault.headers : {};
    const length = fault === 'breaks off' ? { 'content-length': String(text.length + 10) } : {};
    response.writeHead(status, { 'content-type': 'application/json', ...length, ...more });
    if (fault === 'breaks off') return void response.write(text, () => request.socket.destroy());
    response.end(text);
  }

  #do({ method, path, query, headers }: Seen, text: string): readonly [number, unknown] {
    const tokens = this.#settings.tokens ?? new Set(['a-token']);
    const token = /^Bearer (.*)$/.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!tokens.has(token)) return [401, failure('Unauthorized')];
    if (path === '/apis/authentication.k8s.io/v1/selfsubjectreviews')
      return [201, { status: { userInfo: { username: 'a-person' } } }];
    const resources = served[/^\/apis?\/(v1|[^/]+\/[^/]+)$/.exec(path)?.[1] ?? ''];
    if (resources) return [200, { resources: resources.map(([name, kind]) => ({ name, kind, namespaced: true })) }];
    const [, apiVersion = '', , plural, name] =
      /^\/apis?\/(v1|[^/]+\/[^/]+)\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(path) ?? [];
    if (!served[apiVersion]?.some(([known]) => known === plural)) return [404, failure('the server could not find it')];
    if (name === undefined) return [200, { items: this.#list(path, query.get('labelSelector')) }];
    const before = this.objects.get(path);
    const dry = query.get('dryRun') === 'All';
    if (method === 'GET') return before ? [200, before] : [404, failure(`${plural} "${name}" not found`)];
    if (headers['content-type'] === 'application/merge-patch+json') {
      if (!before) return [404, failure('not found')];
      return [200, this.#store(path, merged(before, JSON.parse(text)) as Fields, dry)];
    }
    if (headers['content-type'] !== 'application/apply-patch+yaml') return [415, failure('unknown media type')];
    const object = JSON.parse(text) as Fields;
    const unknown = text.includes('"unknownField"') && query.get('fieldValidation') === 'Strict';
    if (unknown) return [400, failure('strict decoding error: unknown field "spec.unknownField"')];
    if (query.get('fieldManager') === null) return [400, failure('fieldManager is required for apply patch')];
    return [before ? 200 : 201, this.#store(path, object, dry)];
  }

  #list(path: string, selector: string | null): StoredObject[] {
    const [label = '', value] = (selector ?? '').split('=');
    const has = ({ metadata: { labels } }: StoredObject) => (labels as Fields | undefined)?.[label] === value;
    return [...this.objects].filter(([key, one]) => key.startsWith(`${path}/`) && has(one)).map(([, one]) => one);
  }

  /** The same content is no new version. */
  #store(path: string, object: Fields, dry = false): StoredObject {
    const before = this.objects.get(path);
    const { resourceVersion: _, uid: __, ...metadata } = object.metadata as Fields;
    const version = before?.metadata.resourceVersion ?? '0';
    const next = {
      ...object,
      metadata: { ...metadata, uid: path, resourceVersion: version },
    } as unknown as StoredObject;
    if (before && JSON.stringify(sorted(before)) === JSON.stringify(sorted(next))) return before;
    if (dry) return next;
    const stored = { ...next, metadata: { ...next.metadata, resourceVersion: String(++this.#version) } };
    this.objects.set(path, stored);
    return stored;
  }
}

const failure = (message: string) => ({ kind: 'Status', status: 'Failure', message });

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, one]) => [key, sorted(one)]),
        )
      : value;

/** https://www.rfc-editor.org/rfc/rfc7396 */
function merged(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const found: Record<string, unknown> = typeof target === 'object' && target !== null ? { ...target } : {};
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete found[name];
    else found[name] = merged(found[name], value);
  }
  return found;
}

/** A kubeconfig of one context, as text. */
export const kubeconfigOf = (server: string, user: object, cluster: object = {}): string =>
  JSON.stringify({
    ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'here' },
    clusters: [{ name: 'c', cluster: { server, ...cluster } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  });
