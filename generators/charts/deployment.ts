import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedWeb, CheckedWorker } from '../model/app-schema.ts';
import { probe } from './container.ts';
import { objectMeta, type Subject, selector } from './place.ts';
import { mainPort, podTemplate } from './pod.ts';

/** How many pods an app begins with. */
export const podsOf = (app: CheckedWeb | CheckedWorker, { at }: Subject) => app.replicas ?? at.environment.replicas;

/** What runs all the time in as many pods as are needed: Deployment, disruption budget, autoscaler. */
export function deployment(scope: Construct, app: CheckedWeb | CheckedWorker, subject: Subject): void {
  const replicas = podsOf(app, subject);
  const many = replicas > 1;
  const port = mainPort(app);
  const matchLabels = selector(app.name);
  const readinessProbe = probe(app.ready, port, { periodSeconds: 5, timeoutSeconds: 2 });
  const livenessProbe = probe(app.live, port, { periodSeconds: 10, timeoutSeconds: 2 });
  new k8s.KubeDeployment(scope, 'deployment', {
    metadata: objectMeta(subject),
    spec: {
      // Where an autoscaler rules, the number is its own.
      ...(app.scale ? {} : { replicas }),
      selector: { matchLabels },
      // A new pod is ready before an old one leaves.
      strategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: k8s.IntOrString.fromNumber(1), maxUnavailable: k8s.IntOrString.fromNumber(0) },
      },
      template: podTemplate(app, subject, {
        main: { ...(readinessProbe ? { readinessProbe } : {}), ...(livenessProbe ? { livenessProbe } : {}) },
        ...(many ? { pod: { topologySpreadConstraints: spread(matchLabels) } } : {}),
      }),
    },
  });
  if (many)
    new k8s.KubePodDisruptionBudget(scope, 'poddisruptionbudget', {
      metadata: objectMeta(subject),
      spec: {
        maxUnavailable: k8s.IntOrString.fromNumber(1),
        selector: { matchLabels },
        // A pod that is broken anyway must not keep its node from being emptied.
        unhealthyPodEvictionPolicy: 'AlwaysAllow',
      },
    });
  if (!app.scale) return;
  const { max, cpu, memory } = app.scale;
  const metric = (name: string, averageUtilization: number) => ({
    type: 'Resource',
    resource: { name, target: { type: 'Utilization', averageUtilization } },
  });
  new k8s.KubeHorizontalPodAutoscalerV2(scope, 'horizontalpodautoscaler', {
    metadata: objectMeta(subject),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: app.name },
      minReplicas: replicas,
      maxReplicas: max,
      metrics: [
        ...(cpu !== undefined || memory === undefined ? [metric('cpu', cpu ?? 70)] : []),
        ...(memory !== undefined ? [metric('memory', memory)] : []),
      ],
    },
  });
}

/** Pods keep apart as far as there is room: a lost zone or node takes a share of them. */
const spread = (matchLabels: Record<string, string>): k8s.TopologySpreadConstraint[] =>
  ['topology.kubernetes.io/zone', 'kubernetes.io/hostname'].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels },
  }));
