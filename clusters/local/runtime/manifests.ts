import { createHash } from 'node:crypto';
import { load } from 'js-yaml';
import type { Git } from '../../../generators/git/git.ts';
import { entriesOf, partFiles } from '../../../generators/git/history.ts';
import { readBlobs } from '../../../generators/git/objects.ts';
import { applicationFile, metadataFile } from '../../../generators/model/names.ts';
import { limitsOf, type Strategy, type Wanted } from './rollout.ts';
import type { ObjectMeta, Template } from './template.ts';

/** What an environment branch wants to run of one kind of pod. */
export interface Workload {
  readonly app: string;
  readonly name: string;
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly template: Template;
  readonly wanted: Wanted;
  readonly minReadySeconds: number;
  /** Of a Deployment: after so many seconds without progress it is degraded. */
  readonly progressDeadlineSeconds: number;
  /** Whether the pods of a StatefulSet start side by side. */
  readonly parallel: boolean;
}
export interface Service {
  readonly name: string;
  /** The workloads' label `app.kubernetes.io/name`. */
  readonly selects: string;
  readonly ports: readonly { readonly port: number; readonly target: string | number }[];
}
export interface Route {
  readonly host: string;
  readonly path: string;
  readonly service: string;
  /** The Ingress that says so. */
  readonly ingress: ObjectMeta & { readonly name: string; readonly className: string | undefined };
}
export interface JobSpec {
  readonly backoffLimit?: number;
  readonly activeDeadlineSeconds?: number;
  readonly template: Template;
}
export interface CronJobSpec {
  readonly schedule: string;
  readonly timeZone?: string;
  readonly suspend?: boolean;
  readonly concurrencyPolicy?: string;
  readonly jobTemplate: { readonly spec: JobSpec };
}

/** What one app's folder says, as far as this machine plays it. */
export interface AppManifests {
  /** The id of the folder. */
  readonly part: string;
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  readonly cronJobs: readonly { readonly name: string; readonly spec: CronJobSpec }[];
  /** Jobs that run to their end before anything else changes, in their order. */
  readonly hooks: readonly { readonly name: string; readonly spec: JobSpec }[];
  /** The data of ConfigMaps, by name. */
  readonly configs: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** What is to be watched, by file name: rules of Prometheus, and modules of its blackbox exporter. */
  readonly watched: Readonly<Record<Watched, ReadonlyMap<string, string>>>;
}

/** What a ConfigMap brings for whoever watches the cluster, by its label `slipway.dev/<kind>: "1"`. */
export type Watched = 'rules' | 'probes';

/** A folder that could not be read, and why. */
export interface Unreadable {
  readonly part: string;
  readonly unreadable: string;
}

/** What one commit of an environment branch says, by app. */
export interface Desired {
  readonly revision: string;
  readonly apps: ReadonlyMap<string, AppManifests | Unreadable>;
}

interface Manifest {
  readonly kind?: string;
  readonly metadata?: ObjectMeta & { readonly name?: string };
  readonly data?: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: a manifest is whatever somebody committed; what is missing is reported as unreadable
  readonly spec?: any;
}

/**
 * Reads every app of an environment branch's commit: a folder with an `application.yaml`, as Argo CD would.
 * @param before what is known already: a folder that did not change is not read again
 */
export async function readDesired(repository: Git, revision: string, before?: Desired): Promise<Desired> {
  const [entries, files] = await Promise.all([entriesOf(repository, revision), partFiles(repository, revision)]);
  const apps = new Map<string, AppManifests | Unreadable>();
  const changed = new Map<string, ReadonlyMap<string, string>>();
  for (const [app, ids] of files) {
    const part = entries.get(app)?.id;
    if (part === undefined || !ids.has(applicationFile)) continue;
    const known = before?.apps.get(app);
    if (known?.part === part) apps.set(app, known);
    else changed.set(app, new Map([...ids].filter(([file]) => file !== applicationFile && file !== metadataFile)));
  }
  const blobs = await readBlobs(
    repository,
    [...changed.values()].flatMap((ids) => [...ids.values()]),
  );
  for (const [app, ids] of changed) {
    const part = entries.get(app)?.id as string;
    try {
      const manifests = [...ids].map(([file, id]) => parsed(file, String(blobs.get(id))));
      apps.set(app, { part, ...manifestsOf(app, manifests) });
    } catch (error) {
      apps.set(app, { part, unreadable: (error as Error).message.split('\n')[0] ?? 'unreadable' });
    }
  }
  return { revision, apps };
}

