import assert from 'node:assert/strict';
import { delimiter } from 'node:path';
import { type TestContext, test } from 'node:test';
import { formatDifference } from '../bootstrap/drift.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { installation, makers, repositoryWith, StandIns } from './bootstrap.fixture.ts';
import { prepare, workOf } from './bootstrap.ts';
import { findChanges, formatChanges } from './bootstrap-changes.ts';
import { findDrift } from './bootstrap-drift.ts';
import { bootstrap } from './bootstrap-run.ts';
import { signIn } from './bootstrap-sign-in.ts';
import { toolRunner } from './bootstrap-tool.ts';

/** A cluster that was just made of its files, and what looks at it. */
async function stage(t: TestContext) {
  const [repository, standIns] = await Promise.all([repositoryWith(t), StandIns.start(t)]);
  const { signal } = new AbortController();
  const run = toolRunner({ ...process.env, PATH: `${standIns.dir}${delimiter}${process.env.PATH}` }, signal);
  const work = async () => {
    const request = { cluster: 'prod', argoCd: repository.argoCd };
    const prepared = await prepare(repository.context, request, makers);
    return workOf(repository.context, request, prepared, {
      ...{ run, signal, token: 'glpat-a-secret', installation, agree: async () => false },
      pace: { every: 1, atMost: 20_000 },
    });
  };
  await bootstrap(await work(), 'again');
  standIns.begin();
  const drift = async () => (await findDrift(await work())).map(formatDifference);
  return { repository, standIns, work, drift };
}

const writes = ({ calls }: StandIns) =>
  calls.filter(({ mutates }) => mutates).map(({ words }) => words.slice(0, 3).join(' '));

test('a cluster that was just made has no drift, and looking changes nothing', async (t) => {
  const { standIns, drift } = await stage(t);
  assert.deepEqual(await drift(), []);
  assert.deepEqual(writes(standIns), []);
  assert.ok(standIns.calls.length > 15);
});

test('whatever somebody did past the files is named: access, add-ons, identities, stacks, the cluster, Argo CD', async (t) => {
  const { standIns, drift } = await stage(t);
  const { world } = standIns;
  const principal = 'arn:aws:iam::123456789012:role/team/platform';
  const view = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
  const node = 'arn:aws:iam::123456789012:role/eksctl-prod-nodes';
  const service = 'arn:aws:iam::123456789012:role/aws-service-role/eks.amazonaws.com/AWSServiceRoleForAmazonEKS';
  Object.assign(world.byHand, {
    cluster: { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } },
    entries: {
      'arn:aws:iam::123456789012:role/eve': {},
      [principal]: {
        kubernetesGroups: ['masters'],
        associatedAccessPolicies: [{ policyArn: view, accessScope: { type: 'namespace', namespaces: ['b', 'a'] } }],
      },
      // What EKS makes for itself is nobody's drift.
      [node]: { type: 'EC2' },
      [service]: {},
    },
    settings: { 'metrics-server': 'replicas: 1' },
    roles: { 'ci/runner': 'arn:aws:iam::123456789012:role/admin' },
    drifts: {
      'slipway-prod-network': [
        {
          ...{ LogicalResourceId: 'Network', ResourceType: 'AWS::EC2::VPC', StackResourceDriftStatus: 'MODIFIED' },
          PropertyDifferences: [{ PropertyPath: '/EnableDnsSupport', ExpectedValue: 'true', ActualValue: 'false' }],
        },
        { LogicalResourceId: 'Key', ResourceType: 'AWS::KMS::Key', StackResourceDriftStatus: 'DELETED' },
      ],
    },
    argoCd: 'quay.io/argoproj/argocd:v9.9.8@sha256:00',
  });
  const { cluster } = world;
  assert.ok(cluster);
  cluster.addons = [...cluster.addons.filter((addon) => !addon.startsWith('kube-state')), 'vpc-cni v1'];
  cluster.podIdentities.push('dev/eve');
  cluster.nodeGroups = [];
  Object.assign(cluster, { version: '1.35', publicAccessCidrs: ['0.0.0.0/0'] });
  assert.deepEqual(await drift(), [
    'stack slipway-prod-network: Network (AWS::EC2::VPC) /EnableDnsSupport: the files say true, live is false',
    'stack slipway-prod-network: Key (AWS::KMS::Key): the files say present, live is absent',
    'cluster prod: version: the files say 1.36, live is 1.35',
    'cluster prod: public endpoint for: the files say 10.1.0.0/16, live is 0.0.0.0/0',
    'access entry platform: policies: the files say AmazonEKSClusterAdminPolicy on the cluster, live is AmazonEKSViewPolicy on a+b',
    'access entry platform: groups: the files say none, live is masters',
    'access entry eve: the files say absent, live is present',
    'add-on metrics-server: settings: the files say none, live is {replicas: 1}',
    'add-on kube-state-metrics: the files say present, live is absent',
    'add-on vpc-cni: the files say absent, live is present',
    'pod identity ci/runner: role: the files say runner, live is admin',
    'pod identity dev/eve: the files say absent, live is present',
    'node group arm: the files say present, live is absent',
    'Argo CD: the files say v9.9.9, live is v9.9.8',
  ]);
  world.cluster = undefined;
  assert.equal((await drift()).at(-1), 'cluster prod: the files say present, live is absent');
});

