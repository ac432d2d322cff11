import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { app as loki } from '../../apps/loki/app.ts';
import { app as tempo } from '../../apps/tempo/app.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { changeSetName, planPrefix } from '../bootstrap/stack.ts';
import { fromExample, withExample } from '../example.fixture.ts';
import type { App } from '../model/app.ts';
import type { Cluster, Path } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';
import { Misuse } from '../model/refusal.ts';
import { configOf } from '../monitoring/telemetry.fixture.ts';
import { accountActions, bootstrapActions } from './actions.ts';
import { path as shopPath } from './cluster.fixture.ts';
import { deployable } from './deployable.ts';
import { conditionOf } from './document.ts';
import { eksctlOf } from './eksctl.ts';
import { allows, type Request } from './grant.fixture.ts';
import {
  accountAudience,
  bootstrapKeeps,
  boundary,
  bucketName,
  bucketPrefix,
  imagesKey,
  podBoundary,
  policyArn,
  projectOf,
  roleArn,
  telemetryBucket,
} from './names.ts';
import { keepers, type Stack, stacksOf } from './stacks.ts';
import { templateOf, textOf } from './template.ts';
import { grantsOf, policiesOf, propertiesOf, resourcesOf } from './template-rule.ts';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const template = (file: string) => templateOf(read(file), file);

const real = checkPath({ repository, clusters, environments });
const inAws = [...real.clusters.values()].filter(({ aws }) => aws);
/** Where it all is, by the definitions: a team has another account than the example. */
const home = { ...{ account: '', region: '' }, ...inAws[0]?.aws, buckets: bucketPrefix(real) };
/** The same, whoever watches what runs there. */
const however = inAws.flatMap((cluster) =>
  (['slipway', 'operator', 'none'] as const).map((monitoring): Cluster => ({ ...cluster, monitoring })),
);
const shop = shopPath.clusters.get('shop') as Cluster;

/** What the names in a stack's template stand for. */
const valuesOf = (stack: Stack, account: string) => ({
  ...stack.parameters,
  'AWS::AccountId': account,
  'AWS::Region': stack.region,
});
const all = (cluster: Cluster) =>
  stacksOf(cluster, real).map((stack) => ({
    stack,
    made: template(stack.file),
    values: valuesOf(stack, cluster.aws?.account ?? ''),
  }));

test('the stacks of a cluster are deployed in the order in which they need one another', () => {
  assert.deepEqual(
    stacksOf(shop, shopPath).map(({ name, file, parameters }) => [name, file, parameters]),
    [
      [
        'slipway-account',
        'clusters/aws/account.yaml',
        { Host: 'gitlab.example.org', Project: 'group/shop', BucketPrefix: 'group-shop' },
      ],
      ['slipway-cluster-shop', 'clusters/aws/cluster.yaml', { Cluster: 'shop' }],
      [
        'slipway-domain-live',
        'clusters/aws/domain.yaml',
        { Cluster: 'shop', Environment: 'live', Domain: 'shop.example.org' },
      ],
      [
        'slipway-domain-platform-shop',
        'clusters/aws/domain.yaml',
        { Cluster: 'shop', Environment: 'platform-shop', Domain: 'platform.shop.example.org' },
      ],
      [
        'slipway-backup-live',
        'clusters/aws/backup.yaml',
        { Cluster: 'shop', Environment: 'live', Bucket: 'group-shop-live' },
      ],
      [
        'slipway-telemetry-shop-logs',
        'clusters/aws/telemetry.yaml',
        { Cluster: 'shop', App: 'loki', Days: '45', Bucket: 'group-shop-shop-logs' },
      ],
      [
        'slipway-telemetry-shop-traces',
        'clusters/aws/telemetry.yaml',
        { Cluster: 'shop', App: 'tempo', Days: '30', Bucket: 'group-shop-shop-traces' },
      ],
      [
        'slipway-certificate-live',
        'clusters/aws/certificate.yaml',
        { Cluster: 'shop', Environment: 'live', Domain: 'shop.example.org' },
      ],
      [
        'slipway-certificate-platform-shop',
        'clusters/aws/certificate.yaml',
        { Cluster: 'shop', Environment: 'platform-shop', Domain: 'platform.shop.example.org' },
      ],
    ],
  );
});

test('every template is deployed as it is, and may do what it does', () => {
  const deployed = new Set<string>();
  for (const cluster of however) {
    for (const { stack } of all(cluster)) {
      deployed.add(stack.file);
      const made = deployable(stack, read(stack.file));
      for (const value of Object.values(stack.parameters)) assert.notEqual(value, '');
      const roles = Object.values(made.Resources).some(({ Type }) => Type.startsWith('AWS::IAM::'));
      assert.deepEqual(stack.capabilities, roles ? ['CAPABILITY_NAMED_IAM'] : [], stack.name);
    }
  }
  assert.deepEqual([...deployed].sort(), globSync('clusters/aws/*.yaml', { cwd: root }).sort());
});

