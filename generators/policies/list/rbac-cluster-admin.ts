import { type ObjectPolicy, object } from '../policy.ts';

const binding = 'RoleBinding/reader';

export const rbacClusterAdmin: ObjectPolicy = {
  id: 'rbac-cluster-admin',
  says: 'Nobody may be bound to cluster-admin, admin or edit: they read every Secret.',
  source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#user-facing-roles',
  target: { kinds: ['rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding'] },
  field: 'roleRef.name',
  cel: '!(object.roleRef.kind == "ClusterRole" && object.roleRef.name in ["cluster-admin", "admin", "edit"])',
  passes: [object(binding, { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' } })],
  fails: ['cluster-admin', 'admin', 'edit'].map((name) =>
    object(binding, { roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name } }),
  ),
};
