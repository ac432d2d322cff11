import type { Manifest } from '../model/manifest.ts';
import { groupKind, templateOf } from './workload.ts';

/** What the restricted profile of Kubernetes 1.36 says of a pod's spec; the third is more of its metadata. */
export type Case = readonly [is: 'allowed' | 'refused', spec: object, metadata?: object];

const fine = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } };
/** A container of a good pod with more in its security context. */
const secured = (more: object) => ({ ...container, securityContext: { ...fine, ...more } });
const container = { name: 'a', image: 'registry.example.com/a:1', securityContext: fine };

/** A good pod's spec. */
const base = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [container],
};

/** The same container in each of the three lists, beside a good one. */
const everywhere = (is: Case[0], bad: object, pod: object = {}): Case[] => [
  [is, { ...pod, containers: [container, { ...bad, name: 'b' }] }],
  [is, { ...pod, initContainers: [{ ...bad, name: 'b' }] }],
  [is, { ...pod, ephemeralContainers: [{ ...bad, name: 'b' }] }],
];
/** In the security context of every sort of container. */
const context = (is: Case[0], more: object, pod: object = {}) => everywhere(is, secured(more), pod);
/** In the pod's own security context. */
const ofPod = (is: Case[0], more: object, pod: object = {}): Case => [
  is,
  { ...pod, securityContext: { ...base.securityContext, ...more } },
];
const withoutPod = (...names: string[]) => ({
  securityContext: Object.fromEntries(Object.entries(base.securityContext).filter(([name]) => !names.includes(name))),
});
const both = (is: Case[0], more: object): Case[] => [ofPod(is, more), ...context(is, more)];
const volume = (is: Case[0], source: object): Case => [is, { volumes: [{ name: 'v', ...source }] }];
const userNamespace = { hostUsers: false };
const windows = { os: { name: 'windows' } };
const windowsPod = {
  ...windows,
  securityContext: { runAsNonRoot: true },
  containers: [{ name: 'a', image: container.image }],
};

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/, control by control: the table is our own. */
export const controls: readonly { readonly control: string; readonly cases: readonly Case[] }[] = [
  { control: 'a good pod', cases: [['allowed', {}], ...everywhere('allowed', container)] },
  {
    control: 'HostProcess',
    cases: [
      ...both('refused', { windowsOptions: { hostProcess: true } }),
      ...both('allowed', { windowsOptions: { hostProcess: false } }),
      ...both('allowed', { windowsOptions: {} }),
      [
        'refused',
        {
          ...windowsPod,
          securityContext: { runAsNonRoot: true, windowsOptions: { hostProcess: true } },
          hostNetwork: true,
        },
      ],
    ],
  },
  {
    control: 'host namespaces',
    cases: ['hostNetwork', 'hostPID', 'hostIPC'].flatMap((name): Case[] => [
      ['refused', { [name]: true }],
      ['allowed', { [name]: false }],
    ]),
  },
  {
    control: 'privileged containers',
    cases: [
      ...context('refused', { privileged: true, allowPrivilegeEscalation: true }),
      ...context('allowed', { privileged: false }),
    ],
  },
  {
    control: 'capabilities',
    cases: [
      ...context('refused', { capabilities: {} }),
      ...context('refused', { capabilities: { drop: [] } }),
      ...context('refused', { capabilities: { drop: ['all'] } }),
      ...context('refused', { capabilities: { drop: ['NET_RAW'] } }),
      ...context('refused', { capabilities: { drop: ['ALL'], add: ['CHOWN'] } }),
      ...context('refused', { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'SYS_ADMIN'] } }),
      ...context('refused', { capabilities: { add: ['NET_BIND_SERVICE'] } }),
      ...context('allowed', { capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } }),
      ...context('allowed', { capabilities: { drop: ['KILL', 'ALL'], add: [] } }),
      ...everywhere('refused', { ...container, securityContext: { allowPrivilegeEscalation: false } }),
    ],
  },
  {
    control: 'volume types, host paths among them',
    cases: [
      volume('refused', { hostPath: { path: '/' } }),
      volume('refused', { nfs: { server: 'a', path: '/' } }),
      volume('refused', { gitRepo: { repository: 'a' } }),
      volume('refused', { iscsi: { targetPortal: '10.0.0.1', iqn: 'iqn.2001-04.com.example:storage', lun: 0 } }),
      volume('refused', { awsElasticBlockStore: { volumeID: 'a' } }),
      volume('allowed', { emptyDir: {} }),
      volume('allowed', { configMap: { name: 'a' } }),
      volume('allowed', { secret: { secretName: 'a' } }),
      volume('allowed', { downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'metadata.name' } }] } }),
      volume('allowed', { projected: { sources: [{ configMap: { name: 'a' } }] } }),
      volume('allowed', { csi: { driver: 'a' } }),
      volume('allowed', { persistentVolumeClaim: { claimName: 'a' } }),
      volume('allowed', {
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
          },
        },
      }),
      volume('allowed', { image: { reference: 'a' } }),
    ],
  },
  {
    control: 'host ports',
    cases: [
      ...everywhere('refused', { ...container, ports: [{ containerPort: 80 }, { containerPort: 81, hostPort: 81 }] }),
      ...everywhere('allowed', { ...container, ports: [{ containerPort: 80 }] }),
      ...everywhere('allowed', { ...container, ports: [{ containerPort: 80, hostPort: 0 }] }),
    ],
  },
  {
    control: 'hosts of probes and lifecycle handlers',
    cases: ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle.postStart', 'lifecycle.preStop'].flatMap(
      (name) => {
        const at = (handler: object) => {
          const [outer, inner] = name.split('.') as [string, string?];
          return { ...container, [outer]: inner ? { [inner]: handler } : handler };
        };
        return [
          ...everywhere('refused', at({ httpGet: { port: 80, host: '127.0.0.1' } })),
          ...everywhere('refused', at({ tcpSocket: { port: 80, host: 'example.com' } })),
          ...everywhere('allowed', at({ httpGet: { port: 80, host: '' } })),
          ...everywhere('allowed', at({ exec: { command: ['true'] } })),
        ];
      },
    ),
  },
  {
    control: 'AppArmor',
    cases: [
      ...both('refused', { appArmorProfile: { type: 'Unconfined' } }),
      ...both('allowed', { appArmorProfile: { type: 'RuntimeDefault' } }),
      ...both('allowed', { appArmorProfile: { type: 'Localhost', localhostProfile: 'a' } }),
      ...(['unconfined', 'runtime', 'other/x'] as const).map(
        (value): Case => [
          'refused',
          {},
          { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': value } },
        ],
      ),
      ...(['runtime/default', 'localhost/a', ''] as const).map(
        (value): Case => [
          'allowed',
          {},
          { annotations: { 'container.apparmor.security.beta.kubernetes.io/a': value } },
        ],
      ),
      ['allowed', {}, { annotations: { 'example.com/a': 'unconfined' } }],
    ],
  },
  {
    control: 'SELinux',
    cases: [
      ...both('refused', { seLinuxOptions: { type: 'spc_t' } }),
      ...both('refused', { seLinuxOptions: { user: 'system_u' } }),
      ...both('refused', { seLinuxOptions: { role: 'system_r', type: 'container_t' } }),
      ...['container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'].flatMap((type) =>
        both('allowed', { seLinuxOptions: { type } }),
      ),
      ...both('allowed', { seLinuxOptions: { level: 's0:c1,c2' } }),
    ],
  },
  {
    control: '/proc mount',
    cases: [
      ...context('refused', { procMount: 'Unmasked' }),
      ...context('refused', { procMount: 'Unmasked' }, userNamespace),
      ...context('allowed', { procMount: 'Default' }),
    ],
  },
  {
    control: 'seccomp',
    cases: [
      ['refused', withoutPod('seccompProfile')],
      ...both('refused', { seccompProfile: { type: 'Unconfined' } }),
      ...both('allowed', { seccompProfile: { type: 'Localhost', localhostProfile: 'a' } }),
      [
        'refused',
        {
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Unconfined' } },
          containers: [secured({ seccompProfile: { type: 'RuntimeDefault' } })],
        },
      ],
      [
        'allowed',
        { ...withoutPod('seccompProfile'), containers: [secured({ seccompProfile: { type: 'RuntimeDefault' } })] },
      ],
      [
        'refused',
        {
          ...withoutPod('seccompProfile'),
          containers: [secured({ seccompProfile: { type: 'RuntimeDefault' } })],
          initContainers: [{ ...container, name: 'b' }],
        },
      ],
    ],
  },
  {
    control: 'sysctls',
    cases: [
      ...[
        'kernel.shm_rmid_forced',
        'net.ipv4.ip_local_port_range',
        'net.ipv4.ip_unprivileged_port_start',
        'net.ipv4.tcp_syncookies',
        'net.ipv4.ping_group_range',
        'net.ipv4.ip_local_reserved_ports',
        'net.ipv4.tcp_keepalive_time',
        'net.ipv4.tcp_fin_timeout',
        'net.ipv4.tcp_keepalive_intvl',
        'net.ipv4.tcp_keepalive_probes',
        'net.ipv4.tcp_rmem',
        'net.ipv4.tcp_wmem',
      ].map((name) => ofPod('allowed', { sysctls: [{ name, value: '1' }] })),
      ofPod('refused', { sysctls: [{ name: 'kernel.msgmax', value: '1' }] }),
      ofPod('refused', { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] }),
      ofPod('refused', {
        sysctls: [
          { name: 'net.ipv4.tcp_rmem', value: '1' },
          { name: 'net.ipv4.ip_forward', value: '1' },
        ],
      }),
    ],
  },
  {
    control: 'privilege escalation',
    cases: [
      ...context('refused', { allowPrivilegeEscalation: true }),
      ...everywhere('refused', { ...container, securityContext: { capabilities: { drop: ['ALL'] } } }),
      ...everywhere('refused', { name: 'b', image: container.image }),
    ],
  },
  {
    control: 'running as non-root',
    cases: [
      ['refused', withoutPod('runAsNonRoot')],
      ...both('refused', { runAsNonRoot: false }),
      [
        'refused',
        {
          securityContext: { seccompProfile: { type: 'RuntimeDefault' }, runAsNonRoot: false },
          containers: [secured({ runAsNonRoot: true })],
        },
      ],
      ['allowed', { ...withoutPod('runAsNonRoot'), containers: [secured({ runAsNonRoot: true })] }],
      [
        'refused',
        { ...withoutPod('runAsNonRoot'), containers: [secured({ runAsNonRoot: true }), { ...container, name: 'b' }] },
      ],
      ['allowed', { ...withoutPod('runAsNonRoot'), ...userNamespace }],
      ofPod('allowed', { runAsNonRoot: false }, userNamespace),
      ...context('allowed', { runAsNonRoot: false }, userNamespace),
      ofPod('refused', { runAsNonRoot: false }, { hostUsers: true }),
    ],
  },
  {
    control: 'running as user 0',
    cases: [
      ...both('refused', { runAsUser: 0 }),
      ...both('allowed', { runAsUser: 1000 }),
      ofPod('allowed', { runAsUser: 0, runAsNonRoot: false }, userNamespace),
      ...context('allowed', { runAsUser: 0 }, userNamespace),
      ...context('refused', { runAsUser: 0 }, { hostUsers: true }),
    ],
  },
  {
    control: 'Windows pods need neither capabilities, seccomp nor escalation',
    cases: [
      ['allowed', windowsPod],
      ['refused', { ...windowsPod, os: { name: 'linux' } }],
      ['refused', { ...windowsPod, securityContext: {} }],
    ],
  },
];