test('a template that wants other values than its stack has, or breaks a rule, is not deployed', () => {
  const stack = stacksOf(shop, shopPath).find(({ file }) => file === 'clusters/aws/certificate.yaml');
  assert.ok(stack);
  const text = read(stack.file);
  const refused = (changed: string) => {
    assert.notEqual(changed, text);
    try {
      deployable(stack, changed);
      return [];
    } catch (error) {
      assert.ok(error instanceof Misuse);
      return error.message.split('\n');
    }
  };
  assert.deepEqual(refused(text.replaceAll('Domain}', 'Name}').replace('  Domain:', '  Name:')), [
    'clusters/aws/certificate.yaml: Parameters.Name is given by nothing that makes slipway-certificate-live: take it out.',
    'clusters/aws/certificate.yaml: Parameters.Domain is missing: slipway-certificate-live is deployed with it.',
  ]);
  assert.match(
    refused(text.replace('Method: DNS', 'Method: EMAIL')).join(),
    /^clusters\/aws\/certificate\.yaml: Resources\.Certificate\.Properties\.ValidationMethod is "EMAIL": .* \(certificate\)$/,
  );
});

test('names of stacks are legal, and no two clusters share one but that of their account', () => {
  const [one, ...others] = inAws.map((cluster) => stacksOf(cluster, real));
  assert.ok(one && others.length > 0);
  for (const stacks of [one, ...others])
    for (const { name } of stacks) assert.match(name, /^slipway-[a-z][a-z0-9-]{0,119}$/);
  const shared = one.filter((stack) => others.flat().some(({ name }) => name === stack.name));
  assert.deepEqual(
    shared.map(({ name }) => name),
    ['slipway-account'],
  );
});

test('clusters of one account have one stack of it, in the region of the first', () => {
  const far = { ...shop, name: 'far', aws: { ...shop.aws, region: 'us-east-1' } } as Cluster;
  const path: Path = { ...shopPath, clusters: new Map([...shopPath.clusters, ['far', far]]) };
  assert.deepEqual(stacksOf(far, path)[0], stacksOf(shop, path)[0]);
  assert.equal(stacksOf(far, path)[1]?.region, 'us-east-1');
});

