import type { Manifest } from '../model/manifest.ts';
import { excusedAnnotation } from './excuse.ts';
import { itemName } from './judge.ts';
import { policies } from './policies.ts';
import type { Facts, ObjectPolicy, Policy, Target, Where } from './policy.ts';

/** The label that a namespace of an environment carries, with the environment's name. */
export const environmentLabel = 'slipway.dev/environment';

/** What a cluster's admission policies depend on. */
export interface AdmissionFacts {
  readonly profile: Facts['profile'];
  readonly registries: readonly string[];
  /** The environments of the cluster. */
  readonly environments: readonly { readonly name: string; readonly production: boolean }[];
}

/**
 * The policies that the API server can enforce by itself, as a ValidatingAdmissionPolicy and its binding each, in the
 * order of the list. They see creations and updates in the namespaces of the environments. Objects of a cluster (CRDs,
 * ClusterRoles) are judged at render only: there a namespace selector selects nothing, and the cluster's own would be
 * judged too.
 * https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/
 */
export function admission(facts: AdmissionFacts, list: readonly Policy[] = policies): Manifest[] {
  return list.flatMap((policy) => {
    if (!isAdmissible(policy)) return [];
    const environments = facts.environments.filter(({ production }) =>
      holdsIn(policy.where, facts.profile, production),
    );
    if (environments.length === 0) return [];
    const names = environments.map(({ name }) => name);
    return [admissionPolicy(policy, facts), binding(policy, names)];
  });
}

/** Whether the API server can be asked. */
export const isAdmissible = (policy: Policy): policy is ObjectPolicy =>
  'cel' in policy && policy.admission !== false && resourcesOf(policy.target).length > 0;

/** What a policy's objects are called in Kubernetes: `slipway-privileged`. */
export const admissionName = ({ id }: Policy): string => `slipway-${id}`;

const holdsIn = (where: Where = {}, profile: Facts['profile'], production: boolean) =>
  (where.profile ?? profile) === profile && (where.production ?? production) === production;

interface Resources {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

// `kubectl debug` adds ephemeral containers through a subresource.
const podMakers: readonly Resources[] = [
  { apiGroups: [''], resources: ['pods', 'pods/ephemeralcontainers', 'podtemplates', 'replicationcontrollers'] },
  { apiGroups: ['apps'], resources: ['daemonsets', 'deployments', 'replicasets', 'statefulsets'] },
  { apiGroups: ['batch'], resources: ['cronjobs', 'jobs'] },
];
/** The resources of the kinds that policies name. Those of a cluster are left out. */
const resources: Readonly<Record<string, Resources>> = {
  Service: { apiGroups: [''], resources: ['services'] },
  'apps/Deployment': { apiGroups: ['apps'], resources: ['deployments'] },
  'batch/CronJob': { apiGroups: ['batch'], resources: ['cronjobs'] },
  'networking.k8s.io/Ingress': { apiGroups: ['networking.k8s.io'], resources: ['ingresses'] },
  'networking.k8s.io/NetworkPolicy': { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] },
  'rbac.authorization.k8s.io/RoleBinding': { apiGroups: ['rbac.authorization.k8s.io'], resources: ['rolebindings'] },
};

function resourcesOf(target: Target): readonly Resources[] {
  if (typeof target === 'object') return target.kinds.flatMap((kind) => resources[kind] ?? []);
  switch (target) {
    case 'claim':
      return [
        { apiGroups: [''], resources: ['persistentvolumeclaims'] },
        { apiGroups: ['apps'], resources: ['statefulsets'] },
      ];
    case 'rule':
      return [{ apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] }];
    case 'job':
      return [{ apiGroups: ['batch'], resources: ['cronjobs', 'jobs'] }];
    default:
      return podMakers;
  }
}

/** By their shapes: a pod has neither, a PodTemplate has its template at the top. */
const template =
  'has(object.template) ? object.template : has(object.spec.jobTemplate) ? object.spec.jobTemplate.spec.template : ' +
  'has(object.spec.template) ? object.spec.template : object';
