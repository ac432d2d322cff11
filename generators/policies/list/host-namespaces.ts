import { type ObjectPolicy, pod } from '../policy.ts';

/** The node's network, processes and shared memory are its own. */
export const hostNamespaces: readonly ObjectPolicy[] = [
  ['host-network', 'hostNetwork', 'network'] as const,
  ['host-pid', 'hostPID', 'processes'] as const,
  ['host-ipc', 'hostIPC', 'shared memory'] as const,
].map(([id, field, what]) => ({
  id,
  says: `A pod must not share the ${what} of its node.`,
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  target: 'pod',
  field,
  cel: `!variables.pod.?${field}.orValue(false)`,
  passes: [pod({ [field]: false })],
  fails: [pod({ [field]: true })],
}));