test('what no name can be made of is refused, all of it at once', () => {
  const refused = (path: Path, cluster: Cluster = shop) => {
    try {
      stacksOf(cluster, path);
      return [];
    } catch (error) {
      assert.ok(error instanceof Misuse);
      return error.message.split('\n');
    }
  };
  const { aws: _, ...nowhere } = shop;
  assert.match(refused(shopPath, nowhere)[0] ?? '', /^clusters\/environments\.ts \(clusters\): shop has no aws/);
  const cases: readonly [string, RegExp][] = [
    ['https://github.com/group/shop.git', /\(repository\) is "https:\/\/github\.com.*expected https and a GitLab/],
    ['http://gitlab.example.org/group/shop.git', /expected https and a GitLab/],
    ['https://gitlab.example.org:8443/group/shop.git', /expected https and a GitLab/],
    ['https://gitlab.example.org/Group/shop.git', /expected a group and a name in lower case/],
    ['https://gitlab.example.org/shop', /expected a group and a name in lower case/],
    ['https://gitlab.example.org/group/my.shop', /live has the bucket group-my\.shop-live.*expected at most 63/],
    [`https://gitlab.example.org/${'g'.repeat(60)}/shop`, /expected at most 63 characters/],
  ];
  for (const [address, says] of cases) assert.match(refused({ ...shopPath, repository: address }).join('\n'), says);
  const long = { ...shop, name: `a${'b'.repeat(39)}` };
  const [live] = shopPath.environments;
  assert.ok(live);
  const path: Path = {
    ...shopPath,
    environments: [{ ...live, cluster: long.name, domain: `${'d'.repeat(60)}.example.org` }],
  };
  assert.deepEqual(refused(path, long), [
    'clusters/environments.ts (environments): field domain of live has 72 characters: expected at most 62, for a certificate names it.',
    `clusters/environments.ts (clusters): ${long.name} has the role slipway-cluster-${long.name}-external-dns, of 69 characters: expected at most 64.`,
  ]);
});

test('every role, key and limit that a file of eksctl names is made by a template', () => {
  for (const cluster of however) {
    const { account = '', region } = cluster.aws ?? {};
    const made = all(cluster).flatMap(({ made, values }) => [
      ...resourcesOf(made, 'AWS::IAM::Role').map(({ resource }) =>
        roleArn(account, textOf(propertiesOf(resource).RoleName, values) ?? ''),
      ),
      ...resourcesOf(made, 'AWS::IAM::ManagedPolicy').map(({ resource }) =>
        policyArn(account, textOf(propertiesOf(resource).ManagedPolicyName, values) ?? ''),
      ),
      ...resourcesOf(made, 'AWS::KMS::Alias').map(
        ({ resource }) => `arn:aws:kms:${region}:${account}:${textOf(propertiesOf(resource).AliasName, values)}`,
      ),
    ]);
    const file = `clusters/${cluster.name}/eksctl.yaml`;
    const { text } = eksctlOf(read(file), file, cluster, real);
    const named = text.match(/arn:aws:(iam|kms):[^\s'"]+/g) ?? [];
    assert.ok(named.length >= 8);
    for (const arn of named) assert.ok(made.includes(arn), `${file}: ${arn}`);
  }
});

test('a pod may have the role that its association names: both name its cluster, namespace and account', () => {
  for (const cluster of however) {
    const file = `clusters/${cluster.name}/eksctl.yaml`;
    const { config } = eksctlOf(read(file), file, cluster, real);
    const given = [
      ...(config.addons ?? []).flatMap(({ podIdentityAssociations = [] }) => podIdentityAssociations),
      ...(config.iam?.podIdentityAssociations ?? []),
    ].map(({ namespace, serviceAccountName, roleARN }) =>
      [roleARN, cluster.name, namespace, serviceAccountName].join(),
    );
    const trusted = all(cluster).flatMap(({ made, values }) =>
      resourcesOf(made, 'AWS::IAM::Role').flatMap(({ name, resource }) => {
        const [statement] = policiesOf(made)
          .filter(({ purpose, statement }) => purpose === 'trust' && statement.keys[1] === name)
          .map(({ statement }) => statement);
        assert.ok(statement);
        const tags = ['eks-cluster-name', 'kubernetes-namespace', 'kubernetes-service-account'].map((tag) =>
          conditionOf(statement, `aws:RequestTag/${tag}`).map(({ value }) => textOf(value, values)),
        );
        if (tags.flat().length === 0) return [];
        return [
          roleArn(cluster.aws?.account ?? '', textOf(propertiesOf(resource).RoleName, values) ?? ''),
          ...tags,
        ].join();
      }),
    );
    assert.deepEqual(given.sort(), trusted.sort());
  }
});

test('a domain lets the DNS of its cluster write, and a certificate finds the zone of its domain', () => {
  for (const cluster of inAws) {
    const stacks = all(cluster);
    const roles = stacks.flatMap(({ made, values }) =>
      resourcesOf(made, 'AWS::IAM::Role').map(({ resource }) => textOf(propertiesOf(resource).RoleName, values)),
    );
    const exported = new Set<string | undefined>();
    for (const { made, values } of stacks) {
      for (const { resource } of resourcesOf(made, 'AWS::IAM::RolePolicy'))
        assert.ok(roles.includes(textOf(propertiesOf(resource).RoleName, values)));
      const imports = [...JSON.stringify(made).matchAll(/"Fn::ImportValue":(\{[^}]*\}[^}]*\})/g)];
      for (const [, name = ''] of imports) assert.ok(exported.has(textOf(JSON.parse(name), values)), name);
      for (const output of Object.values(made.Outputs ?? {}))
        exported.add(textOf((output as { Export?: { Name: unknown } }).Export?.Name, values));
    }
  }
});

test(
  'the job that writes backups names the bucket that is made for it, and what it may write there',
  withExample,
  async () => {
    const { app: redisBackup } = await fromExample<{ readonly app: App }>('apps/redis-backup/app.ts');
    const [writer] = grantsOf(template('clusters/aws/backup.yaml')).filter(({ actions }) =>
      actions.includes('s3:PutObject'),
    );
    assert.ok(writer);
    for (const { name, scope } of environments) {
      if (scope === 'cluster') continue;
      const args =
        ('args' in redisBackup && (redisBackup.in?.[name] as { args?: readonly string[] } | undefined)?.args) ||
        (redisBackup as { args?: readonly string[] }).args;
      const [, bucket = '', key = ''] = /^store:([^/]+)\/(.+)$/.exec(args?.[2] ?? '') ?? [];
      assert.equal(bucket, bucketName(real, name), name);
      const values = { 'Backups.Arn': `arn:aws:s3:::${bucket}` };
      assert.ok(allows([writer], { action: 's3:PutObject', resource: `arn:aws:s3:::${bucket}/${key}` }, values));
      assert.ok(!allows([writer], { action: 's3:PutObject', resource: `arn:aws:s3:::${bucket}/other` }, values));
      assert.ok(!allows([writer], { action: 's3:DeleteObject', resource: `arn:aws:s3:::${bucket}/${key}` }, values));
    }
  },
);

