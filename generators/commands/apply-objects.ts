import { isDeepStrictEqual } from 'node:util';
import type { Answer, Kubernetes } from '../live/kubernetes.ts';
import type { Manifest } from '../model/manifest.ts';
import { isMapping } from '../model/mapping.ts';
import { Refusal } from '../model/refusal.ts';
import { hookOf } from '../model/sync-order.ts';
import { type Owner, ownerName, ownerOf, tracked } from '../model/tracking.ts';

/** As whom Argo CD applies, and under which name it owns the fields: then nothing is owned twice, and excuses count. */
export const argoCd = 'system:serviceaccount:argocd:argocd-application-controller';
const fieldManager = 'argocd-controller';

/** What became of one object, or would become of it. */
export interface Outcome {
  /** `Deployment/counter` */
  readonly object: string;
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'refused' | 'not applied';
  /** What the server said. */
  readonly says?: string;
}

export const idOf = ({ kind, metadata }: Pick<Manifest, 'kind' | 'metadata'>): string => `${kind}/${metadata.name}`;

/** The objects of one Application on an API server. */
export class Objects {
  readonly #kubernetes: Kubernetes;
  readonly #owner: Owner;
  readonly #as: string | undefined;
  readonly #served = new Map<string, readonly Resource[]>();

  /** @param as whom the server shall take us for; undefined for whom the kubeconfig says */
  constructor(kubernetes: Kubernetes, owner: Owner, as: string | undefined) {
    this.#kubernetes = kubernetes;
    this.#owner = owner;
    this.#as = as;
  }

  /**
   * What the server would make of each, in that order, without doing it. An object whose namespace or kind another one
   * of the part brings cannot be asked for, and counts as created.
   * @throws {Refusal} when the server may not be asked so
   */
  async wouldApply(manifests: readonly Manifest[]): Promise<Outcome[]> {
    const namespaces = new Set(
      manifests.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name),
    );
    const brought = new Set(manifests.filter(({ kind }) => kind === 'CustomResourceDefinition').map(definedKind));
    const found: Outcome[] = [];
    for (const manifest of manifests) {
      const [group] = manifest.apiVersion.split('/');
      const waits = namespaces.has(String(manifest.metadata.namespace)) || brought.has(`${group}/${manifest.kind}`);
      const outcome = await this.apply(manifest, { dry: true });
      const missing = outcome.outcome === 'refused' && /not found|does not serve/.test(outcome.says ?? '');
      found.push(waits && missing ? { object: outcome.object, outcome: 'created' } : outcome);
    }
    return found;
  }

  /**
   * Applies one object as Argo CD does with `ServerSideApply=true`, and strictly: what the server does not know is
   * refused. https://kubernetes.io/docs/reference/using-api/server-side-apply/
   */
  async apply(manifest: Manifest, { dry = false } = {}): Promise<Outcome> {
    const object = idOf(manifest);
    const path = await this.#path(manifest);
    if (path === undefined) {
      const says = `the server does not serve ${manifest.apiVersion} ${manifest.kind}`;
      return { object, outcome: 'refused', says };
    }
    const before = await this.#ask(path);
    const owner = before.status === 200 ? ownerOf(before.body as Pick<Manifest, 'metadata'>) : undefined;
    if (owner !== undefined && owner !== ownerName(this.#owner))
      return { object, outcome: 'refused', says: `it belongs to another Application, ${owner}` };
    const query = { fieldManager, force: 'true', fieldValidation: 'Strict', ...(dry ? { dryRun: 'All' } : {}) };
    const body = tracked(manifest, this.#owner);
    const answer = await this.#ask(path, { method: 'PATCH', type: 'application/apply-patch+yaml', body, query });
    if (answer.status >= 300) return { object, outcome: 'refused', says: answer.message };
    const outcome = before.status === 404 ? 'created' : isSame(before.body, answer.body) ? 'unchanged' : 'changed';
    return { object, outcome, ...(answer.warnings.length > 0 ? { says: answer.warnings.join('; ') } : {}) };
  }

  /** What stands in the cluster for the app, and not in the part. Kinds that may not be listed are passed over. */
  async leftBehind(manifests: readonly Manifest[]): Promise<string[]> {
    const { app, namespace } = this.#owner;
    const own = new Set(manifests.map(idOf));
    const kinds = new Map(
      [...usual, ...manifests.map(({ apiVersion, kind }) => [apiVersion, kind] as const)].map((one) => [
        one.join(' '),
        one,
      ]),
    );
    const found: string[] = [];
    for (const [apiVersion, kind] of kinds.values()) {
      const resource = await this.#resource(apiVersion, kind);
      if (!resource?.namespaced) continue;
      const query = { labelSelector: `app.kubernetes.io/name=${app}` };
      const { body } = await this.#ask(`${pathOf(apiVersion)}/namespaces/${namespace}/${resource.name}`, { query });
      for (const item of Array.isArray(body.items) ? (body.items as Manifest[]) : []) {
        const id = `${kind}/${item.metadata.name}`;
        const made = Array.isArray(item.metadata.ownerReferences) || hookOf(item) !== undefined;
        if (!made && !own.has(id)) found.push(id);
      }
    }
    return found.sort();
  }

  async #path({ apiVersion, kind, metadata }: Manifest): Promise<string | undefined> {
    const resource = await this.#resource(apiVersion, kind);
    if (!resource) return undefined;
    const within = resource.namespaced ? `/namespaces/${metadata.namespace ?? this.#owner.namespace}` : '';
    return `${pathOf(apiVersion)}${within}/${resource.name}/${metadata.name}`;
  }

  async #resource(apiVersion: string, kind: string): Promise<Resource | undefined> {
    const find = () => this.#served.get(apiVersion)?.find((one) => one.kind === kind && !one.name.includes('/'));
    if (!find()) {
      const { body } = await this.#ask(pathOf(apiVersion));
      this.#served.set(apiVersion, Array.isArray(body.resources) ? (body.resources as Resource[]) : []);
    }
    return find();
  }

  async #ask(path: string, call: Parameters<Kubernetes['ask']>[1] = {}): Promise<Answer> {
    const answer = await this.#kubernetes.ask(path, { ...call, as: this.#as });
    if (answer.status === 401)
      throw new Refusal(
        `${this.#kubernetes.server} does not know who asks (401). Log in again: the user of context ${this.#kubernetes.context}.`,
      );
    if (answer.status === 403 && this.#as && answer.message.includes('impersonate'))
      throw new Refusal(
        `You may not act as Argo CD (${answer.message}). Ask somebody who may impersonate serviceaccounts, or use --as-myself: then excused objects are refused by the admission policies.`,
      );
    return answer;
  }
}

