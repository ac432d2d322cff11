import { container, type ObjectPolicy } from '../policy.ts';

export const readOnlyRoot: ObjectPolicy = {
  id: 'read-only-root',
  says: 'A container must not write to its own image: mount a volume where it writes.',
  source: 'https://kubernetes.io/docs/tasks/configure-pod-container/security-context/',
  target: 'container',
  field: 'securityContext.readOnlyRootFilesystem',
  cel: 'container.?securityContext.?readOnlyRootFilesystem.orValue(false) == true',
  passes: [container({ 'securityContext.readOnlyRootFilesystem': true })],
  fails: [
    container({ 'securityContext.readOnlyRootFilesystem': false }),
    container({ 'securityContext.readOnlyRootFilesystem': undefined }),
  ],
};