test('Loki and Tempo name the buckets that are made for them, end what is old before these do, and may', () => {
  const own = grantsOf(template('clusters/aws/telemetry.yaml'));
  const most = policiesOf(template('clusters/aws/account.yaml'))
    .map(({ statement }) => statement)
    .filter(({ keys }) => keys[1] === 'PodBoundary');
  for (const cluster of inAws) {
    const account = stacksOf(cluster, real)[0] as Stack;
    for (const { app, what, days } of keepers) {
      const bucket = telemetryBucket(real, cluster.name, what);
      const config = configOf<Readonly<Record<string, unknown>>>(keeping[app], `platform-${cluster.name}`);
      const text = JSON.stringify(config);
      assert.ok(text.includes(`"${bucket}"`) && text.includes(`"${cluster.aws?.region}"`), `${app}: ${text}`);
      const hours = /"(?:retention_period|block_retention)":"(\d+)h"/.exec(text)?.[1];
      assert.ok(Number(hours) < days * 24, `${app}: ${hours} h`);
      const values = { 'Kept.Arn': `arn:aws:s3:::${bucket}` };
      for (const action of ['s3:PutObject', 's3:GetObject', 's3:DeleteObject']) {
        const request = { action, resource: `arn:aws:s3:::${bucket}/index/one` };
        assert.ok(allows(own, request, values), `${app}: ${action}`);
        assert.ok(allows(most, request, valuesOf(account, cluster.aws?.account ?? '')), `${app}: ${action}`);
      }
      const backups = { action: 's3:DeleteObject', resource: `arn:aws:s3:::${bucketName(real, 'dev')}/redis/dump.rdb` };
      assert.ok(!allows(most, backups, valuesOf(account, cluster.aws?.account ?? '')));
    }
  }
});

const keeping = { loki, tempo };

/** What the role of bootstrap may do, for a cluster. */
const bootstrap = (cluster: Cluster) => roleOfAccount(cluster, 'Bootstrap');

/** What a role of the account may do: the statements of the resources whose names begin so. */
function roleOfAccount(cluster: Cluster, named: string): (request: Request) => boolean {
  const [account] = stacksOf(cluster, real);
  assert.ok(account);
  const made = template(account.file);
  const own = grantsOf(made).filter(({ keys }) => String(keys[1]).startsWith(named));
  const values = {
    'SigningKey.Arn': signingKey,
    'Images.Arn': images,
    ...valuesOf(account, cluster.aws?.account ?? ''),
    Boundary: policyArn(cluster.aws?.account ?? '', boundary),
    PodBoundary: policyArn(cluster.aws?.account ?? '', podBoundary),
  };
  return (request) => allows(own, request, values);
}

const signingKey = `arn:aws:kms:${home.region}:${home.account}:key/signing`;
const images = `arn:aws:ecr:${home.region}:${home.account}:repository/${projectOf(real)}/counter`;

test('a merge request makes change sets to look at, and none that bootstrap would execute', () => {
  const [cluster] = inAws;
  assert.ok(cluster);
  const may = roleOfAccount(cluster, 'Plan');
  const stack = `arn:aws:cloudformation:${home.region}:${home.account}:stack/slipway-cluster-nonprod/id`;
  const named = (name: string) => ({ 'cloudformation:ChangeSetName': name });
  for (const action of ['CreateChangeSet', 'DescribeChangeSet', 'DeleteChangeSet']) {
    const request = { action: `cloudformation:${action}`, resource: stack };
    assert.ok(may({ ...request, context: named(`${planPrefix}1`) }), action);
    assert.ok(!may({ ...request, context: named(changeSetName) }), action);
    assert.ok(!may(request), action);
  }
  for (const action of ['ExecuteChangeSet', 'UpdateStack', 'CreateStack', 'DeleteStack', 'DetectStackDrift'])
    assert.ok(!may({ action: `cloudformation:${action}`, resource: stack, context: named(`${planPrefix}1`) }), action);
});