function parsed(file: string, text: string): Manifest {
  try {
    return load(text) as Manifest;
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
}

function manifestsOf(app: string, manifests: readonly Manifest[]): Omit<AppManifests, 'part'> {
  const found = {
    workloads: [] as Workload[],
    services: [] as Service[],
    routes: [] as Route[],
    cronJobs: [] as { name: string; spec: CronJobSpec }[],
    hooks: [] as { name: string; spec: JobSpec; wave: number }[],
    configs: new Map<string, Readonly<Record<string, string>>>(),
    watched: { rules: new Map<string, string>(), probes: new Map<string, string>() },
  };
  // Nobody measures load here: what follows it stays at its least.
  const scales = new Map(
    manifests
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
      .map(({ spec }) => [spec.scaleTargetRef?.name as string, (spec.minReplicas as number | undefined) ?? 1]),
  );
  for (const { kind, metadata, spec, data } of manifests) {
    const name = metadata?.name;
    if (!name) throw new Error('a manifest has no metadata.name');
    if (kind === 'Deployment' || kind === 'StatefulSet') found.workloads.push(workload(app, name, kind, spec, scales));
    else if (kind === 'Service') found.services.push(service(name, spec));
    else if (kind === 'ConfigMap') {
      found.configs.set(name, data ?? {});
      for (const [what, files] of Object.entries(found.watched))
        if (metadata.labels?.[`slipway.dev/${what}`] === '1')
          for (const [file, text] of Object.entries(data ?? {})) files.set(file, text);
    } else if (kind === 'CronJob') found.cronJobs.push({ name, spec });
    else if (kind === 'Ingress') found.routes.push(...routes(spec, { ...metadata, name }));
    else if (kind === 'Job' && metadata.annotations?.['argocd.argoproj.io/hook'] === 'PreSync')
      found.hooks.push({ name, spec, wave: Number(metadata.annotations['argocd.argoproj.io/sync-wave'] ?? 0) });
  }
  found.hooks.sort((one, other) => one.wave - other.wave);
  return found;
}

function workload(
  app: string,
  name: string,
  kind: Workload['kind'],
  spec: Manifest['spec'],
  scales: ReadonlyMap<string, number>,
): Workload {
  const { template, minReadySeconds = 0, progressDeadlineSeconds = 600, podManagementPolicy } = spec;
  const replicas: number = scales.get(name) ?? spec.replicas ?? 1;
  if (!Array.isArray(template?.spec?.containers)) throw new Error(`${kind} ${name} has no containers`);
  const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex');
  const limits = limitsOf((spec.strategy ?? {}) as Strategy, replicas);
  const parallel = podManagementPolicy === 'Parallel';
  const wanted = { template: hash, replicas, ...limits };
  return { app, name, kind, template, wanted, minReadySeconds, progressDeadlineSeconds, parallel };
}

function service(name: string, spec: Manifest['spec']): Service {
  const ports = (spec.ports ?? []).map(({ port, targetPort }: { port: number; targetPort?: string | number }) => ({
    port,
    target: targetPort ?? port,
  }));
  return { name, selects: spec.selector?.['app.kubernetes.io/name'] ?? name, ports };
}

const routes = (
  spec: Manifest['spec'],
  { name, labels = {}, annotations = {} }: ObjectMeta & { name: string },
): Route[] => {
  const ingress = { name, labels, annotations, className: spec.ingressClassName };
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return (spec.rules ?? []).flatMap(({ host, http }: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: as above
    (http?.paths ?? []).map(({ path = '/', backend }: any) => ({ host, path, service: backend.service.name, ingress })),
  );
};
