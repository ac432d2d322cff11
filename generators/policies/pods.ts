import { argoCd } from '../model/project.ts';
import { fieldsOf, itemsOf, type Path } from './json.ts';
import type { Breach } from './policy.ts';
import { selects } from './selector.ts';
import { containersOf, type Item, type Subject, type View } from './view.ts';
import { type Template, workloads } from './workload.ts';

/** The objects of a part that make pods. */
export function workloadsOf(part: View): readonly Workload[] {
  let found = known.get(part);
  if (found === undefined) {
    found = part.of(...workloads).filter(isWorkload);
    known.set(part, found);
  }
  return found;
}
/** Most policies ask. */
const known = new WeakMap<View, readonly Workload[]>();

/** An object that makes pods, and what it makes them from. */
export type Workload = Subject & { readonly template: Template };

const isWorkload = (subject: Subject): subject is Workload => subject.template !== undefined;

/** The labels of the pods that a workload makes. */
export const podLabels = ({ template }: Subject) => fieldsOf(fieldsOf(template?.value.metadata).labels);

/** The workloads whose pods a label selector takes. */
export const selectedBy = (part: View, selector: unknown): readonly Workload[] =>
  workloadsOf(part).filter((workload) => selects(selector, podLabels(workload)));

/** The workloads behind a Service; none when it has no selector. */
export function behind(part: View, service: Subject): readonly Workload[] {
  const { selector } = service.spec;
  return Object.keys(fieldsOf(selector)).length > 0 ? selectedBy(part, { matchLabels: selector }) : [];
}

/** Whether an object is about programs that stand in no part: those of Argo CD are installed before anything is synced. */
export const isInstalled = ({ manifest }: Subject) => fieldsOf(manifest.metadata).namespace === argoCd;

/** The ports that the containers of a workload declare, with the container of each. */
export const portsOf = (workload: Subject): readonly { port: Readonly<Record<string, unknown>>; container: Item }[] =>
  containersOf(workload, true).flatMap((container) =>
    itemsOf(fieldsOf(container.value).ports).map((port) => ({ port: fieldsOf(port), container })),
  );

/** How many pods there are at least: an autoscaler's minimum where one rules; a program on every node has none. */
export function replicasOf(part: View, workload: Subject): number | undefined {
  if (!['apps/Deployment', 'apps/StatefulSet'].includes(workload.kind)) return undefined;
  const scaler = part.of('autoscaling/HorizontalPodAutoscaler').find(({ spec }) => {
    return refersTo(spec.scaleTargetRef, workload);
  });
  const replicas = scaler ? scaler.spec.minReplicas : workload.spec.replicas;
  return typeof replicas === 'number' ? replicas : 1;
}

/** Whether a reference of kind and name means an object. */
export function refersTo(reference: unknown, { kind, name }: Subject): boolean {
  const wanted = fieldsOf(reference);
  return wanted.name === name && wanted.kind === kind.slice(kind.indexOf('/') + 1);
}

/** A breach at a place in an object. */
export const breach = (subject: Subject, path: Path, value?: unknown, because?: string): Breach => ({
  file: subject.file,
  object: subject.id,
  path,
  value,
  ...(because === undefined ? {} : { because }),
});