interface Resource {
  readonly kind: string;
  readonly name: string;
  readonly namespaced: boolean;
}

const pathOf = (apiVersion: string) => `/${apiVersion.includes('/') ? 'apis' : 'api'}/${apiVersion}`;

/** `example.com/Widget` of a CustomResourceDefinition. */
function definedKind({ spec }: Manifest): string {
  const { group, names } = isMapping(spec) ? spec : {};
  return `${group}/${isMapping(names) ? names.kind : undefined}`;
}

/** What an app may have left in its namespace. */
const usual: readonly (readonly [apiVersion: string, kind: string])[] = [
  ...(['ConfigMap', 'Service', 'ServiceAccount'] as const).map((kind) => ['v1', kind] as const),
  ...(['DaemonSet', 'Deployment', 'StatefulSet'] as const).map((kind) => ['apps/v1', kind] as const),
  ...(['CronJob', 'Job'] as const).map((kind) => ['batch/v1', kind] as const),
  ...(['Ingress', 'NetworkPolicy'] as const).map((kind) => ['networking.k8s.io/v1', kind] as const),
  ...(['Role', 'RoleBinding'] as const).map((kind) => ['rbac.authorization.k8s.io/v1', kind] as const),
  ['autoscaling/v2', 'HorizontalPodAutoscaler'],
  ['policy/v1', 'PodDisruptionBudget'],
];

/** Whether two answers say the same of what people wrote: a server counts on, and controllers report, meanwhile. */
const isSame = (a: Answer['body'], b: Answer['body']) => isDeepStrictEqual(written(a), written(b));

function written({ status: _, metadata, ...object }: Answer['body']): unknown {
  const { managedFields: __, resourceVersion: ___, generation: ____, ...rest } = isMapping(metadata) ? metadata : {};
  return { ...object, metadata: rest };
}
