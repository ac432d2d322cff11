import type { Monitoring } from '../model/environment.ts';
import type { Path } from './json.ts';
import type { View } from './view.ts';

/** What must hold of an app's objects in one environment, or in the cluster. */
export type Policy = ObjectPolicy | PartPolicy;

/** Facts about the place that a part is for. */
export interface Facts {
  /** `dev`, or the path of the platform: `platform-nonprod`. */
  readonly environment: string;
  readonly scope: 'environment' | 'cluster';
  /** Whether people depend on it. */
  readonly production: boolean;
  /** `local` is a cluster of one machine. */
  readonly profile: 'eks' | 'local';
  /** What the references of images may begin with, up to a slash: `['registry.example.com/team']`. */
  readonly registries: readonly string[];
  /** Who watches the cluster. @default 'slipway' */
  readonly monitoring?: Monitoring;
  /** The other apps of the environment, whose pods a NetworkPolicy may select. @default none */
  readonly apps?: readonly string[];
}

/** An `error` refuses. A `warning` is said to whoever reviews, and refuses nothing. */
export type Severity = 'error' | 'warning';

/** The facts under which a policy applies: all that are named must be so. */
export type Where = Partial<Pick<Facts, 'scope' | 'production' | 'profile'>>;

/**
 * What an expression sees beside `object`, the whole object, and `variables.registries`:
 * - `container`: each container of each pod of any workload, init and ephemeral ones too, as `container`
 * - `planned-container`: the same without ephemeral ones, which have neither resources nor probes
 * - `volume`: each volume of each pod, as `volume`
 * - `pod`: the pod's spec as `variables.pod`, what it is made from (with its metadata) as `variables.template`
 * - `claim`: each claim for a volume, of its own or in a StatefulSet, as `claim`
 * - `rule`: each rule of a Role or ClusterRole, as `rule`
 * - `job`: the spec of each Job, a CronJob's too, as `job`
 * - `kinds`: objects of these kinds, as `apps/Deployment`, `Service`
 *
 * All that are inside a pod see `variables.pod` and `variables.template` too.
 */
export type Target =
  | 'container'
  | 'planned-container'
  | 'volume'
  | 'pod'
  | 'claim'
  | 'rule'
  | 'job'
  | { readonly kinds: readonly string[] };

/** A policy that one CEL expression says, at render and in the cluster. */
export interface ObjectPolicy extends Rule {
  readonly target: Target;
  /** What a violation names, below the target: `securityContext.privileged`. */
  readonly field: string;
  /**
   * True when all is well. It is evaluated by cel-js and by the API server, so it uses only what both know. A number
   * from a manifest is a double here and an int there: compare it, do not calculate.
   */
  readonly cel: string;
  /** `false` where the API server sees another object than the manifest, since it fills in defaults. @default true */
  readonly admission?: false;
}

/** A policy that looks at several objects, or at what CEL cannot say. It is asked at render only. */
export interface PartPolicy extends Rule {
  readonly check: (part: View, facts: Facts) => Iterable<Breach>;
}

/** One place where a policy does not hold. */
export interface Breach {
  readonly file: string;
  /** `Deployment/web`. */
  readonly object: string;
  readonly path: Path;
  readonly value?: unknown;
  /** What exactly is wrong, where the policy's own sentence does not say it. */
  readonly because?: string;
}

interface Rule {
  /** `privilege-escalation`. */
  readonly id: string;
  /** One sentence: what must hold, and why or what to do. */
  readonly says: string;
  /** @default 'error' */
  readonly severity?: Severity;
  /** @default everywhere */
  readonly where?: Where;
  /** The authority. */
  readonly source: string;
  /** Changes to good objects after which they are still good. */
  readonly passes: readonly Example[];
  /** Changes to good objects, after each of which this policy must name what is wrong. */
  readonly fails: readonly Example[];
}

/** A change to good objects. */
export type Example = readonly Change[];

/** A change to one object, or to the target inside it; or an object more. */
export type Change =
  /** By path below `at`, what stands there; `undefined` takes it away. */
  | { readonly at: Exclude<Target, object> | `${string}/${string}`; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly add: Readonly<Record<string, unknown>> }
  | { readonly remove: `${string}/${string}` };

/** Whether a policy is asked under these facts. */
export const applies = ({ where }: Policy, facts: Facts): boolean =>
  where === undefined || Object.entries(where).every(([name, value]) => facts[name as keyof Where] === value);

/** The levels of the Pod Security Standards: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export type PodSecurity = 'restricted' | 'baseline' | 'privileged';

/** Whether a namespace that enforces a level would refuse the pods of whoever breaks a policy, whatever excuses it. */
export function isEnforcedBy({ source }: Pick<Policy, 'source'>, level: PodSecurity): boolean {
  const [, least] = /\/pod-security-standards\/#(baseline|restricted)$/.exec(source) ?? [];
  return least !== undefined && (level === 'restricted' || level === least);
}

const at =
  (target: Exclude<Target, object>) =>
  (fields: Readonly<Record<string, unknown>>): Example => [{ at: target, fields }];

/** An example: a good container, pod, … with these fields changed, by path; `undefined` takes one away. */
export const container = at('container');
export const planned = at('planned-container');
export const volume = at('volume');
export const pod = at('pod');
export const claim = at('claim');
export const rule = at('rule');
export const job = at('job');
/** An example: an object of the good part with these fields changed. */
export const object = (id: `${string}/${string}`, fields: Readonly<Record<string, unknown>>): Example => [
  { at: id, fields },
];
/** An example: one object more. */
export const added = (manifest: Readonly<Record<string, unknown>>): Example => [{ add: manifest }];
/** An example: one object less. */
export const removed = (id: `${string}/${string}`): Example => [{ remove: id }];
