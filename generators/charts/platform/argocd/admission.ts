import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { scopeOf } from '../../../model/environment.ts';
import { applicationsOf, argoCd, ownCluster, type Projects } from '../../../model/project.ts';

const name = 'slipway-applications';

/** One thing that must hold of an Application, in CEL, and what is said where it does not. */
export interface ApplicationRule {
  readonly expression: string;
  readonly message: string;
}

const without = (object: string, ...fields: readonly string[]) =>
  `(${fields.map((field) => `!has(${object}.${field})`).join(' && ')})`;

/** What would make something else of a folder. */
const templates = ['helm', 'kustomize', 'plugin', 'chart'];

const same = (one: string, other: string, field: string) =>
  `${one}.?${field}.orValue("") == ${other}.?${field}.orValue("")`;
const [sync, source] = ['object.operation.sync', 'object.spec.source'];

/** What an Application of an apps' environment must be, whoever writes it. Each expression sees `object`. */
export const rulesFor = (repository: string): readonly ApplicationRule[] => [
  {
    expression: `object.metadata.namespace == "${argoCd}-" + object.spec.project`,
    message: 'An Application belongs to the project of the environment whose namespace it is in.',
  },
  {
    expression:
      `object.spec.destination.?server.orValue("") == ${JSON.stringify(ownCluster)} && ` +
      '!has(object.spec.destination.name) && ' +
      'object.spec.destination.?namespace.orValue("") == object.spec.project',
    message: 'An Application goes to the namespace of its environment, in this cluster.',
  },
  {
    expression:
      '!has(object.spec.sources) && !has(object.spec.sourceHydrator) && has(object.spec.source) && ' +
      `object.spec.source.repoURL == ${JSON.stringify(repository)} && ` +
      'object.spec.source.?targetRevision.orValue("") == "refs/heads/env/" + object.spec.project',
    message: "An Application reads its environment's branch of this repository, and nothing else.",
  },
  {
    expression: `!has(${source}) || ${without(source, ...templates)}`,
    message: 'An Application says what stands in its folder: Argo CD templates nothing.',
  },
  // Whoever syncs by hand writes it here, and it would overrule the source. Argo CD itself repeats the source.
  {
    expression:
      `!has(object.operation) || !has(${sync}) || ${without(sync, 'sources', 'manifests')} && ` +
      `(!has(${sync}.source) || ${['repoURL', 'targetRevision', 'path'].map((field) => same(`${sync}.source`, source, field)).join(' && ')} && ` +
      `${without(`${sync}.source`, ...templates)})`,
    message: 'A sync takes what the branch says: no other source, and no manifests by hand.',
  },
];

/**
 * The API server itself refuses an Application that reaches beyond its environment. Argo CD would, too, by its project;
 * this holds also where a project is wrong. The platform's own Applications are left to Argo CD: a mistake here must not
 * keep the platform from repairing it.
 */
export function applicationRules(scope: Construct, all: readonly Projects[], repository: string): void {
  const apps = all.filter(({ environment }) => scopeOf(environment) === 'environment');
  if (apps.length === 0) return;
  const apiVersion = 'admissionregistration.k8s.io/v1';
  new ApiObject(scope, `validatingadmissionpolicy-${name}`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name },
    spec: {
      failurePolicy: 'Fail',
      matchConstraints: {
        resourceRules: [
          {
            apiGroups: ['argoproj.io'],
            apiVersions: ['*'],
            operations: ['CREATE', 'UPDATE'],
            resources: ['applications'],
          },
        ],
      },
      // What is being deleted must be able to lose its finalizers.
      matchConditions: [{ name: 'living', expression: '!has(object.metadata.deletionTimestamp)' }],
      validations: rulesFor(repository).map(({ expression, message }) => ({ expression, message })),
    },
  });
  new ApiObject(scope, `validatingadmissionpolicybinding-${name}`, {
    apiVersion,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name },
    spec: {
      policyName: name,
      validationActions: ['Deny'],
      matchResources: {
        namespaceSelector: {
          matchExpressions: [
            {
              key: 'kubernetes.io/metadata.name',
              operator: 'In',
              values: apps.map(({ environment }) => applicationsOf(environment)),
            },
          ],
        },
      },
    },
  });
}
