import { container, type ObjectPolicy, pod } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline';
const says = 'A Windows container must not run as a process of its host.';

export const hostProcess: readonly ObjectPolicy[] = [
  {
    id: 'host-process',
    says,
    source,
    target: 'container',
    field: 'securityContext.windowsOptions.hostProcess',
    cel: '!container.?securityContext.?windowsOptions.?hostProcess.orValue(false)',
    passes: [container({ 'securityContext.windowsOptions': { hostProcess: false } })],
    fails: [container({ 'securityContext.windowsOptions': { hostProcess: true } })],
  },
  {
    id: 'host-process-pod',
    says,
    source,
    target: 'pod',
    field: 'securityContext.windowsOptions.hostProcess',
    cel: '!variables.pod.?securityContext.?windowsOptions.?hostProcess.orValue(false)',
    passes: [pod({ 'securityContext.windowsOptions': { hostProcess: false } })],
    fails: [pod({ 'securityContext.windowsOptions': { hostProcess: true } })],
  },
];
