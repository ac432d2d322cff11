import { load } from 'js-yaml';
import type { Git } from '../../../generators/git/git.ts';
import { entriesOf } from '../../../generators/git/history.ts';
import { applicationFile, metadataFile } from '../../../generators/model/names.ts';
import type { Wanted } from './rollout.ts';

/** The part of a pod template that this machine can run. */
export interface Template {
  readonly spec: {
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly Container[];
  };
}
export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
  readonly readinessProbe?: Probe;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
export interface Probe {
  readonly httpGet?: { readonly path: string; readonly port: string | number };
  readonly exec?: { readonly command: readonly string[] };
  readonly periodSeconds?: number;
}

/** What an environment branch wants to run of one kind of pod. */
export interface Workload {
  readonly app: string;
  readonly name: string;
  /** Pods of a StatefulSet keep their name and their volume. */
  readonly stateful: boolean;
  readonly template: Template;
  readonly wanted: Omit<Wanted, 'template'>;
}
export interface Service {
  readonly name: string;
  /** The workloads' label `app.kubernetes.io/name`. */
  readonly selects: string;
  readonly ports: readonly { readonly port: number; readonly target: string | number }[];
}
export interface Route {
  readonly host: string;
  readonly service: string;
}

/** What one commit of an environment branch says. */
export interface Desired {
  readonly revision: string;
  /** Per app the tree of its folder. */
  readonly parts: ReadonlyMap<string, string>;
  readonly workloads: readonly Workload[];
  readonly services: readonly Service[];
  readonly routes: readonly Route[];
  /** Apps whose folder could not be read, with the reason. */
  readonly unreadable: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly kind?: string;
  readonly metadata?: { readonly name?: string };
  // biome-ignore lint/suspicious/noExplicitAny: a manifest is whatever somebody committed; what is missing is reported as unreadable
  readonly spec?: any;
}

/** Reads every app of an environment branch's commit: a folder with an `application.yaml`, as Argo CD would. */
export async function readDesired(repository: Git, revision: string): Promise<Desired> {
  const files = (await repository.bytes(['ls-tree', '-r', '-z', '--name-only', revision])).toString().split('\0');
  const entries = await entriesOf(repository, revision);
  const parts = new Map<string, string>();
  for (const [name, { id }] of entries) if (files.includes(`${name}/${applicationFile}`)) parts.set(name, id);
  const [workloads, services, routes] = [[] as Workload[], [] as Service[], [] as Route[]];
  const unreadable = new Map<string, string>();
  for (const app of parts.keys()) {
    const found: Found = { workloads: [], services: [], routes: [], scales: new Map() };
    try {
      for (const path of files) {
        if (!path.startsWith(`${app}/`) || path.endsWith(`/${applicationFile}`) || path.endsWith(`/${metadataFile}`))
          continue;
        read(load(await repository.text(['show', `${revision}:${path}`])) as Manifest, app, found);
      }
      workloads.push(...found.workloads.map((workload) => scaled(workload, found.scales)));
      services.push(...found.services);
      routes.push(...found.routes);
    } catch (error) {
      unreadable.set(app, (error as Error).message.split('\n')[0] ?? 'unreadable');
    }
  }
  return { revision, parts, workloads, services, routes, unreadable };
}

/** What the manifests of one app say. */
interface Found {
  readonly workloads: Workload[];
  readonly services: Service[];
  readonly routes: Route[];
  /** How many pods an autoscaler begins with, by workload. */
  readonly scales: Map<string, number>;
}

/** Nobody measures load here: what follows it stays at its least. */
const scaled = (workload: Workload, scales: Found['scales']): Workload => {
  const replicas = scales.get(workload.name);
  return replicas === undefined ? workload : { ...workload, wanted: { ...workload.wanted, replicas } };
};

function read({ kind, metadata, spec }: Manifest, app: string, found: Found): void {
  const name = metadata?.name;
  if (!name) throw new Error('a manifest has no metadata.name');
  if (kind === 'Deployment') {
    const { maxSurge = 1, maxUnavailable = 0 } = spec.strategy?.rollingUpdate ?? {};
    found.workloads.push({
      app,
      name,
      stateful: false,
      template: spec.template,
      wanted: { replicas: spec.replicas ?? 1, maxSurge, maxUnavailable },
    });
  } else if (kind === 'StatefulSet') {
    found.workloads.push({
      app,
      name,
      stateful: true,
      template: spec.template,
      wanted: { replicas: spec.replicas ?? 1, maxSurge: 0, maxUnavailable: 1 },
    });
  } else if (kind === 'Service') {
    const ports = spec.ports.map((port: { port: number; targetPort?: string | number }) => ({
      port: port.port,
      target: port.targetPort ?? port.port,
    }));
    found.services.push({ name, selects: spec.selector['app.kubernetes.io/name'], ports });
  } else if (kind === 'HorizontalPodAutoscaler') {
    found.scales.set(spec.scaleTargetRef?.name, spec.minReplicas ?? 1);
  } else if (kind === 'Ingress') {
    for (const rule of spec.rules) {
      for (const path of rule.http.paths) found.routes.push({ host: rule.host, service: path.backend.service.name });
    }
  }
}
