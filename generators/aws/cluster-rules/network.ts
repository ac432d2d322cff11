import { overlaps, prefixLength } from '../cidr.ts';
import type { ClusterRule } from '../cluster-rule.ts';

const endpoint = 'https://docs.aws.amazon.com/eks/latest/userguide/cluster-endpoint.html';
const networking = 'https://docs.aws.amazon.com/eks/latest/eksctl/vpc-configuration.html';

/** Where it is reached, and from where. */
export const network: readonly ClusterRule[] = [
  {
    id: 'network',
    says: `It must be the network of the cluster in clusters/environments.ts, of /16 to /24; write \${network}.`,
    source: networking,
    *breaks({ vpc }, { cluster }) {
      const length = prefixLength(cluster.network);
      if (vpc?.cidr !== cluster.network || length < 16 || length > 24) yield ['vpc', 'cidr'];
    },
    fails: [{ 'vpc.cidr': undefined }, { 'vpc.cidr': '192.168.0.0/16' }],
  },
  {
    id: 'network-overlap',
    says: "It must have no address of another cluster's network, or the two could never be connected.",
    source: 'https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html',
    *breaks({ vpc }, { networks }) {
      const { cidr } = vpc ?? {};
      if (cidr !== undefined && isNetwork(cidr) && networks.some((other) => overlaps(cidr, other)))
        yield ['vpc', 'cidr'];
    },
    fails: [{ 'vpc.cidr': '10.40.7.0/24' }, { 'vpc.cidr': '10.0.0.0/8' }],
  },
  {
    id: 'own-network',
    says: 'It must not be there: eksctl makes a network for the cluster alone.',
    source: networking,
    *breaks({ vpc }) {
      if (vpc?.id !== undefined) yield ['vpc', 'id'];
    },
    fails: [{ 'vpc.id': 'vpc-0a1b2c3d' }],
  },
  {
    id: 'private-nodes',
    says: "It must be true: Auto Mode puts nodes where the control plane's interfaces are, and those must not be public.",
    source: 'https://docs.aws.amazon.com/eks/latest/eksctl/auto-mode.html',
    *breaks({ vpc }) {
      if (vpc?.controlPlaneOnPrivateSubnets !== true) yield ['vpc', 'controlPlaneOnPrivateSubnets'];
    },
    fails: [{ 'vpc.controlPlaneOnPrivateSubnets': undefined }, { 'vpc.controlPlaneOnPrivateSubnets': false }],
  },
  {
    id: 'nat-gateway',
    says: 'It must be HighlyAvailable where an environment of the cluster has production: true, and Single or that elsewhere: private nodes reach nothing without one.',
    source: 'https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html',
    *breaks({ vpc }, { environments }) {
      const gateway = vpc?.nat?.gateway;
      const production = environments.some((environment) => environment.production);
      if (gateway !== 'HighlyAvailable' && (production || gateway !== 'Single')) yield ['vpc', 'nat', 'gateway'];
    },
    fails: [{ 'vpc.nat': undefined }, { 'vpc.nat.gateway': 'Single' }, { 'vpc.nat.gateway': 'Disable' }],
  },
  {
    id: 'endpoints',
    says: 'It must be true: nodes reach the API server inside the network, and operators from outside.',
    source: endpoint,
    *breaks({ vpc }) {
      for (const field of ['privateAccess', 'publicAccess'] as const)
        if (vpc?.clusterEndpoints?.[field] !== true) yield ['vpc', 'clusterEndpoints', field];
    },
    fails: [
      { 'vpc.clusterEndpoints': undefined },
      { 'vpc.clusterEndpoints.privateAccess': false },
      { 'vpc.clusterEndpoints.publicAccess': undefined },
    ],
  },
  {
    id: 'operators',
    says: `It must be the operators' addresses in clusters/environments.ts, and never everybody's; write \${operators}.`,
    source: endpoint,
    *breaks({ vpc }, { cluster }) {
      const given = vpc?.publicAccessCIDRs ?? [];
      const wanted = cluster.aws.operators;
      const same = given.length > 0 && given.length === wanted.length && wanted.every((one) => given.includes(one));
      // Two halves are everybody, too.
      if (!same || given.some((one) => prefixLength(one) < 8)) yield ['vpc', 'publicAccessCIDRs'];
    },
    fails: [
      { 'vpc.publicAccessCIDRs': undefined },
      { 'vpc.publicAccessCIDRs': [] },
      { 'vpc.publicAccessCIDRs': ['0.0.0.0/0'] },
      { 'vpc.publicAccessCIDRs[]': '0.0.0.0/0' },
    ],
  },
  {
    id: 'zonal-shift',
    says: 'It must be true: AWS may take traffic away from a zone that is ill.',
    source: 'https://docs.aws.amazon.com/eks/latest/userguide/zone-shift.html',
    *breaks({ zonalShiftConfig }) {
      if (zonalShiftConfig?.enabled !== true) yield ['zonalShiftConfig', 'enabled'];
    },
    fails: [{ zonalShiftConfig: undefined }, { 'zonalShiftConfig.enabled': false }],
  },
];

const isNetwork = (text: string) => /^\d+(\.\d+){3}\/\d+$/.test(text);
