import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual, promisify } from 'node:util';
import { ControlPlane, until } from './control-plane.fixture.ts';
import { addOnNamespaces } from './model/monitoring.ts';

const { KUBECONFIG: kubeconfig, KUBEBUILDER_ASSETS: assets } = process.env;

/** Why tests that need a cluster are skipped; false where there is one. */
export const skip =
  kubeconfig || assets
    ? false
    : 'set KUBEBUILDER_ASSETS to a folder with the kube-apiserver, etcd and kubectl of Kubernetes 1.36, or KUBECONFIG to a server of it on this machine that may be changed, with kubectl in PATH';

/** As whom Argo CD applies. */
export const argoCd = 'system:serviceaccount:argocd:argocd-application-controller';

/** As whom Kubernetes makes pods. */
export const podMaker = 'system:serviceaccount:kube-system:replicaset-controller';

/** What a server said. */
export interface Answer {
  readonly status: number;
  /** Empty where it took the request. */
  readonly message: string;
  /** The object, or what it said instead of one. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly warnings: readonly string[];
  /** The policies of ours that it warned of. */
  readonly warned: readonly string[];
  /** Whether Pod Security warned. */
  readonly podSecurity: boolean;
}

interface Request {
  readonly method?: string;
  /** Text is sent as it is. */
  readonly body?: unknown;
  /** @default JSON */
  readonly type?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly dry?: boolean;
  /** Who asks; the administrator when it is not said. */
  readonly as?: string;
}

/** What kubectl said. */
export interface Output {
  readonly code: number;
  readonly out: string;
  readonly says: string;
}

/** An object, as far as one must know it to find it on a server. */
export interface Identity {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name?: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** An object, the text that is applied of it, and where that stands. */
export interface Applicable {
  readonly at: string;
  readonly manifest: Identity;
  readonly text: string;
}

/** A CustomResourceDefinition, as far as one must know it to ask whether it is served. */
export interface Definition extends Identity {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string };
    readonly versions: readonly { readonly name: string }[];
  };
}

interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly namespaced: boolean;
}

/**
 * A real API server, reached through `kubectl proxy`: the one that KUBECONFIG names, or one of its own from
 * KUBEBUILDER_ASSETS. Tests change its policies and namespaces and leave them: it is one to be thrown away.
 */
export class Cluster {
  readonly #kubectl: Kubectl;
  readonly #plane: ControlPlane | undefined;
  readonly #proxy: ChildProcess;
  readonly #url: string;
  readonly #served = new Map<string, readonly Resource[]>();

  private constructor(kubectl: Kubectl, plane: ControlPlane | undefined, proxy: ChildProcess, url: string) {
    this.#kubectl = kubectl;
    this.#plane = plane;
    this.#proxy = proxy;
    this.#url = url;
  }

