import { type ObjectPolicy, object } from '../policy.ts';

export const openIngress: ObjectPolicy = {
  id: 'open-ingress',
  says: 'A NetworkPolicy must name who may call: a rule without `from`, or from 0.0.0.0/0, lets everybody in.',
  source: 'https://kubernetes.io/docs/concepts/services-networking/network-policies/#allow-all-ingress-traffic',
  target: { kinds: ['networking.k8s.io/NetworkPolicy'] },
  field: 'spec.ingress',
  cel:
    'object.spec.?ingress.orValue([]).all(rule, rule.?from.orValue([]).size() > 0 && ' +
    'rule.from.all(peer, !(peer.?ipBlock.?cidr.orValue("") in ["0.0.0.0/0", "::/0"])))',
  passes: [object('NetworkPolicy/web', { 'spec.ingress': [{ from: [{ ipBlock: { cidr: '10.0.0.0/16' } }] }] })],
  fails: [
    object('NetworkPolicy/web', { 'spec.ingress': [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] }),
    object('NetworkPolicy/web', { 'spec.ingress': [{ ports: [{ port: 8080 }] }] }),
    object('NetworkPolicy/web', { 'spec.ingress': [{ from: [{ podSelector: {} }, { ipBlock: { cidr: '::/0' } }] }] }),
  ],
};
