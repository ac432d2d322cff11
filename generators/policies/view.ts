import { type Manifest, manifestFile } from '../model/manifest.ts';
import { fieldsOf, itemsOf, type Path, textOf, valueAt } from './json.ts';
import type { Target } from './policy.ts';
import { groupKind, type Template, templateOf } from './workload.ts';

/** One object of a part as policies see it: fields that are null are absent, as the API server reads them. */
export interface Subject {
  readonly file: string;
  /** `Deployment/web`. */
  readonly id: string;
  /** With its group: `apps/Deployment`. */
  readonly kind: string;
  readonly name: string;
  readonly manifest: Manifest;
  readonly spec: Readonly<Record<string, unknown>>;
  readonly template?: Template;
}

/** Something inside an object that a policy looks at. */
export interface Item {
  readonly path: Path;
  readonly value: unknown;
}

/** All objects of a part, found once. */
export interface View {
  readonly subjects: readonly Subject[];
  /** Those of some kinds: `apps/Deployment`, `Service`. */
  readonly of: (...kinds: readonly string[]) => readonly Subject[];
  /** The one of a kind and name. */
  readonly named: (kind: string, name: unknown) => Subject | undefined;
}

/** Sees the objects of a part. They may be any JSON: what cannot be read is seen as absent. */
export function viewOf(manifests: readonly unknown[]): View {
  const subjects = manifests.map(subjectOf);
  const byKind = Map.groupBy(subjects, ({ kind }) => kind);
  return {
    subjects,
    of: (...kinds) => kinds.flatMap((kind) => byKind.get(kind) ?? []),
    named: (kind, name) => byKind.get(kind)?.find((subject) => subject.name === name),
  };
}

function subjectOf(json: unknown): Subject {
  const manifest = withoutNulls(fieldsOf(json)) as Manifest;
  const kind = groupKind(manifest.apiVersion, manifest.kind);
  const name = textOf(fieldsOf(manifest.metadata).name) || '(no name)';
  const template = templateOf(kind, manifest);
  const short = kind.slice(kind.indexOf('/') + 1);
  return {
    file: manifestFile({ apiVersion: '', kind: short, metadata: { name } }),
    id: `${short}/${name}`,
    kind,
    name,
    manifest,
    spec: fieldsOf(manifest.spec),
    ...(template ? { template } : {}),
  };
}

/** The same value when nothing in it is null. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    let items: unknown[] | undefined;
    for (let index = 0; index < value.length; index++) {
      const after = withoutNulls(value[index]);
      if (after === value[index]) continue;
      items ??= [...value];
      items[index] = after;
    }
    return items ?? value;
  }
  let copy: Record<string, unknown> | undefined;
  for (const name of Object.keys(value)) {
    const before = (value as Record<string, unknown>)[name];
    const after = withoutNulls(before);
    if (after === before && before !== null) continue;
    copy ??= { ...value };
    if (after === null || after === undefined) delete copy[name];
    else copy[name] = after;
  }
  return copy ?? value;
}

const containerLists = ['initContainers', 'containers', 'ephemeralContainers'];
const plannedLists = ['initContainers', 'containers'];

/** The containers of a pod; `planned` are those that its template names, so not the ephemeral ones. */
export const containersOf = (subject: Subject, planned = false): Item[] =>
  (planned ? plannedLists : containerLists).flatMap((list) => podItems(subject, list));

/** The items of a list in a pod's spec: `podItems(subject, 'volumes')`. */
export function podItems({ template }: Subject, list: string): Item[] {
  if (template === undefined) return [];
  return itemsOf(template.spec[list]).map((value, index) => ({ path: [...template.path, 'spec', list, index], value }));
}

/** What a policy with this target looks at inside an object. */
export function itemsFor(target: Target, subject: Subject): readonly Item[] {
  if (typeof target === 'object') {
    return target.kinds.includes(subject.kind) ? [{ path: [], value: subject.manifest }] : [];
  }
  switch (target) {
    case 'container':
      return containersOf(subject);
    case 'planned-container':
      return containersOf(subject, true);
    case 'volume':
      return podItems(subject, 'volumes');
    case 'pod':
      return subject.template ? [{ path: [...subject.template.path, 'spec'], value: subject.template.spec }] : [];
    case 'claim':
      return claimsOf(subject);
    case 'rule':
      return ['rbac.authorization.k8s.io/Role', 'rbac.authorization.k8s.io/ClusterRole'].includes(subject.kind)
        ? itemsOf(subject.manifest.rules).map((value, index) => ({ path: ['rules', index], value }))
        : [];
    case 'job':
      return jobsOf(subject);
  }
}

function jobsOf({ kind, manifest }: Subject): Item[] {
  const path = kind === 'batch/Job' ? ['spec'] : kind === 'batch/CronJob' ? ['spec', 'jobTemplate', 'spec'] : undefined;
  return path ? [{ path, value: valueAt(manifest, path) }] : [];
}

function claimsOf({ kind, manifest, spec }: Subject): Item[] {
  if (kind === 'PersistentVolumeClaim') return [{ path: [], value: manifest }];
  if (kind !== 'apps/StatefulSet') return [];
  return itemsOf(spec.volumeClaimTemplates).map((value, index) => ({
    path: ['spec', 'volumeClaimTemplates', index],
    value,
  }));
}
