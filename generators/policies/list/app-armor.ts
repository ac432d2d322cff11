import { container, type ObjectPolicy, object, pod } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline';
const says = "A pod must keep its runtime's AppArmor profile, or have one of its node: RuntimeDefault or Localhost.";
const field = 'securityContext.appArmorProfile.type';
const fine = (of: string) =>
  `!has(${of}.securityContext) || !has(${of}.securityContext.appArmorProfile) || ${of}.securityContext.appArmorProfile.?type.orValue("") in ["RuntimeDefault", "Localhost"]`;

export const appArmor: readonly ObjectPolicy[] = [
  {
    id: 'app-armor',
    says,
    source,
    target: 'container',
    field,
    cel: fine('container'),
    passes: [container({ 'securityContext.appArmorProfile': { type: 'RuntimeDefault' } })],
    fails: [container({ 'securityContext.appArmorProfile': { type: 'Unconfined' } })],
  },
  {
    id: 'app-armor-pod',
    says,
    source,
    target: 'pod',
    field,
    cel: fine('variables.pod'),
    passes: [pod({ 'securityContext.appArmorProfile': { type: 'Localhost', localhostProfile: 'web' } })],
    fails: [pod({ 'securityContext.appArmorProfile': { type: 'Unconfined' } })],
  },
  {
    id: 'app-armor-annotation',
    says: 'An AppArmor annotation must say runtime/default or localhost/….',
    source,
    target: 'pod',
    field: '',
    cel:
      'variables.template.?metadata.?annotations.orValue({}).all(key, !key.startsWith("container.apparmor.security.beta.kubernetes.io/") || ' +
      'variables.template.metadata.annotations[key] in ["", "runtime/default"] || variables.template.metadata.annotations[key].startsWith("localhost/"))',
    passes: [
      object('Deployment/web', {
        'spec.template.metadata.annotations': {
          'container.apparmor.security.beta.kubernetes.io/web': 'runtime/default',
        },
      }),
    ],
    fails: [
      object('Deployment/web', {
        'spec.template.metadata.annotations': { 'container.apparmor.security.beta.kubernetes.io/web': 'unconfined' },
      }),
    ],
  },
];
