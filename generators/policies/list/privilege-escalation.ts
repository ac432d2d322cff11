import { container, type ObjectPolicy } from '../policy.ts';

export const privilegeEscalation: ObjectPolicy = {
  id: 'privilege-escalation',
  says: 'A container must not be able to gain privileges: allowPrivilegeEscalation is false.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted',
  target: 'container',
  field: 'securityContext.allowPrivilegeEscalation',
  cel: 'variables.pod.?os.?name.orValue("") == "windows" || container.?securityContext.?allowPrivilegeEscalation.orValue(true) == false',
  passes: [container({ 'securityContext.allowPrivilegeEscalation': false })],
  fails: [
    container({ 'securityContext.allowPrivilegeEscalation': true }),
    container({ 'securityContext.allowPrivilegeEscalation': undefined }),
  ],
};