  /**
   * Resolves when it answers; whoever opens it closes it.
   * @throws {Error} where KUBECONFIG names a server of another machine, which is not one to be thrown away, and where
   * the server does not come up
   */
  static async open(): Promise<Cluster> {
    if (kubeconfig) await refuseDistant();
    // A signal ends a process without its 'exit', and what was started for it would stay.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
    const plane = kubeconfig || !assets ? undefined : await ControlPlane.start(assets);
    const kubectl: Kubectl = plane
      ? { program: join(assets ?? '', 'kubectl'), env: { ...process.env, KUBECONFIG: plane.kubeconfig } }
      : { program: 'kubectl', env: process.env };
    const proxy = spawn(kubectl.program, ['proxy', '--port=0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: kubectl.env,
    });
    process.once('exit', () => proxy.kill());
    try {
      const ended = once(proxy, 'exit').then(() => Promise.reject(new Error('kubectl proxy ended by itself')));
      const [line] = (await Promise.race([once(createInterface(proxy.stdout), 'line'), ended])) as [string];
      const cluster = new Cluster(kubectl, plane, proxy, `http://${line.split(' ').at(-1)}`);
      // `close` ends it, and nobody waits for that.
      ended.catch(() => {});
      await cluster.#ready();
      // EKS makes these with its add-ons, before anything of ours is there.
      for (const name of addOnNamespaces)
        await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      return cluster;
    } catch (error) {
      proxy.kill();
      await plane?.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#proxy.kill();
    await this.#plane?.stop();
  }

  async ask(path: string, { method = 'GET', body, type, query, dry, as }: Request = {}): Promise<Answer> {
    const search = new URLSearchParams({ ...query, ...(dry ? { dryRun: 'All' } : {}) });
    const response = await fetch(`${this.#url}${path}?${search}`, {
      method,
      headers: {
        'content-type': type ?? 'application/json',
        ...(as ? { 'impersonate-user': as, 'impersonate-group': 'system:masters' } : {}),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const said = response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : { message: text };
    const header = response.headers.get('warning') ?? '';
    // https://www.rfc-editor.org/rfc/rfc7234#section-5.5
    const warnings = [...header.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, warning]) => String(warning));
    const ids = warnings.flatMap((one) => /ValidatingAdmissionPolicy 'slipway-([a-z-]+)'/.exec(one)?.[1] ?? []);
    return {
      status: response.status,
      message: response.ok ? '' : String(said.message),
      body: said,
      warnings,
      warned: [...new Set(ids)].sort(),
      podSecurity: warnings.some((one) => one.includes('would violate PodSecurity')),
    };
  }

  /** Runs kubectl. */
  kubectl(args: readonly string[], stdin = ''): Promise<Output> {
    const { program, env } = this.#kubectl;
    return new Promise((resolve) => {
      const child = execFile(program, [...args], { maxBuffer: 2 ** 28, env }, (error, out, says) =>
        resolve({ code: error ? 1 : 0, out, says }),
      );
      child.stdin?.end(stdin);
    });
  }

  /** Creates an object, or only asks whether it might be. */
  async create(manifest: Identity, more: Omit<Request, 'method' | 'body'> = {}): Promise<Answer> {
    return this.ask(await this.#collection(manifest), { method: 'POST', body: manifest, ...more });
  }

  /** Creates an object, also where it was there. */
  async replace(manifest: Identity): Promise<void> {
    await this.remove(manifest);
    const { status, message } = await this.create(manifest);
    if (status >= 300) throw new Error(`${manifest.kind}/${manifest.metadata.name}: ${status} ${message}`);
  }

  async read(manifest: Identity): Promise<Answer> {
    return this.ask(await this.#path(manifest));
  }

  /** Of a kind that nobody made known there is nothing. */
  async remove(manifest: Identity): Promise<void> {
    if (!(await this.#resource(manifest.apiVersion, manifest.kind))) return;
    await this.ask(await this.#path(manifest), { method: 'DELETE' });
  }

  /**
   * Applies the text of an object as Argo CD does with `ServerSideApply=true`, and strictly: a field that the server
   * does not know, or that stands there twice, is refused.
   * https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#server-side-apply
   */
  async apply(manifest: Identity, text: string, { dry = false } = {}): Promise<Answer> {
    return this.ask(await this.#path(manifest), {
      method: 'PATCH',
      type: 'application/apply-patch+yaml',
      body: text,
      query: { fieldManager: 'argocd-controller', force: 'true', fieldValidation: 'Strict' },
      dry,
      as: argoCd,
    });
  }

  /**
   * Applies objects one after the other, as Argo CD does, and resolves when the policies among them are enforced.
   * @throws {Error} with all that the server refuses, and all that it warns of
   */
  async sync(objects: readonly Applicable[]): Promise<void> {
    const said: string[] = [];
    for (const { at, manifest, text } of objects) {
      const { message, warnings } = await this.apply(manifest, text);
      if (message !== '' || warnings.length > 0) said.push(`${at}: ${[message, ...warnings].join(' ')}`);
    }
    if (said.length > 0) throw new Error(said.join('\n'));
    if (objects.some(({ manifest }) => manifest.kind.startsWith('ValidatingAdmissionPolicy'))) await this.settled();
  }

  /**
   * Whether an object stays as it is when it is written again. A controller may write in between: then it is asked anew.
   * @param write again; what it resolves to is not looked at
   */
  async rests(manifest: Identity, write: () => Promise<unknown>): Promise<boolean> {
    for (let left = 5; left > 0; left--) {
      const before = await this.version(manifest);
      await write();
      if (before !== undefined && before === (await this.version(manifest))) return true;
    }
    return false;
  }

  /** Another one after every change of an object; undefined where there is none. */
  async version(manifest: Identity): Promise<string | undefined> {
    const { body } = await this.read(manifest);
    return (body.metadata as { resourceVersion?: string } | undefined)?.resourceVersion;
  }

  /** Whether there are controllers. They put this into each namespace at once, and nobody else does. */
  async isControlled(): Promise<boolean> {
    return (await this.ask('/api/v1/namespaces/kube-system/configmaps/kube-root-ca.crt')).status === 200;
  }

  /**
   * Resolves when a quota counts: once its controller has seen it, or, where there are no controllers, once this has
   * written in their place that nothing is used.
   */
  async counted(quota: Identity): Promise<void> {
    const { hard } = quota.spec as { readonly hard: Readonly<Record<string, string>> };
    if (await this.isControlled()) {
      const seen = async () => {
        const { status } = (await this.read(quota)).body as { status?: { hard?: object } };
        return isDeepStrictEqual(status?.hard, hard);
      };
      return until(seen, `nobody counts for ResourceQuota ${quota.metadata.name}`);
    }
    const used = Object.fromEntries(Object.keys(hard).map((name) => [name, '0']));
    const { status, message } = await this.ask(`${await this.#path(quota)}/status`, {
      method: 'PATCH',
      type: 'application/merge-patch+json',
      body: { status: { hard, used } },
    });
    if (status !== 200) throw new Error(`ResourceQuota ${quota.metadata.name}: ${status} ${message}`);
  }

  /** Makes kinds known and resolves when they are served. Those that somebody made known before are left as they are. */
  async define(definitions: readonly Definition[]): Promise<void> {
    for (const definition of definitions) {
      const { status, message } = await this.create(definition);
      // Whoever installed the real one knows more of it.
      if (status !== 201 && status !== 409) throw new Error(`${definition.metadata.name}: ${message}`);
    }
    for (const { metadata, spec } of definitions) {
      const served = async () => {
        const known = spec.versions.map(({ name }) => this.#resource(`${spec.group}/${name}`, spec.names.kind));
        return (await Promise.all(known)).every((one) => one !== undefined);
      };
      await until(served, `${metadata.name} is not served`);
    }
  }

  /**
   * Resolves when the server enforces every admission policy that was written before. It learns of them in order, so it
   * is enough to write another one and to wait for that.
   */
  async settled(): Promise<void> {
    const name = `settled-${randomBytes(4).toString('hex')}`;
    const of = (kind: string, spec: object) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      metadata: { name },
      spec,
    });
    const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
    const policy = of('ValidatingAdmissionPolicy', {
      matchConstraints: { resourceRules: [{ ...rule, resourceNames: [name] }] },
      validations: [{ expression: 'false' }],
    });
    const binding = of('ValidatingAdmissionPolicyBinding', { policyName: name, validationActions: ['Deny'] });
    const probe = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' } };
    for (const one of [policy, binding]) await this.replace(one);
    try {
      const denied = async () => (await this.create(probe, { dry: true })).message.includes(name);
      await until(denied, 'the admission policies do not become active');
    } finally {
      for (const one of [binding, policy]) await this.remove(one);
    }
  }

  async #ready(): Promise<void> {
    const answers = async () => {
      const fault = this.#plane?.fault();
      if (fault !== undefined) throw new Error(fault);
      return (await this.ask('/readyz')).status === 200;
    };
    await until(answers, 'the API server does not become ready');
    // It makes this namespace itself, a moment after it is ready.
    const started = async () => (await this.ask('/api/v1/namespaces/default')).status === 200;
    await until(started, 'there is no namespace default');
  }

  async #collection({ apiVersion, kind, metadata: { namespace } }: Identity): Promise<string> {
    const resource = await this.#resource(apiVersion, kind);
    if (!resource) throw new Error(`the server does not serve ${apiVersion} ${kind}`);
    const within = resource.namespaced && namespace ? `/namespaces/${namespace}` : '';
    return `${pathOf(apiVersion)}${within}/${resource.name}`;
  }

  async #path(manifest: Identity): Promise<string> {
    return `${await this.#collection(manifest)}/${manifest.metadata.name}`;
  }

  async #resource(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const find = () => this.#served.get(apiVersion)?.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!find()) {
      const { body } = await this.ask(pathOf(apiVersion));
      this.#served.set(apiVersion, (body.resources ?? []) as readonly Resource[]);
    }
    return find();
  }
}

/** How kubectl is started. */
interface Kubectl {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

const pathOf = (apiVersion: string) => `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`;

/** Many a shell has a KUBECONFIG of a cluster where people work. */
async function refuseDistant(): Promise<void> {
  const view = ['config', 'view', '--minify', '--output=jsonpath={.clusters[0].cluster.server}'];
  const { stdout: server } = await promisify(execFile)('kubectl', view);
  if (/^https?:\/\/(127\.|localhost\b|\[::1\])/.test(server)) return;
  throw new Error(
    `KUBECONFIG names ${server}, which is not on this machine. These tests change policies and namespaces: give them a server to be thrown away, or unset KUBECONFIG and set KUBEBUILDER_ASSETS.`,
  );
}