const planned = 'variables.pod.?initContainers.orValue([]) + variables.pod.?containers.orValue([])';

/** What the item of a target is one of. */
const lists: Readonly<Record<Exclude<Target, object | 'pod'>, string>> = {
  container: `(${planned} + variables.pod.?ephemeralContainers.orValue([]))`,
  'planned-container': `(${planned})`,
  volume: 'variables.pod.?volumes.orValue([])',
  claim:
    '(has(object.spec.serviceName) || has(object.spec.template) ? object.spec.?volumeClaimTemplates.orValue([]) : [object])',
  rule: 'object.?rules.orValue([])',
  job: '[has(object.spec.jobTemplate) ? object.spec.jobTemplate.spec : object.spec]',
};

function admissionPolicy(policy: ObjectPolicy, { registries }: AdmissionFacts): Manifest {
  const { target, cel, says, id } = policy;
  const name = itemName(target);
  const expression =
    name && typeof target === 'string' && target !== 'pod' ? `${lists[target]}.all(${name}, ${cel})` : cel;
  const reads = (variable: string) => expression.includes(`variables.${variable}`);
  const usesTemplate = reads('pod') || reads('template');
  const variables = [
    ...(usesTemplate ? [{ name: 'template', expression: template }] : []),
    ...(usesTemplate ? [{ name: 'pod', expression: 'variables.template.spec' }] : []),
    ...(reads('registries') ? [{ name: 'registries', expression: JSON.stringify(registries) }] : []),
  ];
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: admissionName(policy) },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: resourcesOf(target).map((rule) => ({
          ...rule,
          apiVersions: ['*'],
          operations: ['CREATE', 'UPDATE'],
        })),
      },
      matchConditions: [living, { name: 'not-excused', expression: notExcused(policy) }],
      ...(variables.length > 0 ? { variables } : {}),
      validations: [{ expression, message: `${says} (${id})` }],
    },
  };
}

/** What is being deleted runs nothing new, and must be able to lose its finalizers. */
const living = { name: 'living', expression: '!has(object.metadata.deletionTimestamp)' };

/** Who puts objects into a namespace on behalf of a branch, and who makes others of them. */
const trusted =
  '(request.userInfo.username in ["system:serviceaccount:argocd:argocd-application-controller", "system:kube-controller-manager"] || ' +
  'request.userInfo.username.startsWith("system:serviceaccount:kube-system:") && request.userInfo.username.endsWith("-controller"))';

const excuses = (object: string, id: string) =>
  `has(${object}.metadata.annotations) && "${excusedAnnotation}" in ${object}.metadata.annotations && ` +
  `${object}.metadata.annotations["${excusedAnnotation}"].matches("(^| )${id}( |$)")`;

/**
 * Owners, labels and finalizers of what was let in may change: by the garbage collector, without which
 * `kubectl delete --cascade=orphan` would never end, by a cloud's controller, by a person.
 */
const unchanged = (id: string) =>
  `(request.operation == "UPDATE" && has(object.spec) && has(oldObject.spec) && object.spec == oldObject.spec && ${excuses('oldObject', id)})`;

/**
 * True for what no excuse covers. The objects themselves say what is excused (`excuse.ts`); that would do for anyone who
 * may write an annotation, and so it counts only where Argo CD writes what its branch says, where Kubernetes' own
 * controllers make something of that, or where nothing changes that a policy looks at. Nobody can write who asks into an
 * object.
 */
const notExcused = ({ id }: ObjectPolicy): string => `!((${trusted} || ${unchanged(id)}) && ${excuses('object', id)})`;

function binding(policy: ObjectPolicy, environments: readonly string[]): Manifest {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: admissionName(policy) },
    spec: {
      policyName: admissionName(policy),
      validationActions: [policy.severity === 'warning' ? 'Warn' : 'Deny'],
      matchResources: {
        namespaceSelector: { matchExpressions: [{ key: environmentLabel, operator: 'In', values: [...environments] }] },
      },
    },
  };
}
