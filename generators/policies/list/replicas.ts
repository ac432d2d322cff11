import { itemsOf, valueAt } from '../json.ts';
import { breach, refersTo, replicasOf, selectedBy, workloadsOf } from '../pods.ts';
import { object, type PartPolicy, pod, removed } from '../policy.ts';
import type { Subject, View } from '../view.ts';

const single = (workload: Subject) =>
  workload.kind === 'apps/StatefulSet' &&
  valueAt(workload.manifest, ['metadata', 'annotations', 'slipway.dev/single']) === 'true';
const several = (part: View) => workloadsOf(part).filter((workload) => (replicasOf(part, workload) ?? 0) >= 2);
const field = 'metadata.annotations[slipway.dev/single]';

export const replicas: readonly PartPolicy[] = [
  {
    id: 'two-replicas',
    says: 'In production an app must have two pods or more: one is always about to be moved.',
    where: { production: true },
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/disruptions/',
    *check(part) {
      for (const workload of workloadsOf(part)) {
        const count = replicasOf(part, workload);
        if (count !== undefined && count < 2 && !single(workload))
          yield breach(workload, ['spec', 'replicas'], workload.spec.replicas);
      }
    },
    passes: [object('Deployment/worker', { 'spec.replicas': 3 })],
    fails: [
      object('HorizontalPodAutoscaler/web', { 'spec.minReplicas': 1 }),
      object('Deployment/worker', { 'spec.replicas': 1 }),
      object('Deployment/worker', { 'spec.replicas': undefined }),
      object('StatefulSet/store', { [field]: undefined }),
    ],
  },
  {
    id: 'single-store',
    severity: 'warning',
    says: 'A store with one pod is away while its node is replaced.',
    where: { production: true },
    source: 'https://kubernetes.io/docs/concepts/workloads/pods/disruptions/',
    *check(part) {
      for (const workload of workloadsOf(part)) {
        if (single(workload) && (replicasOf(part, workload) ?? 2) < 2)
          yield breach(workload, ['spec', 'replicas'], workload.spec.replicas);
      }
    },
    passes: [],
    fails: [object('StatefulSet/store', { [field]: 'true', 'spec.replicas': 1 })],
  },
  {
    id: 'disruption-budget',
    says: 'Several pods must have a PodDisruptionBudget, or a drained node may take all of them.',
    source: 'https://kubernetes.io/docs/tasks/run-application/configure-pdb/',
    *check(part) {
      const kept = part.of('policy/PodDisruptionBudget').flatMap(({ spec }) => selectedBy(part, spec.selector));
      for (const workload of several(part))
        if (!kept.includes(workload)) yield breach(workload, ['spec', 'replicas'], replicasOf(part, workload));
    },
    passes: [object('Deployment/worker', { 'spec.replicas': 4 })],
    fails: [removed('PodDisruptionBudget/web'), removed('PodDisruptionBudget/worker')],
  },
  {
    id: 'spread',
    says: 'Several pods must be spread over nodes or zones (topologySpreadConstraints).',
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/',
    *check(part) {
      for (const workload of several(part)) {
        const { path, spec } = workload.template;
        const constraints = itemsOf(spec.topologySpreadConstraints);
        if (constraints.length === 0) yield breach(workload, [...path, 'spec', 'topologySpreadConstraints'], undefined);
      }
    },
    passes: [],
    fails: [
      pod({ topologySpreadConstraints: undefined }),
      object('Deployment/worker', { 'spec.template.spec.topologySpreadConstraints': [] }),
    ],
  },
  {
    id: 'autoscaled-replicas',
    says: 'Where an autoscaler rules, the manifest must not say how many, or every sync undoes its work.',
    source: 'https://argo-cd.readthedocs.io/en/stable/user-guide/best_practices/#leaving-room-for-imperativeness',
    *check(part) {
      for (const { spec } of part.of('autoscaling/HorizontalPodAutoscaler')) {
        for (const workload of workloadsOf(part)) {
          if (refersTo(spec.scaleTargetRef, workload) && workload.spec.replicas !== undefined)
            yield breach(workload, ['spec', 'replicas'], workload.spec.replicas);
        }
      }
    },
    passes: [object('HorizontalPodAutoscaler/web', { 'spec.minReplicas': 3 })],
    fails: [object('Deployment/web', { 'spec.replicas': 2 })],
  },
];