test('what pipelines of merge requests and of the schedule may do is look, change sets of their own aside', () => {
  const made = template('clusters/aws/account.yaml');
  const looks = /^[\w-]+:(Describe|Detect|Get|List|Validate)\w*\*?$/;
  const secret = /^(s3:GetObject|secretsmanager|ssm|kms:Decrypt|logs:Get|sts)/;
  for (const role of ['Plan', 'Drift']) {
    const own = grantsOf(made).filter(({ keys }) => keys[1] === role);
    const changes = own.filter(({ actions }) => !actions.every((action) => looks.test(action) && !secret.test(action)));
    assert.deepEqual(
      changes.map(({ actions }) => actions.join()),
      role === 'Plan'
        ? ['cloudformation:CreateChangeSet,cloudformation:DeleteChangeSet,cloudformation:DescribeChangeSet']
        : [],
    );
  }
});

test('only merge requests are trusted with any branch; what reads settings, pushes, signs or applies is of main alone', () => {
  const made = template('clusters/aws/account.yaml');
  const subjects = Object.fromEntries(
    resourcesOf(made, 'AWS::IAM::Role').map(({ name }) => [
      name,
      policiesOf(made)
        .filter(({ purpose, statement }) => purpose === 'trust' && statement.keys[1] === name)
        .flatMap(({ statement }) =>
          Object.values(statement.condition).flatMap((keys) =>
            Object.entries(keys).flatMap(([key, value]) => (key.endsWith(':sub') ? [String(value)] : [])),
          ),
        )
        .map((subject) => subject.replace(/.*:ref:/, '')),
    ]),
  );
  assert.deepEqual(subjects, { Plan: ['*'], Drift: ['main'], Publish: ['main'], Bootstrap: ['main'] });
});

test('each role wants a token of its own, for which the jobs that have it ask and no other', () => {
  const made = template('clusters/aws/account.yaml');
  const wanted = policiesOf(made).flatMap(({ purpose, statement }) =>
    purpose === 'trust'
      ? conditionOf(statement, `\${Host}:aud`).map(({ value }) => [String(statement.keys[1]).toLowerCase(), value])
      : [],
  );
  const roles = ['plan', 'drift', 'publish', 'bootstrap'] as const;
  assert.deepEqual(
    wanted,
    roles.map((role) => [role, accountAudience(role)]),
  );
  assert.deepEqual(made.Resources.Forge?.Properties?.ClientIdList, roles.map(accountAudience));
  const asked = globSync('generators/ci/*.yml', { cwd: root })
    .sort()
    .flatMap((file) =>
      [...read(file).matchAll(/AWS_ID_TOKEN:\s*(?:\{ )?aud: (.*?)(?: \}|$)/gm)].map(([, aud]) => [file, aud]),
    );
  assert.deepEqual(asked, [
    ['generators/ci/clusters.yml', 'slipway-plan'],
    ['generators/ci/clusters.yml', 'slipway-bootstrap'],
    ['generators/ci/clusters.yml', 'slipway-drift'],
    ['generators/ci/jobs.yml', 'slipway-publish'],
    ['generators/ci/service.yml', 'slipway-publish'],
  ]);
});

