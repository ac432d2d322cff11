import { type ObjectPolicy, pod } from '../policy.ts';

/** Those that only the pod's own namespaces feel, as of 1.32. */
const safe = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];

export const sysctls: ObjectPolicy = {
  id: 'sysctls',
  says: 'A pod may set only the kernel parameters that Kubernetes knows to be safe.',
  source: 'https://kubernetes.io/docs/concepts/security/pod-security-standards/#baseline',
  target: 'pod',
  field: 'securityContext.sysctls',
  cel: `variables.pod.?securityContext.?sysctls.orValue([]).all(sysctl, sysctl.name in ${JSON.stringify(safe)})`,
  passes: [pod({ 'securityContext.sysctls': safe.map((name) => ({ name, value: '1' })) })],
  fails: [
    pod({ 'securityContext.sysctls': [{ name: 'kernel.msgmax', value: '65536' }] }),
    pod({
      'securityContext.sysctls': [
        { name: 'net.ipv4.tcp_syncookies', value: '1' },
        { name: 'net.core.somaxconn', value: '1' },
      ],
    }),
  ],
};
