import type { Excuse } from '../model/app.ts';
import type { Mistake } from '../model/definition.ts';
import { excusedAnnotation, excusedIn } from '../model/excused.ts';
import type { Manifest } from '../model/manifest.ts';
import { nearest } from '../model/nearest.ts';
import { changePolicies } from './change-policies.ts';
import { fieldsOf } from './json.ts';
import { policies } from './policies.ts';
import { isEnforcedBy, type PodSecurity } from './policy.ts';
import type { Violation } from './violation.ts';
import { groupKind, templateOf } from './workload.ts';

export { excusedAnnotation, excusedIn };

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
 * @param level what the namespace enforces: no excuse helps against that, and the pods would never start
 */
export function excuse(
  violations: readonly Violation[],
  excuses: readonly Excuse[],
  level: PodSecurity = 'privileged',
): Judged {
  const enforced = new Set(policies.filter((policy) => isEnforcedBy(policy, level)).map(({ id }) => id));
  const covers = (one: Excuse, { policy, object }: Violation) =>
    one.policy === policy && (one.object === undefined || one.object === object) && !enforced.has(policy);
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
export function unknownPolicies(excuses: readonly Partial<Excuse>[]): Mistake[] {
  const ids = [...policies, ...changePolicies].map(({ id }) => id);
  return excuses.flatMap(({ policy }, index) => {
    // What is no text is a mistake already.
    if (typeof policy !== 'string' || ids.includes(policy)) return [];
    const near = nearest(policy, ids);
    const says = `is ${JSON.stringify(policy)}, which is no policy${near ? `; did you mean ${near}?` : ''}`;
    return [{ path: ['excuses', index, 'policy'], says }];
  });
}

/** An excuse from a change policy, for one object. */
export interface Leave {
  /** `StatefulSet/redis`. */
  readonly object: string;
  readonly excuse: Excuse;
  /** What the policy says. */
  readonly says: string;
}

/**
 * The objects that may change what otherwise cannot. Whether they do, only a comparison with what stands there can say:
 * so they say it for as long as the excuse is in the app's file.
 */
export function leaves(manifests: readonly Manifest[], excuses: readonly Excuse[]): Leave[] {
  return excuses.flatMap((excuse) => {
    const policy = changePolicies.find(({ id }) => id === excuse.policy);
    return manifests.flatMap((manifest) => {
      const object = idOf(manifest);
      const regarded = policy?.kinds.includes(groupKind(manifest.apiVersion, manifest.kind));
      if (!policy || !regarded || (excuse.object ?? object) !== object) return [];
      return [{ object, excuse, says: policy.says }];
    });
  });
}

/**
 * Marks the objects that break a policy by leave, so that whoever reads a manifest sees it, and so that the cluster lets
 * through what Argo CD and Kubernetes' own controllers make of it (`admission`). What an object may change is said of
 * itself alone: its pods would roll for nothing.
 */
export function marked(
  manifests: readonly Manifest[],
  { excused }: Pick<Judged, 'excused'>,
  changing: readonly Leave[] = [],
): Manifest[] {
  const byObject = Map.groupBy(excused, ({ violation }) => violation.object);
  return manifests.map((manifest) => {
    const broken = (byObject.get(idOf(manifest)) ?? []).map(({ violation }) => violation.policy);
    const changed = changing.filter(({ object }) => object === idOf(manifest)).map(({ excuse }) => excuse.policy);
    const places = broken.length > 0 ? makersIn(manifest) : [];
    const inside = places.reduce<Fields>((at, path) => annotated(at, path, broken), manifest);
    return annotated(inside, [], [...broken, ...changed]) as unknown as Manifest;
  });
}

const idOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;

/** Where an object says what others are made from: the pod template, and a CronJob's Job before it. */
function makersIn(manifest: Manifest): string[][] {
  const template = templateOf(groupKind(manifest.apiVersion, manifest.kind), manifest);
  const makers = template?.path.includes('jobTemplate') ? [['spec', 'jobTemplate']] : [];
  return [...makers, ...(template ? [template.path.map(String)] : [])];
}

/** An object in which what stands at a path has the annotation; the same where there is nothing to name. */
function annotated(value: Fields, path: readonly string[], policies: readonly string[]): Fields {
  const [step, ...rest] = path;
  if (policies.length === 0) return value;
  if (step !== undefined) return { ...value, [step]: annotated(fieldsOf(value[step]), rest, policies) };
  const metadata = fieldsOf(value.metadata);
  const named = [...new Set(policies)].sort().join(' ');
  const annotations = { ...fieldsOf(metadata.annotations), [excusedAnnotation]: named };
  return { ...value, metadata: { ...metadata, annotations } };
}

type Fields = Readonly<Record<string, unknown>>;
