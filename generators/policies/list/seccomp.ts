import { container, type ObjectPolicy, pod } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted';
const says = 'A pod, or each of its containers, must have the seccomp profile RuntimeDefault or Localhost.';
const field = 'securityContext.seccompProfile.type';
const windows = 'variables.pod.?os.?name.orValue("") == "windows"';
const known = '["RuntimeDefault", "Localhost"]';
const has = (of: string) => `has(${of}.securityContext) && has(${of}.securityContext.seccompProfile)`;
const ofPod = 'variables.pod.?securityContext.?seccompProfile.?type.orValue("")';

export const seccomp: readonly ObjectPolicy[] = [
  {
    id: 'seccomp',
    says,
    source,
    target: 'container',
    field,
    cel: `${windows} || (${has('container')} ? container.securityContext.seccompProfile.?type.orValue("") : ${ofPod}) in ${known}`,
    passes: [container({ 'securityContext.seccompProfile': { type: 'Localhost', localhostProfile: 'web.json' } })],
    fails: [
      container({ 'securityContext.seccompProfile': { type: 'Unconfined' } }),
      pod({ 'securityContext.seccompProfile': undefined }),
    ],
  },
  {
    id: 'seccomp-pod',
    says,
    source,
    target: 'pod',
    field,
    cel: `${windows} || !(${has('variables.pod')}) || ${ofPod} in ${known}`,
    passes: [pod({ 'securityContext.seccompProfile': { type: 'Localhost', localhostProfile: 'web.json' } })],
    fails: [pod({ 'securityContext.seccompProfile': { type: 'Unconfined' } })],
  },
];
