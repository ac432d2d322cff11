import { container, type ObjectPolicy, pod } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted';
const says = 'Nothing may run as user 0, which is root.';
const field = 'securityContext.runAsUser';
const fine = (of: string) =>
  `variables.pod.?hostUsers.orValue(true) == false || ${of}.?securityContext.?runAsUser.orValue(1) != 0`;

export const runAsUser: readonly ObjectPolicy[] = [
  {
    id: 'run-as-user',
    says,
    source,
    target: 'container',
    field,
    cel: fine('container'),
    passes: [container({ [field]: 65532 })],
    fails: [container({ [field]: 0 })],
  },
  {
    id: 'run-as-user-pod',
    says,
    source,
    target: 'pod',
    field,
    cel: fine('variables.pod'),
    passes: [pod({ [field]: 1000 })],
    fails: [pod({ [field]: 0 })],
  },
];
