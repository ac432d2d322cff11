import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { type Cluster, type Environment, scopeOf } from '../../model/environment.ts';
import { environmentLabel } from '../../policies/admission.ts';
import type { Placement } from '../place.ts';

/** What volumes, load balancers and nodes are made of on EKS. A cluster that is no EKS brings its own classes. */
export function classes(scope: Construct, { cluster, environment, path }: Placement): void {
  if (cluster.profile !== 'eks') return;
  const { production = false } = environment;
  storage(scope, cluster, production);
  // One that the cluster names is there already.
  for (const one of path.environments)
    if (one.cluster === cluster.name && cluster.ingress === undefined) entrance(scope, one);
  nodes(scope, production);
}

/** https://docs.aws.amazon.com/eks/latest/userguide/create-storage-class.html */
function storage(scope: Construct, { storage: name }: Cluster, production: boolean): void {
  new k8s.KubeStorageClass(scope, 'storageclass', {
    metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: 'ebs.csi.eks.amazonaws.com',
    parameters: { type: 'gp3', encrypted: 'true' },
    allowVolumeExpansion: true,
    reclaimPolicy: production ? 'Retain' : 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
}

/**
 * The load balancer that all Ingresses of an environment share, and whom it lets in. The certificate is found in ACM by
 * the names under an Ingress' `tls`.
 * https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-alb.html
 */
function entrance(scope: Construct, environment: Environment): void {
  const { name } = environment;
  const apiGroup = 'eks.amazonaws.com';
  const kind = 'IngressClassParams';
  new ApiObject(scope, `ingressclassparams-${name}`, {
    apiVersion: `${apiGroup}/v1`,
    kind,
    metadata: { name },
    spec: {
      scheme: 'internet-facing',
      group: { name },
      // What another environment serves must not stand behind these addresses.
      namespaceSelector: {
        matchExpressions: [
          scopeOf(environment) === 'environment'
            ? { key: environmentLabel, operator: 'In', values: [environment.name] }
            : { key: environmentLabel, operator: 'DoesNotExist' },
        ],
      },
      ...(environment.sources ? { inboundCIDRs: [...environment.sources] } : {}),
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html
      sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
      loadBalancerAttributes: [{ key: 'routing.http.drop_invalid_header_fields.enabled', value: 'true' }],
    },
  });
  new k8s.KubeIngressClass(scope, `ingressclass-${name}`, {
    metadata: { name },
    spec: { controller: `${apiGroup}/alb`, parameters: { apiGroup, kind, name } },
  });
}

/**
 * Nodes with Graviton processors, which cost less for the same work; EKS' own pool has none. It comes first where an
 * image is built for both. https://docs.aws.amazon.com/eks/latest/userguide/create-node-pool.html
 */
function nodes(scope: Construct, production: boolean): void {
  new ApiObject(scope, 'nodepool', {
    apiVersion: 'karpenter.sh/v1',
    kind: 'NodePool',
    metadata: { name: 'graviton' },
    spec: {
      weight: 10,
      template: {
        spec: {
          nodeClassRef: { group: 'eks.amazonaws.com', kind: 'NodeClass', name: 'default' },
          requirements: [
            { key: 'kubernetes.io/arch', operator: 'In', values: ['arm64'] },
            {
              key: 'karpenter.sh/capacity-type',
              operator: 'In',
              values: production ? ['on-demand'] : ['on-demand', 'spot'],
            },
            { key: 'eks.amazonaws.com/instance-category', operator: 'In', values: ['c', 'm', 'r'] },
            { key: 'eks.amazonaws.com/instance-generation', operator: 'Gt', values: ['5'] },
          ],
          // A node lives for two weeks, as EKS' own do: what replaces it is patched.
          expireAfter: '336h',
        },
      },
      limits: production ? { cpu: '128', memory: '512Gi' } : { cpu: '64', memory: '256Gi' },
      disruption: {
        consolidationPolicy: 'WhenEmptyOrUnderutilized',
        consolidateAfter: '5m',
        budgets: [{ nodes: '10%' }],
      },
    },
  });
}
