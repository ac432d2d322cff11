import type { CheckedProgram } from '../model/app-schema.ts';
import { type Cluster, type Environment, monitoringOf, type Path } from '../model/environment.ts';
import type { ObjectId } from '../model/timeline.ts';

/** Where and as what an app is rendered. */
export interface Placement {
  readonly environment: Environment;
  readonly cluster: Cluster;
  /** Where its objects live. */
  readonly namespace: string;
  /** All environments. */
  readonly path: Path;
  readonly image: string;
  /** The tree of `generators/`, for what runs Slipway itself. */
  readonly program?: ObjectId | undefined;
  /** For people: it becomes the label `app.kubernetes.io/version`. */
  readonly version: string;
  /** Variables by which a service of this repository knows itself; empty for third-party images. */
  readonly identity: Readonly<Record<string, string>>;
}

/** What objects are named and labelled by: an app, or what runs before it. */
export interface Subject {
  readonly name: string;
  readonly at: Placement;
  /** Of every object. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Whether the pods of a subject send traces: where somebody else watches, the app says itself where to. */
export const tracesOf = (app: Pick<CheckedProgram, 'name' | 'traces'>, { name, at }: Subject): boolean =>
  app.traces && name === app.name && monitoringOf(at.cluster) === 'slipway';

/** What selects an app's pods: immutable once applied, so it holds the name alone. */
export const selector = (name: string) => ({ 'app.kubernetes.io/name': name });

/** https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/ */
export const labels = ({ name, at }: Subject) => ({
  ...selector(name),
  // A label's value has at most 63 characters, and a letter or digit at both ends; a tag may begin with `_`.
  'app.kubernetes.io/version': at.version
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 63)
    .replace(/[^A-Za-z0-9]+$/, ''),
});

/**
 * @param name of the object. @default the subject's
 * @param annotations beside the subject's own
 */
export function objectMeta(subject: Subject, name = subject.name, annotations?: Readonly<Record<string, string>>) {
  const all = { ...subject.annotations, ...annotations };
  return {
    name,
    namespace: subject.at.namespace,
    labels: labels(subject),
    ...(Object.keys(all).length > 0 ? { annotations: all } : {}),
  };
}
