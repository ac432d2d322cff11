import type { Excuse } from '../model/app.ts';
import type { Mistake } from '../model/definition.ts';
import type { Manifest } from '../model/manifest.ts';
import { nearest } from '../model/nearest.ts';
import { fieldsOf } from './json.ts';
import type { Violation } from './judge.ts';
import { policies } from './policies.ts';
import { groupKind, templateOf } from './workload.ts';

/** Violations after their excuses. */
export interface Judged {
  /** What nothing excuses. */
  readonly refused: readonly Violation[];
  readonly excused: readonly { readonly violation: Violation; readonly excuse: Excuse }[];
  /** Excuses for what is not violated. */
  readonly stale: readonly Excuse[];
}

/**
 * Sets excuses against violations. It does not look at `until`: the same commit must render the same tomorrow. Who
 * reviews asks `expired`.
 */
export function excuse(violations: readonly Violation[], excuses: readonly Excuse[]): Judged {
  const covers = (one: Excuse, { policy, object }: Violation) =>
    one.policy === policy && (one.object === undefined || one.object === object);
  const covered = violations.map((violation) => ({ violation, by: excuses.find((one) => covers(one, violation)) }));
  return {
    refused: covered.filter(({ by }) => by === undefined).map(({ violation }) => violation),
    excused: covered.flatMap(({ violation, by }) => (by ? [{ violation, excuse: by }] : [])),
    stale: excuses.filter((one) => !violations.some((violation) => covers(one, violation))),
  };
}

/** Those that no longer hold on a day, as `2027-03-31`. They fail reviews and the scheduled report, never a render. */
export const expired = (excuses: readonly Excuse[], today: string): readonly Excuse[] =>
  excuses.filter(({ until }) => until < today);

/** Excuses of an app for what is no policy, each with the nearest one. */
export function unknownPolicies(excuses: readonly Excuse[]): Mistake[] {
  const ids = policies.map(({ id }) => id);
  return excuses.flatMap(({ policy }, index) => {
    if (ids.includes(policy)) return [];
    const near = nearest(policy, ids);
    const says = `is ${JSON.stringify(policy)}, which is no policy${near ? `; did you mean ${near}?` : ''}`;
    return [{ path: ['excuses', index, 'policy'], says }];
  });
}

/** Names, on an object and on what is made from it, the policies that it may break: `host-path run-as-user`. */
export const excusedAnnotation = 'slipway.dev/excused';

/**
 * Marks the objects that break a policy by leave, so that whoever reads a manifest sees it, and so that the cluster lets
 * through what Argo CD and Kubernetes' own controllers make of it (`admission`).
 */
export function marked(manifests: readonly Manifest[], { excused }: Pick<Judged, 'excused'>): Manifest[] {
  const byObject = Map.groupBy(excused, ({ violation }) => violation.object);
  return manifests.map((manifest) => {
    const found = byObject.get(`${manifest.kind}/${manifest.metadata.name}`);
    if (!found) return manifest;
    const ids = [...new Set(found.map(({ violation }) => violation.policy))].sort().join(' ');
    const template = templateOf(groupKind(manifest.apiVersion, manifest.kind), manifest);
    // A CronJob's Job stands between it and its pods.
    const makers = template?.path.includes('jobTemplate') ? [['spec', 'jobTemplate']] : [];
    const places = [[], ...makers, ...(template ? [template.path] : [])];
    const whole = places.reduce<Fields>((at, path) => annotated(at, path.map(String), ids), manifest);
    return whole as unknown as Manifest;
  });
}

/** An object in which what stands at a path has the annotation. */
function annotated(value: Fields, path: readonly string[], ids: string): Fields {
  const [step, ...rest] = path;
  if (step !== undefined) return { ...value, [step]: annotated(fieldsOf(value[step]), rest, ids) };
  const metadata = fieldsOf(value.metadata);
  const annotations = { ...fieldsOf(metadata.annotations), [excusedAnnotation]: ids };
  return { ...value, metadata: { ...metadata, annotations } };
}

type Fields = Readonly<Record<string, unknown>>;
