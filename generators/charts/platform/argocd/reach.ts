import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Cluster } from '../../../model/environment.ts';
import { gitLabOf, portOf } from '../../../model/git-lab.ts';
import { argoCd } from '../../../model/project.ts';
import { ingressClass, loadBalancer } from '../../load-balancer.ts';
import { scraperOn } from '../../network.ts';
import type { Placement } from '../../place.ts';
import { hostOf } from './configuration.ts';

/** What a program of Argo CD is reached by, and what it reaches outside of its namespace. */
interface Program {
  /** The label `app.kubernetes.io/name` of its pods: of any of these. */
  readonly names: readonly string[];
  /** The ports that other programs of Argo CD call, and which. */
  readonly called?: { readonly ports: readonly number[]; readonly by: readonly string[] };
  readonly metrics: number;
  /** Which of what is outside it asks. */
  readonly asks: readonly (keyof Outside)[];
}

/** What is outside, by the ports that it answers at. */
interface Outside {
  readonly kubernetes: readonly number[];
  readonly git: readonly number[];
  readonly gitLab: readonly number[];
}

const outsideOf = (repository: string): Outside => ({
  // 443 on EKS, 6443 elsewhere: a rule sees the port behind its Service.
  kubernetes: [443, 6443],
  git: [portOf(repository)],
  gitLab: [portOf(gitLabOf(repository).origin)],
});

const [controller, server, repositories, notifier] = [
  'argocd-application-controller',
  'argocd-server',
  'argocd-repo-server',
  'argocd-notifications-controller',
];
const redis = ['argocd-redis', 'argocd-redis-ha', 'argocd-redis-ha-haproxy'];

/**
 * By the name of the NetworkPolicy that Argo CD's installation has for the same pods, of which this one takes the place:
 * that of the server would let everybody in.
 * https://github.com/argoproj/argo-cd/blob/v3.6.1/manifests/install.yaml
 */
const programs: Readonly<Record<string, Program>> = {
  [controller]: { names: [controller], metrics: 8082, asks: ['kubernetes'] },
  [server]: { names: [server], metrics: 8083, asks: ['kubernetes', 'gitLab'] },
  [repositories]: {
    names: [repositories],
    called: { ports: [8081], by: [server, controller, notifier] },
    metrics: 8084,
    asks: ['git'],
  },
  [notifier]: { names: [notifier], metrics: 9001, asks: ['kubernetes', 'gitLab'] },
  'argocd-redis': {
    names: redis,
    called: { ports: [6379, 26379], by: [server, repositories, controller, ...redis] },
    metrics: 9101,
    // What starts it makes its password, a Secret.
    asks: ['kubernetes'],
  },
};

const tcp = (port: number) => ({ protocol: 'TCP', port: k8s.IntOrString.fromNumber(port) });
const pods = (names: readonly string[]) => ({
  matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'In', values: [...names] }],
});

/** Nobody reaches Argo CD, and it reaches nobody, but for what its programs need. */
export function walls(scope: Construct, { cluster, path }: Placement): void {
  const outside = outsideOf(path.repository);
  new k8s.KubeNetworkPolicy(scope, 'networkpolicy', {
    metadata: { name: argoCd, namespace: argoCd },
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        // The resolver of EKS Auto Mode is no pod: https://docs.aws.amazon.com/eks/latest/userguide/auto-networking.html
        { ports: [{ ...tcp(53), protocol: 'UDP' }, tcp(53)] },
        { to: [{ podSelector: {} }] },
      ],
    },
  });
  for (const [name, { names, called, metrics, asks }] of Object.entries(programs))
    new k8s.KubeNetworkPolicy(scope, `networkpolicy-${name}`, {
      metadata: { name: `${name}-network-policy`, namespace: argoCd },
      spec: {
        podSelector: pods(names),
        policyTypes: ['Ingress', 'Egress'],
        ingress: [
          ...(name === server ? [{ from: [people(cluster)], ports: [tcp(8080)] }] : []),
          ...(called ? [{ from: [{ podSelector: pods(called.by) }], ports: called.ports.map(tcp) }] : []),
          { from: [scraperOn(cluster)], ports: [tcp(metrics)] },
        ],
        // Without `to`: neither the API server nor GitLab has addresses that stay.
        egress: [{ ports: [...new Set(asks.flatMap((one) => outside[one]))].map(tcp) }],
      },
    });
}

/** What stands between people and the server. */
const people = ({ network }: Cluster) => (network ? { ipBlock: { cidr: network } } : { namespaceSelector: {} });

/** How people reach the server. */
export function entrance(scope: Construct, { cluster, environment }: Placement): void {
  const host = hostOf(environment);
  const ingressClassName = ingressClass(cluster, environment);
  new k8s.KubeIngress(scope, 'ingress', {
    metadata: {
      name: argoCd,
      namespace: argoCd,
      annotations: loadBalancer(cluster, { ready: '/healthz', protocol: 'HTTPS' }),
    },
    spec: {
      ...(ingressClassName ? { ingressClassName } : {}),
      tls: [{ hosts: [host] }],
      rules: [
        {
          host,
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                // By number: the Service comes with the installation. 80 is without TLS, and sends people on to 443.
                backend: { service: { name: server, port: { number: cluster.profile === 'eks' ? 443 : 80 } } },
              },
            ],
          },
        },
      ],
    },
  });
}
