import { aws, type Command } from './command.ts';
import type { Cloud } from './plan.ts';

/** A kind of thing that costs money after the cluster is gone, and how those that are there are found. */
export interface Cost {
  readonly what: string;
  /** Why it stays. */
  readonly why: string;
  readonly look: Command;
  /** Their names, by what `look` printed. */
  readonly names: (answer: unknown) => readonly string[];
}

type Rows = readonly Readonly<Record<string, unknown>>[];
const rows = (list: string, key: string) => (answer: unknown) =>
  ((answer as Readonly<Record<string, Rows>>)[list] ?? []).map((row) => String(row[key]));
const tags = (answer: unknown) =>
  ((answer as { ResourceTagMappingList?: Rows }).ResourceTagMappingList ?? []).map(({ ResourceARN }) =>
    String(ResourceARN),
  );

/** What is looked for. All that bootstrap and Argo CD make has a tag by which it is found. */
export function costsOf({ region, eksctl: { config } }: Cloud): Cost[] {
  const { name } = config.metadata;
  const tagged = (key: string, value: string, ...types: string[]) =>
    aws(
      region,
      ...['resourcegroupstaggingapi', 'get-resources', '--tag-filters', `Key=${key},Values=${value}`],
      ...['--resource-type-filters', ...types],
    );
  const slipway = (...types: string[]) => tagged('slipway', name, ...types);
  // What Auto Mode makes: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonEKSBlockStoragePolicy.html
  const made = (...types: string[]) => tagged('eks:eks-cluster-name', name, ...types);
  return [
    {
      what: 'volumes and snapshots',
      why: 'A volume of a StatefulSet outlives its cluster, and holds the data.',
      look: made('ec2:volume', 'ec2:snapshot'),
      names: tags,
    },
    {
      what: 'load balancers',
      why: 'The cluster made them for its Ingresses, and only it takes them away: delete those first.',
      look: made('elasticloadbalancing:loadbalancer'),
      names: tags,
    },
    {
      what: 'NAT gateways and addresses',
      why: 'They stand in the network, by the hour and also when nobody uses them.',
      look: slipway('ec2:natgateway', 'ec2:elastic-ip'),
      names: tags,
    },
    {
      what: 'buckets',
      why: 'Their stack keeps them, with the backups in them.',
      look: slipway('s3'),
      names: tags,
    },
    {
      what: 'keys',
      why: "What the cluster's secrets were encrypted with: a month passes between its deletion and its end.",
      look: slipway('kms'),
      names: tags,
    },
    {
      what: 'hosted zones',
      why: 'Whoever has delegated a domain to one has to take that back first.',
      // Route 53 is in no region but this one: https://docs.aws.amazon.com/general/latest/gr/r53.html
      look: aws(
        'us-east-1',
        ...['resourcegroupstaggingapi', 'get-resources', '--tag-filters', `Key=slipway,Values=${name}`],
        ...['--resource-type-filters', 'route53:hostedzone'],
      ),
      names: tags,
    },
    {
      what: 'image repositories',
      why: 'They hold images that another cluster may run.',
      look: tagged('slipway', 'account', 'ecr:repository'),
      names: tags,
    },
    {
      what: 'log groups',
      why: 'EKS writes them and leaves them.',
      look: aws(region, 'logs', 'describe-log-groups', '--log-group-name-prefix', `/aws/eks/${name}/`),
      names: rows('logGroups', 'logGroupName'),
    },
  ];
}

/** What a person types to take a cluster away, in this order. Nothing of it is run. */
export function farewell({ region, stacks, eksctl: { config } }: Cloud, kubeconfig: string): Command[] {
  const { name } = config.metadata;
  const kubectl = (...words: string[]): Command => ({ argv: ['kubectl', '--kubeconfig', kubeconfig, ...words] });
  return [
    // Argo CD would make again what is deleted.
    kubectl('scale', 'statefulset/argocd-application-controller', '--namespace', 'argocd', '--replicas=0'),
    kubectl('delete', 'ingresses', '--all', '--all-namespaces'),
    kubectl('delete', 'services', '--all-namespaces', '--field-selector', 'spec.type=LoadBalancer'),
    { argv: ['eksctl', 'delete', 'cluster', '--name', name, '--region', region, '--wait'] },
    // The account's own stays: another cluster may stand on it.
    ...stacks
      .filter(({ tags }) => tags.slipway === name)
      .reverse()
      .map((stack) => aws(stack.region, 'cloudformation', 'delete-stack', '--stack-name', stack.name)),
  ];
}