test('pipelines of main sign images, nobody else does, and whoever verifies needs the public half alone', () => {
  const [cluster] = inAws;
  assert.ok(cluster);
  const made = template('clusters/aws/account.yaml');
  const sign: Request = { action: 'kms:Sign', resource: signingKey, context: { 'aws:ResourceTag/slipway': 'account' } };
  for (const role of ['Plan', 'Drift', 'Bootstrap']) assert.ok(!roleOfAccount(cluster, role)(sign), role);
  assert.ok(roleOfAccount(cluster, 'Publish')(sign));
  for (const role of ['Plan', 'Publish'])
    for (const action of ['kms:GetPublicKey', 'kms:DescribeKey'])
      assert.ok(roleOfAccount(cluster, role)({ action, resource: signingKey }), `${role} ${action}`);
  const key = policiesOf(made).filter(({ purpose, statement }) => purpose === 'key' && statement.effect === 'Deny');
  const values = { 'AWS::AccountId': home.account };
  const who = key.map(({ statement }) =>
    conditionOf(statement, 'aws:PrincipalArn').map(({ operator, value }) => [
      operator,
      textOf(value, values)?.replace(/.*\//, ''),
      statement.actions.includes('kms:Sign') || statement.actions.includes('kms:PutKeyPolicy'),
    ]),
  );
  assert.deepEqual(who, [
    [['ArnNotEquals', 'slipway-account-publish', true]],
    [['ArnEquals', 'slipway-account-bootstrap', true]],
  ]);
  // Whatever bootstrap may do to keys of clusters, which have the same tag, this key denies it.
  const tended = grantsOf(made)
    .filter(({ keys }) => String(keys[1]).startsWith('Bootstrap'))
    .flatMap(({ actions }) => actions)
    .filter((action) => /^kms:(?!Create(Key)|Describe|Get|List|Enable)/.test(action));
  const denied = key.flatMap(({ statement }) => statement.actions);
  assert.ok(tended.length > 4);
  for (const action of tended) assert.ok(denied.includes(action), action);
  assert.ok(
    resourcesOf(made, 'AWS::KMS::Alias').some(({ resource }) => propertiesOf(resource).AliasName === imagesKey),
  );
});

test('pipelines of main push images and their signatures, and delete none', () => {
  const [cluster] = inAws;
  assert.ok(cluster);
  const may = roleOfAccount(cluster, 'Publish');
  for (const action of ['BatchCheckLayerAvailability', 'InitiateLayerUpload', 'PutImage', 'BatchGetImage'])
    assert.ok(may({ action: `ecr:${action}`, resource: images }), action);
  for (const action of ['BatchDeleteImage', 'DeleteRepository', 'PutLifecyclePolicy', 'PutImageTagMutability'])
    assert.ok(!may({ action: `ecr:${action}`, resource: images }), action);
  assert.ok(!may({ action: 'ecr:PutImage', resource: images.replace('counter', 'other') }));
});

test('bootstrap may do all that it does', () => {
  for (const cluster of inAws) {
    const may = bootstrap(cluster);
    const needs = bootstrapActions(cluster);
    assert.ok(needs.length > 20);
    for (const { actions, resources, context = {} } of needs)
      for (const action of actions)
        for (const resource of resources) assert.ok(may({ action, resource, context }), `${action} ${resource}`);
  }
});

test('bootstrap has no right to what is the account’s own, to roles without a limit, or to delete what is kept by hand', () => {
  const [cluster] = inAws;
  assert.ok(cluster);
  const may = bootstrap(cluster);
  const account = cluster.aws?.account ?? '';
  const limit = { 'iam:PermissionsBoundary': policyArn(account, boundary) };
  const eksctl = roleArn(account, 'eksctl-nonprod-cluster-ServiceRole');
  const own = roleArn(account, 'slipway-account-bootstrap');
  const ours = { 'aws:ResourceTag/slipway': 'nonprod' };
  const byStack = { 'aws:CalledVia': 'cloudformation.amazonaws.com' };
  const refused: readonly Request[] = [
    { action: 'iam:CreateRole', resource: eksctl },
    { action: 'iam:CreateRole', resource: eksctl, context: { 'iam:PermissionsBoundary': 'arn:aws:iam::aws:policy/A' } },
    { action: 'iam:CreateRole', resource: roleArn(account, 'admin'), context: limit },
    { action: 'iam:PutRolePolicy', resource: own, context: limit },
    { action: 'iam:AttachRolePolicy', resource: own, context: limit },
    {
      action: 'iam:AttachRolePolicy',
      resource: eksctl,
      context: { ...limit, 'iam:PolicyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' },
    },
    { action: 'iam:UpdateAssumeRolePolicy', resource: own },
    { action: 'iam:DeleteRolePermissionsBoundary', resource: eksctl, context: limit },
    ...[boundary, podBoundary, bootstrapKeeps].map((name) => ({
      action: 'iam:CreatePolicyVersion',
      resource: policyArn(account, name),
    })),
    { action: 'iam:CreateUser', resource: `arn:aws:iam::${account}:user/eve` },
    { action: 'iam:PassRole', resource: eksctl, context: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
    { action: 'iam:PassRole', resource: own, context: { 'iam:PassedToService': 'eks.amazonaws.com' } },
    {
      action: 'cloudformation:ExecuteChangeSet',
      resource: `arn:aws:cloudformation:eu-central-1:${account}:stack/slipway-account/id`,
    },
    {
      action: 'cloudformation:UpdateStack',
      resource: `arn:aws:cloudformation:eu-central-1:${account}:stack/other/id`,
    },
    {
      action: 'cloudformation:DeleteStack',
      resource: `arn:aws:cloudformation:eu-central-1:${account}:stack/eksctl-nonprod-cluster/id`,
    },
    { action: 'eks:DeleteCluster', resource: `arn:aws:eks:eu-central-1:${account}:cluster/nonprod` },
    { action: 'ec2:RunInstances', resource: `arn:aws:ec2:eu-central-1:${account}:instance/*` },
    { action: 'ec2:DeleteVpc', resource: `arn:aws:ec2:eu-central-1:${account}:vpc/id` },
    { action: 'kms:ScheduleKeyDeletion', resource: `arn:aws:kms:eu-central-1:${account}:key/id`, context: ours },
    { action: 'kms:Decrypt', resource: `arn:aws:kms:eu-central-1:${account}:key/id`, context: ours },
    { action: 'kms:PutKeyPolicy', resource: `arn:aws:kms:eu-central-1:${account}:key/id` },
    { action: 'route53:DeleteHostedZone', resource: 'arn:aws:route53:::hostedzone/id' },
    { action: 'kms:DeleteAlias', resource: `arn:aws:kms:eu-central-1:${account}:alias/slipway-cluster-nonprod` },
    { action: 'acm:DeleteCertificate', resource: `arn:aws:acm:eu-central-1:${account}:certificate/id` },
    { action: 'ec2:CreateTags', resource: `arn:aws:ec2:eu-central-1:${account}:vpc/id` },
    { action: 'ec2:CreateTags', resource: `arn:aws:ec2:eu-central-1:${account}:instance/id`, context: byStack },
    { action: 's3:DeleteBucketPolicy', resource: `arn:aws:s3:::${home.buckets}-production` },
    { action: 's3:DeleteObject', resource: `arn:aws:s3:::${home.buckets}-production/redis/dump.rdb`, context: byStack },
    { action: 's3:PutObject', resource: `arn:aws:s3:::${home.buckets}-production/redis/dump.rdb` },
    {
      action: 'cloudformation:DeleteStack',
      resource: `arn:aws:cloudformation:eu-central-1:${account}:stack/slipway-account/id`,
    },
    { action: 'iam:PutRolePolicy', resource: eksctl },
    { action: 's3:GetObject', resource: `arn:aws:s3:::${home.buckets}-production/redis/dump.rdb` },
    { action: 's3:DeleteBucket', resource: `arn:aws:s3:::${home.buckets}-production` },
    { action: 's3:PutBucketPolicy', resource: 'arn:aws:s3:::somebody-elses' },
    { action: 'secretsmanager:GetSecretValue', resource: `arn:aws:secretsmanager:eu-central-1:${account}:secret:a` },
  ];
  for (const request of refused) assert.ok(!may(request), JSON.stringify(request));
});

test('how far bootstrap can go further is as account.yaml says: it is trusted with each of these', () => {
  const [cluster] = inAws;
  assert.ok(cluster);
  const may = bootstrap(cluster);
  const account = cluster.aws?.account ?? '';
  const ours = { 'aws:ResourceTag/slipway': 'nonprod' };
  const bucket = `arn:aws:s3:::${home.buckets}-production`;
  const trusted: readonly [says: string, ...Request[]][] = [
    [
      'whom the roles of clusters and backups trust',
      { action: 'iam:UpdateAssumeRolePolicy', resource: roleArn(account, 'slipway-backup-production-reader') },
      { action: 'iam:UpdateAssumeRolePolicy', resource: roleArn(account, 'slipway-cluster-nonprod-runner') },
    ],
    [
      'policies of buckets and of keys',
      { action: 's3:PutBucketPolicy', resource: bucket },
      { action: 'kms:PutKeyPolicy', resource: `arn:aws:kms:eu-central-1:${account}:key/id`, context: ours },
    ],
    ['old versions live', { action: 's3:PutLifecycleConfiguration', resource: bucket }],
    ['every zone', { action: 'route53:ChangeResourceRecordSets', resource: 'arn:aws:route53:::hostedzone/id' }],
    ['access entries', { action: 'eks:CreateAccessEntry', resource: `arn:aws:eks:eu-central-1:${account}:cluster/a` }],
    [
      'make CloudFormation delete',
      ...(
        [
          ['s3:DeleteBucket', bucket],
          ['s3:DeleteBucketPolicy', bucket],
          ['route53:DeleteHostedZone', 'arn:aws:route53:::hostedzone/id'],
          ['kms:ScheduleKeyDeletion', `arn:aws:kms:eu-central-1:${account}:key/id`],
          ['kms:DeleteAlias', `arn:aws:kms:eu-central-1:${account}:alias/slipway-cluster-nonprod`],
          ['kms:DeleteAlias', `arn:aws:kms:eu-central-1:${account}:key/id`],
          ['acm:DeleteCertificate', `arn:aws:acm:eu-central-1:${account}:certificate/id`],
        ] as const
      ).map(([action, resource]) => ({
        ...{ action, resource },
        context: { ...ours, 'aws:CalledVia': 'cloudformation.amazonaws.com' },
      })),
    ],
  ];
  const text = read('clusters/aws/account.yaml').replace(/\n *# */g, ' ');
  for (const [says, ...requests] of trusted) {
    assert.ok(text.includes(says), says);
    for (const request of requests) assert.ok(may(request), JSON.stringify(request));
  }
});

test('Grafana may ask what AWS measures, no other pod may, and its limit lets it', () => {
  const asks = ['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'];
  for (const { made, values } of inAws.flatMap(all)) {
    const granted = grantsOf(made).filter(({ actions }) => actions.some((one) => one.startsWith('cloudwatch:')));
    for (const { keys, actions } of granted.filter((one) => one.keys[1] !== 'Bootstrap'))
      assert.deepEqual([keys[1], actions], ['Grafana', asks]);
    if (!resourcesOf(made, 'AWS::IAM::Role').some(({ keys }) => keys[1] === 'Grafana')) continue;
    for (const action of asks) assert.ok(allows(granted, { action, resource: '*' }, values), action);
  }
  const limit = policiesOf(template('clusters/aws/account.yaml'))
    .map(({ statement }) => statement)
    .filter(({ keys }) => keys[1] === 'PodBoundary');
  for (const action of asks) assert.ok(allows(limit, { action, resource: '*' }, {}), action);
});

test('pods’ limit has nothing of machines, networks, images or roles, and stays with zones, our buckets, our secrets and what AWS measures', () => {
  const [account] = inAws.flatMap(all);
  assert.ok(account);
  const limits = policiesOf(account.made).filter(({ purpose }) => purpose === 'limit');
  const pods = limits.filter(({ statement }) => statement.keys[1] === 'PodBoundary').map(({ statement }) => statement);
  assert.deepEqual([...new Set(pods.flatMap(({ actions }) => actions.map((one) => one.replace(/:.*/, ''))))].sort(), [
    'cloudwatch',
    'route53',
    's3',
    'secretsmanager',
  ]);
  assert.ok(pods.flatMap(({ actions }) => actions).every((action) => /^[\w-]+:\w+$/.test(action)));
  const may = (action: string, resource: string) => allows(pods, { action, resource }, account.values);
  assert.ok(may('s3:PutObject', `arn:aws:s3:::${home.buckets}-dev/redis/dump.rdb`));
  for (const [action, resource] of [
    ['s3:PutObject', 'arn:aws:s3:::somebody-elses/a'],
    ['s3:DeleteObject', `arn:aws:s3:::${home.buckets}-dev/redis/dump.rdb`],
    ['s3:PutBucketPolicy', `arn:aws:s3:::${home.buckets}-dev`],
    ['route53:DeleteHostedZone', 'arn:aws:route53:::hostedzone/id'],
    ['secretsmanager:GetSecretValue', `arn:aws:secretsmanager:${home.region}:${home.account}:secret:other`],
    ['cloudwatch:PutMetricData', '*'],
    ['ec2:DescribeVpcs', '*'],
    ['iam:PassRole', `arn:aws:iam::${home.account}:role/eksctl-a`],
  ] as const)
    assert.ok(!may(action, resource), `${action} ${resource}`);
  const others = limits
    .filter(({ statement }) => statement.keys[1] === 'Boundary')
    .flatMap(({ statement }) => statement.actions);
  for (const action of others) assert.doesNotMatch(action, /^(s3|secretsmanager|route53):/);
});

test('what only an administrator does is nothing that bootstrap may do', () => {
  for (const cluster of inAws) {
    const may = bootstrap(cluster);
    for (const { actions, resources } of accountActions(cluster)) {
      const some = actions.filter((action) => !resources.every((resource) => may({ action, resource })));
      assert.ok(some.length > 0, actions.join());
    }
  }
});

test('no role of a cluster is granted more than its own limit allows', () => {
  for (const cluster of inAws) {
    const [account, ...others] = all(cluster);
    assert.ok(account);
    const limitOf = (pods: boolean) =>
      policiesOf(account.made)
        .filter(({ statement }) => statement.keys[1] === (pods ? 'PodBoundary' : 'Boundary'))
        .map(({ statement }) => statement);
    let granted = 0;
    for (const { stack, made, values } of others) {
      const bucket = `arn:aws:s3:::${stack.parameters.Bucket}`;
      const known = { ...values, Zone: 'id', 'Backups.Arn': bucket, 'Kept.Arn': bucket };
      for (const { actions, resources, keys } of grantsOf(made)) {
        // What stands beside no role is for that of external-dns, whose pods have it.
        const trust = propertiesOf(made.Resources[String(keys[1])] ?? { Type: '' }).AssumeRolePolicyDocument;
        const limit = limitOf(trust === undefined || JSON.stringify(trust).includes('pods.eks.amazonaws.com'));
        for (const action of actions)
          for (const resource of resources.map((one) => textOf(one, known) ?? '')) {
            granted++;
            assert.ok(allows(limit, { action, resource }, account.values), `${action} ${resource}`);
          }
      }
    }
    assert.ok(granted > 5);
  }
});