/** The kinds that make pods, with their versions. */
export const workloadKinds = [
  ...['v1/Pod', 'v1/PodTemplate', 'v1/ReplicationController'],
  ...[
    'apps/v1/Deployment',
    'apps/v1/StatefulSet',
    'apps/v1/DaemonSet',
    'apps/v1/ReplicaSet',
    'batch/v1/Job',
    'batch/v1/CronJob',
  ],
] as const;

/** An object of a kind whose pods are good, but for this. */
export function podIn(kind: (typeof workloadKinds)[number], more: object, metadata: object = {}): Manifest {
  const [group, version, name] = kind.split('/') as [string, string, string?];
  const [apiVersion, short] = name ? [`${group}/${version}`, name] : [group, version];
  const labels = { app: 'a' };
  const restartPolicy = short === 'Job' || short === 'CronJob' ? { restartPolicy: 'Never' } : {};
  const template = { metadata: { labels, ...metadata }, spec: { ...base, ...restartPolicy, ...more } };
  const head = { apiVersion, kind: short, metadata: { name: 'a', namespace: 'production' } };
  const selector = { matchLabels: labels };
  const bodies: Record<string, object> = {
    Pod: { ...template, metadata: { ...head.metadata, ...template.metadata } },
    PodTemplate: { template },
    ReplicationController: { spec: { selector: labels, template } },
    StatefulSet: { spec: { serviceName: 'a', selector, template } },
    Job: { spec: { template } },
    CronJob: { spec: { schedule: '0 0 * * *', jobTemplate: { spec: { template } } } },
  };
  const manifest = { ...head, ...(bodies[short] ?? { spec: { selector, template } }) };
  if (!templateOf(groupKind(apiVersion, short), manifest)) throw new Error(`${kind} makes no pods`);
  return manifest;
}
