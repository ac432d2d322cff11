import type { ClusterRule } from '../cluster-rule.ts';
import { keyAlias } from '../names.ts';

/** For how many days CloudWatch keeps a log: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html */
const days = [
  ...[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827],
  ...[2192, 2557, 2922, 3288, 3653],
];

const types = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

/** What the control plane writes down, and how. */
export const records: readonly ClusterRule[] = [
  {
    id: 'secrets-encryption',
    says: "It must be the cluster's own key, by its alias; it cannot be given later without writing every secret anew.",
    source: 'https://docs.aws.amazon.com/eks/latest/APIReference/API_Provider.html',
    *breaks({ secretsEncryption }, { cluster: { name, aws } }) {
      if (secretsEncryption?.keyARN !== `arn:aws:kms:${aws.region}:${aws.account}:${keyAlias(name)}`)
        yield ['secretsEncryption', 'keyARN'];
    },
    fails: [
      { secretsEncryption: undefined },
      { 'secretsEncryption.keyARN': 'arn:aws:kms:eu-central-1:000000000000:alias/slipway-cluster-other' },
    ],
  },
  {
    id: 'log-types',
    says: 'It must be all of them: what is not written down cannot be asked after a break-in.',
    source: 'https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html',
    *breaks({ cloudWatch }) {
      const given = cloudWatch?.clusterLogging?.enableTypes ?? [];
      const all = given.includes('all') || given.includes('*') || types.every((type) => given.includes(type));
      if (!all) yield ['cloudWatch', 'clusterLogging', 'enableTypes'];
    },
    fails: [
      { cloudWatch: undefined },
      { 'cloudWatch.clusterLogging.enableTypes': [] },
      { 'cloudWatch.clusterLogging.enableTypes': types.slice(1) },
    ],
  },
  {
    id: 'log-retention',
    says: `It must be a number of days that CloudWatch knows (${days.slice(5, 8).join(', ')}, …), 30 or more, and a year or more in production: without one, logs are kept and paid for ever.`,
    source: 'https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html',
    *breaks({ cloudWatch }, { environments }) {
      const given = cloudWatch?.clusterLogging?.logRetentionInDays ?? 0;
      const least = environments.some(({ production }) => production) ? 365 : 30;
      if (!days.includes(given) || given < least) yield ['cloudWatch', 'clusterLogging', 'logRetentionInDays'];
    },
    fails: [
      { 'cloudWatch.clusterLogging.logRetentionInDays': undefined },
      { 'cloudWatch.clusterLogging.logRetentionInDays': 366 },
      { 'cloudWatch.clusterLogging.logRetentionInDays': 30 },
    ],
  },
];