test('what is in the files and not deployed yet is named, too', async (t) => {
  const { repository, standIns, drift } = await stage(t);
  await repository.commit({ 'clusters/aws/network.yaml': 'Resources:\n  Other: { Type: "AWS::EC2::VPC" }\n' });
  Object.assign(standIns.world.stacks['slipway-prod-backup']?.given ?? {}, {
    parameters: [{ ParameterKey: 'Cluster', ParameterValue: 'staging' }],
  });
  assert.deepEqual(await drift(), [
    'stack slipway-prod-network: template: the files say clusters/aws/network.yaml, live is an earlier or another text',
    'stack slipway-prod-backup: parameter Cluster: the files say prod, live is staging',
  ]);
});

test('what could not be seen is a fault, never silence', async (t) => {
  const { standIns, drift } = await stage(t);
  standIns.world.byHand.drifts['slipway-prod-backup'] = 'not authorized to perform s3:GetBucketAcl';
  await assert.rejects(
    drift(),
    (error) =>
      error instanceof Refusal &&
      /could not compare slipway-prod-backup .* s3:GetBucketAcl\. Give the role/.test(error.message),
  );
  standIns.world.account = '999999999999';
  await assert.rejects(drift(), /in account 999999999999, and prod belongs into 123456789012/);
});

test('a change set shows what a commit would change, is never executed, and is gone afterwards', async (t) => {
  const { repository, standIns, work } = await stage(t);
  const name = 'slipway-plan-1';
  assert.deepEqual(formatChanges(await findChanges(await work(), name)), [
    'What would be changed, by what is there:',
    '',
    '  stack slipway-prod-network: unchanged',
    '  stack slipway-prod-backup: unchanged',
    '  cluster: unchanged',
    '',
  ]);
  const before = structuredClone(standIns.world.stacks);
  await repository.commit({ 'clusters/aws/network.yaml': 'Resources:\n  Backups: { Type: "AWS::S3::Bucket" }\n' });
  standIns.world.changes = [
    { ResourceChange: { Action: 'Remove', LogicalResourceId: 'Network', ResourceType: 'AWS::EC2::VPC' } },
  ];
  delete standIns.world.stacks['slipway-prod-backup'];
  const shown = formatChanges(await findChanges(await work(), name)).join('\n');
  assert.match(shown, /^It would LOSE what these hold.*\n {2}stack slipway-prod-network: Remove Network/);
  assert.match(
    shown,
    /slipway-prod-network: changed\n {4}Remove Network .*\n {2}stack slipway-prod-backup: would be made/,
  );
  const { plans, ...stack } = standIns.world.stacks['slipway-prod-network'] ?? {};
  const { plans: _, ...earlier } = before['slipway-prod-network'] ?? {};
  assert.deepEqual(stack, earlier);
  assert.equal(plans?.[name], undefined);
  assert.deepEqual([...new Set(writes(standIns))].sort(), [
    'aws cloudformation create-change-set',
    'aws cloudformation delete-change-set',
  ]);
});

test('a template that CloudFormation refuses is told, and its change set taken away', async (t) => {
  const { standIns, work } = await stage(t);
  const refused = { ...(await work()) };
  const { run } = refused;
  const changed: typeof refused = {
    ...refused,
    run: async (command, stdin) =>
      command.argv[2] === 'describe-change-set'
        ? '{"Status":"FAILED","StatusReason":"no such property"}'
        : run(command, stdin),
  };
  await assert.rejects(
    findChanges(changed, 'slipway-plan-1'),
    /does not take clusters\/aws\/network\.yaml: no such property/,
  );
  assert.equal(standIns.world.stacks['slipway-prod-network']?.plans?.['slipway-plan-1'], undefined);
});

test('a job is a role of the account by its token, which no argument and no variable of a tool holds', async () => {
  const cloud = {
    account: '123456789012',
    region: 'eu-central-1',
    eksctl: { file: '', text: '', config: { metadata: { name: 'prod', region: 'eu-central-1', version: '1.36' } } },
  };
  const { env, signOut } = await signIn(
    { AWS_ID_TOKEN: 'a.b.c', AWS_PROFILE: 'mine', AWS_ACCESS_KEY_ID: 'AKIA', CI_JOB_ID: '77', HOME: '/root' },
    'plan',
    cloud,
  );
  const { AWS_WEB_IDENTITY_TOKEN_FILE: file = '', ...others } = env;
  assert.deepEqual(others, {
    HOME: '/root',
    CI_JOB_ID: '77',
    AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/slipway-account-plan',
    AWS_ROLE_SESSION_NAME: 'slipway-prod-77',
    AWS_REGION: 'eu-central-1',
  });
  const { readFile, stat } = await import('node:fs/promises');
  assert.equal(await readFile(file, 'utf8'), 'a.b.c');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await signOut();
  await assert.rejects(stat(file));
  await assert.rejects(
    signIn({}, 'bootstrap', cloud),
    (error) =>
      error instanceof Misuse &&
      /--as bootstrap wants the token .* AWS_ID_TOKEN, its aud slipway-bootstrap\..*AWS_PROFILE/.test(error.message),
  );
});
