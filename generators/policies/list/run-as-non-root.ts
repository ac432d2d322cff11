import { container, type ObjectPolicy, pod } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted';
const field = 'securityContext.runAsNonRoot';
// Root of a user namespace is nobody on the node; allowed since 1.35.
const own = 'variables.pod.?hostUsers.orValue(true) == false';

export const runAsNonRoot: readonly ObjectPolicy[] = [
  {
    id: 'run-as-non-root',
    says: 'A pod, or each of its containers, must say runAsNonRoot: true, and none may say false.',
    source,
    target: 'container',
    field,
    cel: `${own} || container.?securityContext.?runAsNonRoot.orValue(variables.pod.?securityContext.?runAsNonRoot.orValue(false)) == true`,
    passes: [container({ [field]: true })],
    fails: [container({ [field]: false }), pod({ [field]: undefined })],
  },
  {
    id: 'run-as-non-root-pod',
    says: 'A pod must not say runAsNonRoot: false.',
    source,
    target: 'pod',
    field,
    cel: `${own} || variables.pod.?securityContext.?runAsNonRoot.orValue(true) == true`,
    passes: [pod({ [field]: true })],
    fails: [pod({ [field]: false })],
  },
];
