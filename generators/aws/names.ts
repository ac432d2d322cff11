import type { Path } from '../model/environment.ts';
import { gitLabOf } from '../model/git-lab.ts';

/**
 * What the names of all that is Slipway's in an account begin with. What follows says whose it is: the account's, which
 * an administrator makes, or a cluster's, a domain's, a certificate's or a backup's, which `bootstrap` makes, too.
 */
export const prefix = 'slipway';

/** The limit of what roles of EKS in a cluster may do, and those of its people, whoever makes them. */
export const boundary = `${prefix}-boundary`;

/** The limit of what roles of pods may do, whoever makes them. */
export const podBoundary = `${boundary}-pods`;

/** The tag by which a bill is split, and by which `bootstrap` knows what it may change: its value is the cluster's name. */
export const tag = prefix;

/** What eksctl calls the stack of a cluster, and whatever stands in it: https://docs.aws.amazon.com/eks/latest/eksctl/creating-and-managing-clusters.html */
export const eksctlPrefix = 'eksctl';

/** An account's role: `slipway-account-bootstrap`. */
export const accountRole = (name: 'bootstrap' | 'drift' | 'plan' | 'publish') => `${prefix}-account-${name}`;

/** What a job asks a token for that is good for this role, and for no other: `slipway-bootstrap`. */
export const accountAudience = (name: Parameters<typeof accountRole>[0]) => `${prefix}-${name}`;

/** What else the role of `bootstrap` may do: with what is kept. */
export const bootstrapKeeps = `${accountRole('bootstrap')}-keeps`;

/** A cluster's role: `slipway-cluster-nonprod-admin`. */
export const clusterRole = (cluster: string, name: 'admin' | 'viewer' | 'external-dns' | 'runner') =>
  `${prefix}-cluster-${cluster}-${name}`;

/** The role of those who write backups of an environment, and of those who read them: `slipway-backup-dev-writer`. */
export const backupRole = (environment: string, name: 'writer' | 'reader') => `${prefix}-backup-${environment}-${name}`;

/** The key that a cluster's secrets are encrypted with. */
export const keyAlias = (cluster: string) => `alias/${prefix}-cluster-${cluster}`;

/** The key that images are signed with: `awskms:///alias/slipway-images` for cosign. */
export const imagesKey = `alias/${prefix}-images`;

/** The group and name of the repository on its forge: `example/slipway`. */
export const projectOf = ({ repository }: Pick<Path, 'repository'>) => gitLabOf(repository).project;

/** What the names of buckets begin with, which nobody else in the world may have: `example-slipway`. */
export const bucketPrefix = (path: Pick<Path, 'repository'>) => projectOf(path).replaceAll('/', '-');

/** Where an environment's backups are: `example-slipway-dev`. */
export const bucketName = (path: Pick<Path, 'repository'>, environment: string) =>
  `${bucketPrefix(path)}-${environment}`;

/** Where a cluster's logs and traces are: `example-slipway-nonprod-logs`. */
export const telemetryBucket = (path: Pick<Path, 'repository'>, cluster: string, what: 'logs' | 'traces') =>
  bucketName(path, `${cluster}-${what}`);

export const roleArn = (account: string, role: string) => `arn:aws:iam::${account}:role/${role}`;
export const policyArn = (account: string, policy: string) => `arn:aws:iam::${account}:policy/${policy}`;
