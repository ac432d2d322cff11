import { container, type ObjectPolicy } from '../policy.ts';

/** Since 1.35 the baseline lets pods with a user namespace have another one; the restricted profile does not. */
export const procMount: ObjectPolicy = {
  id: 'proc-mount',
  says: 'A container must see /proc as its runtime masks it.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted',
  target: 'container',
  field: 'securityContext.procMount',
  cel: 'container.?securityContext.?procMount.orValue("Default") == "Default"',
  passes: [container({ 'securityContext.procMount': 'Default' })],
  fails: [container({ 'securityContext.procMount': 'Unmasked' })],
};
