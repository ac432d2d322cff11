import { type ObjectPolicy, rule } from '../policy.ts';

export const rbacSecrets: ObjectPolicy = {
  id: 'rbac-secrets',
  says: 'A role must not read Secrets: mount the one that is needed.',
  source: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#listing-secrets',
  target: 'rule',
  field: 'resources',
  cel:
    '!(rule.?resources.orValue([]).exists(name, name in ["secrets", "*", "secrets/*"]) && ' +
    'rule.?apiGroups.orValue([]).exists(group, group in ["", "*"]) && ' +
    'rule.?verbs.orValue([]).exists(verb, verb in ["get", "list", "watch", "*"]))',
  passes: [rule({ apiGroups: ['external-secrets.io'], resources: ['secrets'] })],
  fails: [
    rule({ apiGroups: [''], resources: ['configmaps', 'secrets'], verbs: ['get'] }),
    rule({ apiGroups: [''], resources: ['secrets'], verbs: ['watch'] }),
    rule({ apiGroups: [''], resources: ['*'], verbs: ['list'] }),
  ],
};
