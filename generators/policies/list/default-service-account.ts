import { type ObjectPolicy, pod } from '../policy.ts';

export const defaultServiceAccount: ObjectPolicy = {
  id: 'default-service-account',
  says: 'A pod must have a service account of its own: whatever `default` may do, everybody may.',
  source: 'https://kubernetes.io/docs/concepts/security/rbac-good-practices/',
  target: 'pod',
  field: 'serviceAccountName',
  cel: '!(variables.pod.?serviceAccountName.orValue("") in ["", "default"])',
  passes: [pod({ serviceAccountName: 'web' })],
  fails: [pod({ serviceAccountName: 'default' }), pod({ serviceAccountName: undefined })],
};
