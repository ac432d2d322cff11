import { fieldsOf, itemsOf } from '../json.ts';
import { breach, workloadsOf } from '../pods.ts';
import { object, type PartPolicy, pod, removed } from '../policy.ts';

export const serviceAccountToken: PartPolicy = {
  id: 'service-account-token',
  says: 'A pod must not get a token for the API server that nothing binds to a role: automountServiceAccountToken is false.',
  source:
    'https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/#opt-out-of-api-credential-automounting',
  *check(part) {
    const bound = part
      .of('rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding')
      .flatMap(({ manifest }) => itemsOf(manifest.subjects).map(fieldsOf))
      .filter(({ kind }) => kind === 'ServiceAccount')
      .map(({ name }) => name);
    for (const workload of workloadsOf(part)) {
      const { path, spec } = workload.template;
      const account = part.named('ServiceAccount', spec.serviceAccountName);
      const mounted = spec.automountServiceAccountToken ?? account?.manifest.automountServiceAccountToken ?? true;
      if (mounted !== false && !bound.includes(spec.serviceAccountName))
        yield breach(workload, [...path, 'spec', 'automountServiceAccountToken'], spec.automountServiceAccountToken);
    }
  },
  passes: [
    object('DaemonSet/agent', { 'spec.template.spec.automountServiceAccountToken': true }),
    [
      ...object('ServiceAccount/web', { automountServiceAccountToken: false }),
      ...pod({ automountServiceAccountToken: undefined }),
    ],
  ],
  fails: [
    pod({ automountServiceAccountToken: true }),
    pod({ automountServiceAccountToken: undefined }),
    removed('RoleBinding/reader'),
  ],
};
