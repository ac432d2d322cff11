import { type ObjectPolicy, rule } from '../policy.ts';

/** A star also means what will be added later. */
export const rbacWildcards: readonly ObjectPolicy[] = ['verbs', 'resources', 'apiGroups', 'nonResourceURLs'].map(
  (field) => ({
    id: `rbac-wildcard-${field.toLowerCase()}`,
    says: `A role must name its ${field} one by one, without a star.`,
    source: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#least-privilege',
    target: 'rule',
    field,
    cel: `rule.?${field}.orValue([]).all(name, !name.contains("*"))`,
    passes: [rule({ verbs: ['get', 'list'], resources: ['configmaps'], apiGroups: [''] })],
    fails: [rule({ [field]: ['*'] })],
  }),
);
