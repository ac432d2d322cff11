import { type ObjectPolicy, volume } from '../policy.ts';

export const hostPath: ObjectPolicy = {
  id: 'host-path',
  says: 'A pod must not mount files of its node.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  target: 'volume',
  field: 'hostPath',
  cel: '!has(volume.hostPath)',
  passes: [volume({ emptyDir: { sizeLimit: '1Gi' } })],
  fails: [volume({ emptyDir: undefined, hostPath: { path: '/var/log' } })],
};
