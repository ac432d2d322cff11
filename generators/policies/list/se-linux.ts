import { container, type ObjectPolicy, pod } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline';
const says = 'SELinux options may name a type of containers, and neither user nor role.';
const field = 'securityContext.seLinuxOptions';
const fine = (of: string) => {
  const options = `${of}.?${field.replace('.', '.?')}`;
  const types = '["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]';
  return `${options}.?type.orValue("") in ${types} && ${options}.?user.orValue("") == "" && ${options}.?role.orValue("") == ""`;
};
const good = { type: 'container_t', level: 's0:c123,c456' };
const bad = [{ type: 'spc_t' }, { type: 'container_t', user: 'root' }, { role: 'sysadm_r' }];

export const seLinux: readonly ObjectPolicy[] = [
  {
    id: 'se-linux',
    says,
    source,
    target: 'container',
    field,
    cel: fine('container'),
    passes: [container({ [field]: good })],
    fails: bad.map((options) => container({ [field]: options })),
  },
  {
    id: 'se-linux-pod',
    says,
    source,
    target: 'pod',
    field,
    cel: fine('variables.pod'),
    passes: [pod({ [field]: good })],
    fails: bad.map((options) => pod({ [field]: options })),
  },
];
