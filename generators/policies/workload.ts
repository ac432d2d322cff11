import type { Manifest } from '../model/manifest.ts';
import { fieldsOf, itemsOf, type Path, textOf, valueAt } from './json.ts';

/** Where a workload has what its pods are made from. https://kubernetes.io/docs/concepts/workloads/ */
const templates: Readonly<Record<string, Path>> = {
  Pod: [],
  PodTemplate: ['template'],
  ReplicationController: ['spec', 'template'],
  'apps/Deployment': ['spec', 'template'],
  'apps/StatefulSet': ['spec', 'template'],
  'apps/DaemonSet': ['spec', 'template'],
  'apps/ReplicaSet': ['spec', 'template'],
  'batch/Job': ['spec', 'template'],
  'batch/CronJob': ['spec', 'jobTemplate', 'spec', 'template'],
};

/** The kinds that make pods, and Pod. */
export const workloads: readonly string[] = Object.keys(templates);

/** An object's group and kind, without its version: `apps/Deployment`, `Service`. */
export function groupKind(apiVersion: unknown, kind: unknown): string {
  const name = textOf(kind) ?? '(no kind)';
  const slash = typeof apiVersion === 'string' ? apiVersion.indexOf('/') : -1;
  return slash < 0 ? name : `${(apiVersion as string).slice(0, slash)}/${name}`;
}

/** What a workload makes its pods from. */
export interface Template {
  /** Where it stands in the object. */
  readonly path: Path;
  /** It, with metadata. */
  readonly value: Readonly<Record<string, unknown>>;
  /** The pod's spec. */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** What a workload makes its pods from; undefined for other kinds, and where it has none. */
export function templateOf(kind: string, manifest: unknown): Template | undefined {
  const path = Object.hasOwn(templates, kind) ? templates[kind] : undefined;
  if (path === undefined) return undefined;
  const value = fieldsOf(valueAt(manifest, path));
  const { spec } = value;
  return typeof spec === 'object' && spec !== null ? { path, value, spec: fieldsOf(spec) } : undefined;
}

/** The images that an object runs, by container. */
export function imagesIn({ apiVersion, kind, ...manifest }: Manifest): [container: string, image: string][] {
  const { initContainers, containers } = templateOf(groupKind(apiVersion, kind), manifest)?.spec ?? {};
  return [...itemsOf(initContainers), ...itemsOf(containers)].flatMap((container) => {
    const { name, image } = fieldsOf(container);
    return typeof name === 'string' && typeof image === 'string' ? [[name, image]] : [];
  });
}
