import { type ObjectPolicy, rule } from '../policy.ts';

const doors = [
  'pods/exec',
  'pods/attach',
  'pods/portforward',
  'pods/ephemeralcontainers',
  'nodes/proxy',
  'serviceaccounts/token',
];

export const rbacIntrusion: ObjectPolicy = {
  id: 'rbac-intrusion',
  says: `A role must not reach into pods or act as them: none of ${doors.join(', ')}.`,
  source: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/#privilege-escalation-risks',
  target: 'rule',
  field: 'resources',
  cel: `!rule.?resources.orValue([]).exists(name, name in ${JSON.stringify([...doors, 'pods/*', '*/exec'])})`,
  passes: [rule({ resources: ['pods', 'pods/log'], verbs: ['get'] })],
  fails: doors.map((door) => rule({ apiGroups: [''], resources: [door], verbs: ['create'] })),
};
