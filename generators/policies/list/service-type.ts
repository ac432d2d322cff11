import { type ObjectPolicy, object } from '../policy.ts';

const source = 'https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types';

export const serviceType: readonly ObjectPolicy[] = [
  {
    id: 'service-type',
    says: 'A Service must stay inside the cluster (ClusterIP): what comes from outside comes through an Ingress.',
    source,
    target: { kinds: ['Service'] },
    field: 'spec.type',
    cel: 'object.spec.?type.orValue("ClusterIP") in ["ClusterIP", "ExternalName"]',
    passes: [object('Service/web', { 'spec.type': 'ClusterIP' })],
    fails: [object('Service/web', { 'spec.type': 'LoadBalancer' }), object('Service/web', { 'spec.type': 'NodePort' })],
  },
  {
    id: 'external-ips',
    says: 'A Service must not take addresses of others (externalIPs).',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#denyserviceexternalips',
    target: { kinds: ['Service'] },
    field: 'spec.externalIPs',
    cel: 'object.spec.?externalIPs.orValue([]).size() == 0',
    passes: [object('Service/web', { 'spec.externalIPs': [] })],
    fails: [object('Service/web', { 'spec.externalIPs': ['198.51.100.7'] })],
  },
];
