import { itemsOf } from '../json.ts';
import { breach, podLabels, workloadsOf } from '../pods.ts';
import { object, type PartPolicy, removed } from '../policy.ts';
import { selects } from '../selector.ts';

/** What a NetworkPolicy is about when it does not say so: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/network-policy-v1/ */
const typesOf = ({ policyTypes, egress }: Readonly<Record<string, unknown>>) =>
  Array.isArray(policyTypes) ? itemsOf(policyTypes) : egress === undefined ? ['Ingress'] : ['Ingress', 'Egress'];

export const defaultDeny: PartPolicy = {
  id: 'default-deny',
  says: 'Every pod must be selected by NetworkPolicies for both directions: what none selects may call and be called by anyone.',
  source: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#default-policies',
  *check(part) {
    const policies = part.of('networking.k8s.io/NetworkPolicy');
    for (const workload of workloadsOf(part)) {
      const types = policies
        .filter(({ spec }) => selects(spec.podSelector, podLabels(workload)))
        .flatMap(({ spec }) => typesOf(spec));
      const missing = ['Ingress', 'Egress'].filter((type) => !types.includes(type));
      const path = [...workload.template.path, 'metadata', 'labels'];
      if (missing.length > 0)
        yield breach(workload, path, podLabels(workload), `None selects it for ${missing.join(' and ')}.`);
    }
  },
  passes: [object('NetworkPolicy/web', { 'spec.policyTypes': undefined })],
  fails: [
    removed('NetworkPolicy/web'),
    object('NetworkPolicy/store', { 'spec.policyTypes': ['Ingress'] }),
    object('NetworkPolicy/agent', { 'spec.policyTypes': undefined, 'spec.egress': undefined }),
  ],
};
