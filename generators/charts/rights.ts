import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedProgram } from '../model/app-schema.ts';
import { objectMeta, type Subject } from './place.ts';

/** What the pods of a subject may do by the Kubernetes API. What runs before a version has another account, and may do nothing. */
export const rightsOf = ({ name, rights }: CheckedProgram, subject: Subject) => (subject.name === name ? rights : []);

/** A role of an app's own, in its own namespace, and who has it: its account. */
export function rights(scope: Construct, app: CheckedProgram, subject: Subject): void {
  const rules = rightsOf(app, subject);
  if (rules.length === 0) return;
  const { name, at } = subject;
  new k8s.KubeRole(scope, 'role', {
    metadata: objectMeta(subject),
    rules: rules.map(({ group, resources, verbs }) => ({
      apiGroups: [group],
      resources: [...resources],
      verbs: [...verbs],
    })),
  });
  new k8s.KubeRoleBinding(scope, 'rolebinding', {
    metadata: objectMeta(subject),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
    subjects: [{ kind: 'ServiceAccount', name, namespace: at.namespace }],
  });
}
