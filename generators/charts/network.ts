import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { CheckedProgram } from '../model/app-schema.ts';
import { callee } from '../model/call.ts';
import { type Cluster, monitoringOf } from '../model/environment.ts';
import { monitoringNamespace, traces } from '../model/monitoring.ts';
import { environmentLabel } from '../policies/admission.ts';
import { objectMeta, type Subject, selector, tracesOf } from './place.ts';
import { mainPort, metricsPort } from './pod.ts';
import { rightsOf } from './rights.ts';

const tcp = (port: string | number) => ({
  protocol: 'TCP',
  port: typeof port === 'number' ? k8s.IntOrString.fromNumber(port) : k8s.IntOrString.fromString(port),
});

/** Addresses that are nobody's on the internet: https://www.rfc-editor.org/rfc/rfc6890 */
const inside = ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];

/** Where a pod asks for the rights of its role: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-agent-setup.html */
const podIdentityAgent = '169.254.170.23/32';

/**
 * The first address of what EKS gives to Services, which is the API server's; it takes the range that the VPC leaves.
 * https://docs.aws.amazon.com/eks/latest/APIReference/API_KubernetesNetworkConfigRequest.html
 */
const servicesOfEks = ['10.100.0.1/32', '172.20.0.1/32'];

/**
 * Where pods find the API server. EKS holds a policy against the address that a pod calls, which is that of the Service;
 * others against the one behind it, whose port may be another:
 * https://github.com/aws/amazon-network-policy-controller-k8s/blob/main/pkg/resolvers/endpoints.go
 */
function apiServer({ profile, network }: Cluster): k8s.NetworkPolicyEgressRule {
  const eks = profile === 'eks';
  const addresses = eks ? [...servicesOfEks, ...(network ? [network] : [])] : inside;
  return { to: addresses.map((cidr) => ({ ipBlock: { cidr } })), ports: eks ? [tcp(443)] : [tcp(443), tcp(6443)] };
}

/** All pods of a namespace. */
const within = (namespace: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
});

/** The pods of an app: `'redis'` beside the one that asks, `'loki.monitoring'` elsewhere. */
function podsOf(call: string): k8s.NetworkPolicyPeer {
  const { app, namespace } = callee(call);
  return {
    ...(namespace === undefined ? {} : within(namespace)),
    podSelector: { matchLabels: selector(app) },
  };
}

/** Who reads metrics: what else is watched by lives beside it, and has no business there. An operator names its own pods. */
export const scraperOn = (cluster: Cluster): k8s.NetworkPolicyPeer =>
  monitoringOf(cluster) === 'slipway' ? podsOf(`prometheus.${monitoringNamespace}`) : within(monitoringNamespace);

/** Every pod says itself who may read its metrics; a node's programs have its address: the kubelet, the node exporter. */
const everyPod = ({ network }: Cluster): k8s.NetworkPolicyEgressRule[] => [
  { to: [{ namespaceSelector: {} }] },
  { to: (network ? [network] : inside).map((cidr) => ({ ipBlock: { cidr } })), ports: [tcp(10_250), tcp(9100)] },
];

/**
 * Who may reach an app's pods, and whom they may reach: nobody, but for what is declared. What a call needs on the side
 * of the app that is called stands in the caller's part, too, so that an app depends on its own definition alone.
 */
export function network(scope: Construct, app: CheckedProgram, subject: Subject, routed: boolean): void {
  const pods = { podSelector: { matchLabels: selector(subject.name) } };
  const main = mainPort(app);
  const metrics = metricsPort(app);
  const { network: addresses } = subject.at.cluster;
  const ingress = [
    ...(routed && main
      ? [{ from: [addresses ? { ipBlock: { cidr: addresses } } : { namespaceSelector: {} }], ports: [tcp(main)] }]
      : []),
    ...(metrics && subject.name === app.name
      ? [
          {
            from: [scraperOn(subject.at.cluster)],
            ports: [tcp(metrics)],
          },
        ]
      : []),
    ...('serves' in app && app.serves && main && subject.name === app.name
      ? [
          {
            from: [{ namespaceSelector: { matchExpressions: [{ key: environmentLabel, operator: 'Exists' }] } }],
            ports: [tcp(main)],
          },
        ]
      : []),
  ];
  const sends = tracesOf(app, subject);
  const scrapes = app.scrapes && subject.name === app.name;
  const reaches = app.calls.length + app.outside.length > 0 || app.identity !== undefined || sends || scrapes;
  const egress = [
    // The resolver of EKS Auto Mode is a process of the node and no pod, which a selector would not meet:
    // https://docs.aws.amazon.com/eks/latest/userguide/auto-networking.html
    ...(reaches ? [{ ports: [{ ...tcp(53), protocol: 'UDP' }, tcp(53)] }] : []),
    ...(app.calls.length > 0 ? [{ to: app.calls.map(podsOf) }] : []),
    ...(app.outside.length > 0
      ? [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: inside } }], ports: app.outside.map(tcp) }]
      : []),
    ...(app.identity !== undefined ? [{ to: [{ ipBlock: { cidr: podIdentityAgent } }], ports: [tcp(80)] }] : []),
    ...(sends ? [{ to: [podsOf(`${traces.app}.${monitoringNamespace}`)], ports: [tcp(traces.port)] }] : []),
    ...(scrapes ? everyPod(subject.at.cluster) : []),
    ...(rightsOf(app, subject).length > 0 ? [apiServer(subject.at.cluster)] : []),
  ];
  new k8s.KubeNetworkPolicy(scope, 'networkpolicy', {
    metadata: objectMeta(subject),
    spec: {
      ...pods,
      policyTypes: ['Ingress', 'Egress'],
      ...(ingress.length > 0 ? { ingress } : {}),
      ...(egress.length > 0 ? { egress } : {}),
    },
  });
  for (const call of app.calls) {
    const { app: name, namespace = subject.at.namespace } = callee(call);
    const foreign = namespace !== subject.at.namespace;
    new k8s.KubeNetworkPolicy(scope, `networkpolicy-${call}`, {
      metadata: { ...objectMeta(subject, `${subject.name}-calls-${name}`), namespace },
      spec: {
        podSelector: { matchLabels: selector(name) },
        policyTypes: ['Ingress'],
        ingress: [{ from: [foreign ? { ...within(subject.at.namespace), ...pods } : pods] }],
      },
    });
  }
}
