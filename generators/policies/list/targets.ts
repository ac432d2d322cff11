import { fieldsOf, itemsOf } from '../json.ts';
import { behind, breach, isInstalled, podLabels, refersTo, selectedBy, workloadsOf } from '../pods.ts';
import { added, type Example, object, type PartPolicy } from '../policy.ts';
import { selects } from '../selector.ts';

const source = 'https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/';
const named = 'app.kubernetes.io/name';

/** Whether a NetworkPolicy is about all pods and lets none of them do anything: it undoes no other one. */
const deniesAll = ({ podSelector, ingress, egress }: Readonly<Record<string, unknown>>) =>
  Object.keys(fieldsOf(podSelector)).length === 0 && itemsOf(ingress).length === 0 && itemsOf(egress).length === 0;

/** A NetworkPolicy beside the namespaces, where there are no pods. */
const onPlatform = (spec: object): Example => [
  { at: 'Namespace/production', fields: {} },
  {
    add: {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'default-deny', namespace: 'production' },
      spec,
    },
  },
];

/** What selects nothing protects nothing, and nobody notices. */
export const targets: readonly PartPolicy[] = [
  {
    id: 'service-target',
    says: 'A Service must select pods of its own part.',
    source,
    *check(part) {
      for (const service of part.of('Service')) {
        if (service.spec.type !== 'ExternalName' && behind(part, service).length === 0)
          yield breach(service, ['spec', 'selector'], service.spec.selector);
      }
    },
    passes: [
      object('Service/web', {
        'spec.selector': undefined,
        'spec.type': 'ExternalName',
        'spec.externalName': 'db.example.com',
        'spec.ports[0].targetPort': 8080,
      }),
    ],
    fails: [
      object('Service/web', { [`spec.selector[${named}]`]: 'wbe' }),
      object('Service/store', { 'spec.selector': undefined }),
    ],
  },
  {
    id: 'budget-target',
    says: 'A PodDisruptionBudget must select pods of its own part.',
    source,
    *check(part) {
      for (const budget of part.of('policy/PodDisruptionBudget')) {
        const { selector } = budget.spec;
        if (selector === undefined || selectedBy(part, selector).length === 0)
          yield breach(budget, ['spec', 'selector'], selector);
      }
    },
    passes: [
      object('PodDisruptionBudget/web', {
        'spec.selector': { matchExpressions: [{ key: named, operator: 'In', values: ['web'] }] },
      }),
    ],
    fails: [
      object('PodDisruptionBudget/web', {
        'spec.selector': { matchExpressions: [{ key: named, operator: 'In', values: ['wbe'] }] },
      }),
    ],
  },
  {
    id: 'network-policy-target',
    says: 'A NetworkPolicy must select pods of its own part, or of an app of this environment by its name, or let nobody do anything.',
    source,
    *check(part, { apps = [] }) {
      for (const policy of part.of('networking.k8s.io/NetworkPolicy')) {
        if (isInstalled(policy)) continue;
        const selector = policy.spec.podSelector;
        const app = fieldsOf(fieldsOf(selector).matchLabels)[named];
        if (deniesAll(policy.spec)) continue;
        if (selectedBy(part, selector).length > 0 || (typeof app === 'string' && apps.includes(app))) continue;
        yield breach(policy, ['spec', 'podSelector'], selector);
      }
    },
    passes: [
      added({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'web-to-redis', namespace: 'production' },
        spec: {
          podSelector: { matchLabels: { [named]: 'redis' } },
          policyTypes: ['Ingress'],
          ingress: [{ from: [{ podSelector: { matchLabels: { [named]: 'web' } } }] }],
        },
      }),
      onPlatform({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] }),
    ],
    fails: [
      added({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'web-to-redis', namespace: 'production' },
        spec: { podSelector: { matchLabels: { [named]: 'rdis' } }, policyTypes: ['Ingress'] },
      }),
      onPlatform({ podSelector: {}, policyTypes: ['Ingress'], ingress: [{ from: [{ podSelector: {} }] }] }),
      onPlatform({ podSelector: {}, policyTypes: ['Egress'], egress: [{}] }),
      onPlatform({ podSelector: { matchLabels: { [named]: 'web' } }, policyTypes: ['Ingress'] }),
    ],
  },
  {
    id: 'scale-target',
    says: 'A HorizontalPodAutoscaler must scale a workload of its own part.',
    source: 'https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/',
    *check(part) {
      for (const scaler of part.of('autoscaling/HorizontalPodAutoscaler')) {
        if (!workloadsOf(part).some((workload) => refersTo(scaler.spec.scaleTargetRef, workload)))
          yield breach(scaler, ['spec', 'scaleTargetRef'], scaler.spec.scaleTargetRef);
      }
    },
    passes: [],
    fails: [object('HorizontalPodAutoscaler/web', { 'spec.scaleTargetRef.name': 'wbe', 'spec.minReplicas': 2 })],
  },
  {
    id: 'own-selector',
    says: 'A workload must select the pods that it makes.',
    source: 'https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector',
    *check(part) {
      for (const workload of part.of('apps/Deployment', 'apps/StatefulSet', 'apps/DaemonSet', 'apps/ReplicaSet')) {
        const { selector } = workload.spec;
        if (selector === undefined || !selects(selector, podLabels(workload)))
          yield breach(workload, ['spec', 'selector'], selector);
      }
    },
    passes: [],
    fails: [
      object('Deployment/web', { 'spec.selector': { matchLabels: { [named]: 'other' } } }),
      object('DaemonSet/agent', { 'spec.selector': undefined }),
    ],
  },
];
