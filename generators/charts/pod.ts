import { createHash } from 'node:crypto';
import { k8s } from 'cdk8s-plus-27';
import { fileKey, volumeName } from '../model/app-check.ts';
import type { CheckedProgram } from '../model/app-schema.ts';
import { traces } from '../model/monitoring.ts';
import { metricsAnnotations } from '../monitoring/scrape.ts';
import { textsOf } from './computed.ts';
import { container, podSecurity, type Started } from './container.ts';
import { labels, type Subject, tracesOf } from './place.ts';
import { rightsOf } from './rights.ts';

/** What kinds differ in: the rest of a pod is the same for all. */
export interface Shape {
  /** Of the app's own container. */
  readonly main?: Partial<k8s.Container>;
  readonly started?: Partial<Started>;
  readonly volumes?: readonly k8s.Volume[];
  readonly mounts?: readonly k8s.VolumeMount[];
  readonly pod?: Partial<k8s.PodSpec>;
}

/** The name of an app's main port: what probes, Services and routes mean. */
export const mainPort = (app: CheckedProgram): string | undefined =>
  app.kind === 'web' ? 'http' : 'port' in app && app.port !== undefined ? 'main' : undefined;

/** The port of metrics where it is another than the app's own: a container has a port once. */
function portOfMetrics(app: CheckedProgram): number | undefined {
  const port = app.metrics?.port;
  return 'port' in app && app.port === port ? undefined : port;
}

/** The name of the port that Prometheus reads. */
export const metricsPort = (app: CheckedProgram): string | undefined =>
  app.metrics && (portOfMetrics(app) === undefined ? mainPort(app) : 'metrics');

/** A pod of an app, under the name of a subject. */
export function podTemplate(app: CheckedProgram, subject: Subject, shape: Shape = {}): k8s.PodTemplateSpec {
  const { at } = subject;
  const mounted = [...mounts(app), ...(shape.mounts ?? [])];
  const seen = mounted.length > 0 ? { volumeMounts: mounted } : {};
  const main = mainPort(app);
  const metrics = portOfMetrics(app);
  const ports = [
    ...(main !== undefined && 'port' in app && app.port !== undefined ? [{ name: main, containerPort: app.port }] : []),
    ...(metrics === undefined ? [] : [{ name: 'metrics', containerPort: metrics }]),
  ];
  const others = [...app.before, ...app.beside].map((one) => container(one, at, seen));
  const volumes = [...volumesOf(app, subject.name), ...(shape.volumes ?? [])];
  const identity = {
    ...(app.kind === 'web' ? { PORT: String(app.port) } : {}),
    ...at.identity,
    ...collector(app, subject),
  };
  const { name, command, args, resources } = app;
  const started: Started = { name, command, args, resources, env: { ...identity, ...app.env }, ...shape.started };
  return {
    metadata: { labels: labels(subject), ...annotated(app, subject) },
    spec: {
      serviceAccountName: subject.name,
      automountServiceAccountToken: rightsOf(app, subject).length > 0,
      terminationGracePeriodSeconds: app.grace,
      ...(new Set(app.processors).size === 1
        ? { nodeSelector: { 'kubernetes.io/arch': app.processors[0] as string } }
        : {}),
      ...(others.length > 0 ? { initContainers: others } : {}),
      containers: [container(started, at, { ...(ports.length > 0 ? { ports } : {}), ...shape.main, ...seen })],
      ...(volumes.length > 0 ? { volumes } : {}),
      ...shape.pod,
      securityContext: { ...podSecurity(app.user), ...shape.pod?.securityContext },
    },
  };
}

/** Where its traces go, as the conventions of OpenTelemetry call it: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
const collector = (app: CheckedProgram, subject: Subject): Record<string, string> =>
  tracesOf(app, subject) ? { OTEL_EXPORTER_OTLP_ENDPOINT: traces.address } : {};

/** Pods roll when what they read has changed; what may be scraped says where. */
function annotated(app: CheckedProgram, subject: Subject): { annotations?: Record<string, string> } {
  const { files, secrets, metrics } = app;
  const port = metricsPort(app);
  const annotations = {
    ...(metrics && port && subject.name === app.name
      ? { [metricsAnnotations.port]: port, [metricsAnnotations.path]: metrics.path }
      : {}),
    ...(Object.keys(files).length > 0 ? { 'slipway.dev/files': digest(textsOf(app, subject.at)) } : {}),
    ...(Object.keys(secrets).length > 0 ? { 'slipway.dev/secrets': digest(secrets) } : {}),
  };
  return Object.keys(annotations).length > 0 ? { annotations } : {};
}

const digest = (value: object) => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

function volumesOf(app: CheckedProgram, subject: string): k8s.Volume[] {
  return [
    ...(Object.keys(app.files).length > 0 ? [{ name: 'files', configMap: { name: subject } }] : []),
    ...Object.entries(app.scratch).map(([path, size]) => ({
      name: volumeName('scratch', path),
      emptyDir: { sizeLimit: k8s.Quantity.fromString(size) },
    })),
    // A folder that is seen at two places is one volume.
    ...[...new Set(Object.values('node' in app ? app.node : {}))].map((path) => ({
      name: volumeName('node', path),
      hostPath: { path, type: 'Directory' },
    })),
    ...(Object.keys(app.secrets).length > 0
      ? [
          {
            name: 'secrets',
            csi: {
              driver: 'secrets-store.csi.k8s.io',
              readOnly: true,
              volumeAttributes: { secretProviderClass: subject },
            },
          },
        ]
      : []),
  ];
}

const mounts = (app: CheckedProgram): k8s.VolumeMount[] => [
  // File by file, so that what the image has in the same folder stays.
  ...Object.keys(app.files).map((path) => ({ name: 'files', mountPath: path, subPath: fileKey(path), readOnly: true })),
  ...Object.keys(app.scratch).map((path) => ({ name: volumeName('scratch', path), mountPath: path })),
  ...Object.entries('node' in app ? app.node : {}).map(([path, there]) => ({
    name: volumeName('node', there),
    mountPath: path,
    readOnly: true,
  })),
  ...(Object.keys(app.secrets).length > 0 ? [{ name: 'secrets', mountPath: '/secrets', readOnly: true }] : []),
];
