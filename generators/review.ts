import type { Placement } from './charts/place.ts';
import { type CheckedApp, isProgram } from './model/app-schema.ts';
import { callee } from './model/call.ts';
import { monitoringOf, scopeOf } from './model/environment.ts';
import { type Manifest, manifestFile } from './model/manifest.ts';
import type { Remark } from './model/part.ts';
import { Misuse } from './model/refusal.ts';
import { excuse, leaves, marked } from './policies/excuse.ts';
import { judge } from './policies/judge.ts';
import type { Facts, PodSecurity } from './policies/policy.ts';
import { formatViolation, type Violation } from './policies/violation.ts';
import { strictly } from './schemas/strictly.ts';

/** Objects that may be published, and what a reviewer should know of them. */
export interface Reviewed {
  readonly manifests: readonly Manifest[];
  readonly remarks: readonly Remark[];
}

/**
 * Holds an app's objects in one environment against the types of Kubernetes and against every policy.
 * @throws {Misuse} with everything that is wrong: app, environment, file, field, value and rule
 */
export function review(app: CheckedApp, at: Placement, manifests: readonly Manifest[]): Reviewed {
  const types = manifests.flatMap((manifest) =>
    strictly(manifest).map(({ field, says }) => `${manifestFile(manifest)}: ${field ? `${field} ` : ''}${says}`),
  );
  const violations = judge(manifests, factsOf(app, at)).filter((one) => !isUnbuilt(one, at));
  const level = levelOf(at);
  const judged = excuse(violations, app.excuses, level);
  const helpless = new Set(judged.stale.map(({ policy }) => policy));
  const broken = judged.refused
    .filter(isError)
    .map((one) => `${formatViolation(one)}${helpless.has(one.policy) ? noHelp(at.namespace, level) : ''}`);
  const wrong = [...types, ...broken];
  if (wrong.length > 0)
    throw new Misuse(wrong.map((line) => `apps/${app.name}/app.ts: in ${at.environment.name}: ${line}`).join('\n'));
  const warnings = judged.refused.map(remark);
  const excused = judged.excused.map((one) => ({ ...remark(one.violation), excuse: one.excuse }));
  const changing = leaves(manifests, app.excuses);
  const allowed = changing.map(({ object, excuse, says }) => ({
    policy: excuse.policy,
    object,
    field: '',
    says,
    excuse,
  }));
  return { manifests: marked(manifests, judged, changing), remarks: [...excused, ...allowed, ...warnings] };
}

/** What the namespace of a part enforces: an environment's is always restricted (`charts/platform.ts`). */
const levelOf = ({ environment, cluster, namespace }: Placement): PodSecurity =>
  scopeOf(environment) === 'environment' ? 'restricted' : (cluster.namespaces[namespace] ?? 'privileged');

const noHelp = (namespace: string, level: PodSecurity) =>
  ` No excuse helps: namespace ${namespace} enforces the ${level} profile, and the pod would never start; what needs this has scope 'cluster'.`;

/** An image that nobody built yet is named by its tree: it may be looked at, and whoever publishes refuses it. */
const isUnbuilt = ({ policy, value }: Violation, { image, identity }: Placement) =>
  policy === 'image-digest' && value === image && Object.keys(identity).length > 0;

const isError = ({ severity }: Violation) => severity === 'error';
const remark = ({ policy, object, field, says }: Violation): Remark => ({ policy, object, field, says });

const factsOf = (app: CheckedApp, { environment, cluster }: Placement): Facts => ({
  environment: environment.name,
  scope: scopeOf(environment),
  production: environment.production ?? false,
  profile: cluster.profile,
  registries: cluster.registries,
  monitoring: monitoringOf(cluster),
  // Whether they are there is asked of all apps together (`model/together.ts`).
  apps: isProgram(app) ? app.calls.map((call) => callee(call).app) : [],
});
