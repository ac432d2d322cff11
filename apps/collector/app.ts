import type { App } from '../../generators/model/app.ts';

/** Counts what the pods of a node log, by namespace, pod and container; what they say stays where it is. */
const config = {
  receivers: {
    filelog: {
      include: ['/var/log/pods/*/*/*.log'],
      include_file_path: true,
      operators: [{ type: 'container' }],
    },
  },
  connectors: {
    count: {
      logs: {
        'log.lines': {
          description: 'Lines that a container logged.',
          attributes: ['k8s.namespace.name', 'k8s.pod.name', 'k8s.container.name', 'log.iostream'].map((key) => ({
            key,
            default_value: 'unknown',
          })),
        },
      },
    },
  },
  exporters: { prometheus: { endpoint: '0.0.0.0:8889', resource_to_telemetry_conversion: { enabled: true } } },
  extensions: { health_check: { endpoint: '0.0.0.0:13133' } },
  service: {
    extensions: ['health_check'],
    pipelines: {
      logs: { receivers: ['filelog'], exporters: ['count'] },
      metrics: { receivers: ['count'], exporters: ['prometheus'] },
    },
  },
};

export const app: App = {
  kind: 'agent',
  name: 'collector',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'agents',
  image:
    'docker.io/otel/opentelemetry-collector-contrib:0.153.0@sha256:93aad750175cbf1a973ae1c5886c3371f4d800f61be25cdd26870b8441ffe9fa',
  args: ['--config=/etc/collector/config.json'],
  files: { '/etc/collector/config.json': `${JSON.stringify(config, null, 2)}\n` },
  port: 13133,
  ready: '/',
  live: '/',
  metrics: { port: 8889 },
  node: { '/var/log/pods': '/var/log/pods' },
  user: { uid: 0, gid: 0 },
  resources: { cpu: '50m', memory: '128Mi' },
  // What containers log belongs to root on the node, and is nowhere else.
  excuses: ['host-path', 'run-as-non-root', 'run-as-non-root-pod', 'run-as-user-pod'].map((policy) => ({
    policy,
    reason: 'The logs of all pods are files of root on the node; they are only read.',
    owner: 'team-platform',
    until: '2027-06-30',
    object: 'DaemonSet/collector',
  })),
};
