import { type ObjectPolicy, rule } from '../policy.ts';

export const rbacEscalation: ObjectPolicy = {
  id: 'rbac-escalation',
  says: 'A role must not let anyone give themselves more: no escalate, bind or impersonate.',
  source: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks',
  target: 'rule',
  field: 'verbs',
  cel: 'rule.?verbs.orValue([]).all(verb, !(verb in ["escalate", "bind", "impersonate"]))',
  passes: [rule({ verbs: ['get', 'watch'] })],
  fails: ['escalate', 'bind', 'impersonate'].map((verb) => rule({ verbs: ['get', verb] })),
};
