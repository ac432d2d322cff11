import { type Cluster, type Environment, monitoringOf, type Path, scopeOf } from '../model/environment.ts';
import { Misuse } from '../model/refusal.ts';
import { backupRole, bucketName, bucketPrefix, clusterRole, prefix, projectOf, tag, telemetryBucket } from './names.ts';

/** A stack of CloudFormation, as it is deployed. */
export interface Stack {
  /** `slipway-domain-dev`. */
  readonly name: string;
  /** Its template: `clusters/aws/domain.yaml`. */
  readonly file: string;
  /** A value for each of the template's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
  /** What AWS wants to be told that the template may do: `['CAPABILITY_NAMED_IAM']`. */
  readonly capabilities: readonly string[];
  /** Where it is deployed: the account's own where its first cluster is. */
  readonly region: string;
  /** What all that it makes is tagged with. */
  readonly tags: Readonly<Record<string, string>>;
}

type Kind = 'account' | 'cluster' | 'domain' | 'backup' | 'telemetry' | 'certificate';

/** Who keeps which telemetry, and after how many days its bucket ends it: later than the app itself does. */
export const keepers = [
  { app: 'loki', what: 'logs', days: 45 },
  { app: 'tempo', what: 'traces', days: 30 },
] as const;

/** Those that run on a cluster: elsewhere nothing is kept for them, and nothing is theirs. */
export const keepersOn = (cluster: Cluster): readonly (typeof keepers)[number][] =>
  monitoringOf(cluster) === 'slipway' ? keepers : [];

/** Templates that make roles with names of ours, or change what they may do. */
const named: readonly Kind[] = ['account', 'cluster', 'domain', 'backup', 'telemetry'];

/**
 * What stands around a cluster, in the order in which it is deployed: the account's own first, which another cluster of
 * the account has with the same values, and certificates last, since they wait until their domains are delegated.
 * @throws {Misuse} with every value of clusters/environments.ts of which AWS cannot make a name
 */
export function stacksOf(cluster: Cluster, path: Path): readonly Stack[] {
  const { name, aws } = cluster;
  if (!aws) throw new Misuse(`${file} (clusters): ${name} has no aws: nothing says in which account it is.`);
  const environments = path.environments.filter((environment) => environment.cluster === name);
  refuse([
    ...whyNoProject(path),
    ...environments.flatMap((one) => whyNoNames(path, one)),
    ...whyNoRoles(cluster),
    ...whyNoTelemetry(cluster, path),
  ]);

  const first = [...path.clusters.values()].find((other) => other.aws?.account === aws.account)?.aws ?? aws;
  const stack = (kind: Kind, whose: string, parameters: Stack['parameters'], region = aws.region): Stack => ({
    name: [prefix, kind, whose].filter((word) => word !== '').join('-'),
    file: `clusters/aws/${kind}.yaml`,
    parameters,
    capabilities: named.includes(kind) ? ['CAPABILITY_NAMED_IAM'] : [],
    region,
    tags: { [tag]: kind === 'account' ? 'account' : name },
  });
  const of = (environment: Environment) => ({ Cluster: name, Environment: environment.name });
  const withDomain = (environment: Environment) => ({ ...of(environment), Domain: environment.domain });
  const account = {
    Host: new URL(path.repository).host,
    Project: projectOf(path),
    BucketPrefix: bucketPrefix(path),
  };
  return [
    stack('account', '', account, first.region),
    stack('cluster', name, { Cluster: name }),
    ...environments.map((one) => stack('domain', one.name, withDomain(one))),
    ...environments
      .filter((one) => scopeOf(one) === 'environment')
      .map((one) => stack('backup', one.name, { ...of(one), Bucket: bucketName(path, one.name) })),
    ...keepersOn(cluster).map(({ app, what, days }) =>
      stack('telemetry', `${name}-${what}`, {
        ...{ Cluster: name, App: app, Days: String(days) },
        Bucket: telemetryBucket(path, name, what),
      }),
    ),
    ...environments.map((one) => stack('certificate', one.name, withDomain(one))),
  ];
}

const file = 'clusters/environments.ts';

function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new Misuse(mistakes.join('\n'));
}

/** Tokens of pipelines and names of images are made of the repository's address. */
function whyNoProject(path: Path): string[] {
  const { host, port, protocol } = new URL(path.repository);
  const is = `${file} (repository) is ${JSON.stringify(path.repository)}`;
  if (protocol !== 'https:' || port !== '' || /(^|\.)github\.com$/.test(host))
    return [`${is}: expected https and a GitLab, whose pipelines AWS trusts by their tokens.`];
  // https://docs.aws.amazon.com/AmazonECR/latest/userguide/repository-create.html
  if (!/^[a-z0-9]+([._-][a-z0-9]+)*(\/[a-z0-9]+([._-][a-z0-9]+)*)+$/.test(projectOf(path)))
    return [`${is}: expected a group and a name in lower case, of which a repository of images can be named.`];
  return [];
}

function whyNoNames(path: Path, environment: Environment): string[] {
  const { name, domain } = environment;
  const mistakes: string[] = [];
  const bucket = bucketName(path, name);
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html: a dot would break its certificate.
  if (scopeOf(environment) === 'environment' && !/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(bucket))
    mistakes.push(
      `${file} (environments): ${name} has the bucket ${bucket}, named like the repository: expected at most 63 characters, lower-case letters, digits and -.`,
    );
  // https://docs.aws.amazon.com/acm/latest/APIReference/API_RequestCertificate.html
  if (`*.${domain}`.length > 64)
    mistakes.push(
      `${file} (environments): field domain of ${name} has ${domain.length} characters: expected at most 62, for a certificate names it.`,
    );
  return [...mistakes, ...whyTooLong(backupRole(name, 'writer'), `(environments): ${name}`)];
}

const whyNoRoles = ({ name }: Cluster) => whyTooLong(clusterRole(name, 'external-dns'), `(clusters): ${name}`);

/** Its name is as legal as that of an environment's, but for what is between them. */
function whyNoTelemetry(cluster: Cluster, path: Path): string[] {
  const taken = new Set(path.environments.map((one) => bucketName(path, one.name)));
  return keepersOn(cluster).flatMap(({ what }) => {
    const bucket = telemetryBucket(path, cluster.name, what);
    if (bucket.length > 63)
      return [`${file} (clusters): ${cluster.name} has the bucket ${bucket}: expected at most 63 characters.`];
    return taken.has(bucket)
      ? [`${file} (clusters): ${cluster.name} has the bucket ${bucket}, which an environment has: call that another.`]
      : [];
  });
}

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
const whyTooLong = (role: string, whose: string) =>
  role.length > 64 ? [`${file} ${whose} has the role ${role}, of ${role.length} characters: expected at most 64.`] : [];
