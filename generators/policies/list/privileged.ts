import { container, type ObjectPolicy } from '../policy.ts';

export const privileged: ObjectPolicy = {
  id: 'privileged',
  says: 'A container must not be privileged: that is root on the node.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  target: 'container',
  field: 'securityContext.privileged',
  cel: '!container.?securityContext.?privileged.orValue(false)',
  passes: [container({ 'securityContext.privileged': false })],
  fails: [container({ 'securityContext.privileged': true })],
};
