import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { argoCd } from '../../../model/project.ts';

const apiGroup = 'rbac.authorization.k8s.io';
const applications = { apiGroups: ['argoproj.io'], resources: ['applications'] };

/** What a program of Argo CD needs for Applications outside of its own namespace, beside what its installation says. */
interface Program {
  readonly name: string;
  readonly rules: readonly { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

/** Nobody creates or deletes one: that is for a branch. */
const programs: readonly Program[] = [
  {
    name: 'argocd-server',
    rules: [
      { ...applications, verbs: ['get', 'list', 'watch', 'update', 'patch'] },
      { apiGroups: [''], resources: ['events'], verbs: ['create', 'list'] },
    ],
  },
  // It writes down what it has said.
  {
    name: 'argocd-notifications-controller',
    rules: [{ ...applications, verbs: ['get', 'list', 'watch', 'update', 'patch'] }],
  },
];

/**
 * The rights of Argo CD's server and of its notifications in the namespaces of Applications. Both ask for the
 * Applications of the whole cluster as soon as there is more than one namespace; the server may by its installation.
 * https://github.com/argoproj/argo-cd/blob/v3.6.1/notification_controller/controller/controller.go
 */
export function rights(scope: Construct, namespaces: readonly string[]): void {
  const reads = 'argocd-notifications-controller-applications';
  new k8s.KubeClusterRole(scope, 'clusterrole', {
    metadata: { name: reads },
    rules: [{ ...applications, verbs: ['get', 'list', 'watch'] }],
  });
  new k8s.KubeClusterRoleBinding(scope, 'clusterrolebinding', {
    metadata: { name: reads },
    roleRef: { apiGroup, kind: 'ClusterRole', name: reads },
    subjects: [account('argocd-notifications-controller')],
  });
  for (const namespace of namespaces)
    for (const { name, rules } of programs) {
      // A part holds one object of a kind and name.
      const own = `${name}-in-${namespace}`;
      new k8s.KubeRole(scope, `role-${own}`, { metadata: { name: own, namespace }, rules: [...rules] });
      new k8s.KubeRoleBinding(scope, `rolebinding-${own}`, {
        metadata: { name: own, namespace },
        roleRef: { apiGroup, kind: 'Role', name: own },
        subjects: [account(name)],
      });
    }
}

const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: argoCd });
