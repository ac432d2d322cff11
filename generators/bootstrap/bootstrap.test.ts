import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Refusal } from '../model/refusal.ts';
import { formatCommand } from './command.ts';
import { missingPieces, versionsBetween } from './eks.ts';
import { phasesOf, unsettled as unsettledOf } from './objects.ts';
import { mayEnter, refusedBy, roleOf, simulations } from './rights.ts';
import { changesOf, createChangeSet, firstFailure, losses, standingOf } from './stack.ts';
import { checkTool, isBefore, type ToolName } from './tools.ts';

test('a command is printed so that a shell takes it word by word', () => {
  const table: readonly (readonly [readonly [string, ...string[]], string | undefined, string])[] = [
    [['eksctl', 'create', 'cluster', '-f', '-'], 'a file', 'eksctl create cluster -f - < a file'],
    [['aws', '--parameters', '[{"a":1}]'], undefined, `aws --parameters '[{"a":1}]'`],
    [['echo', "it's", ''], undefined, `echo 'it'\\''s' ''`],
  ];
  for (const [argv, stdin, expected] of table) assert.equal(formatCommand({ argv, stdin }), expected);
});

test('a tool is taken in the version that is wanted or a later one, by what it really prints', () => {
  const said: readonly (readonly [ToolName, string, string])[] = [
    ['git', 'git version 2.39.5 (Apple Git-154)\n', '2.39.5'],
    ['aws', 'aws-cli/2.99.1 Python/3.13.7 Linux/6.12.0 exe/x86_64.debian.12\n', '2.99.1'],
    ['eksctl', '0.999.0\n', '0.999.0'],
    ['eksctl', '0.999.0-dev+763027060.2026-09-01T10:00:00Z\n', '0.999.0'],
    ['cosign', '{"gitVersion":"v2.99.0","gitCommit":"unknown"}', '2.99.0'],
    ['kubectl', '{\n  "clientVersion": {\n    "major": "1",\n    "gitVersion": "v1.99.3"\n  }\n}\n', '1.99.3'],
  ];
  for (const [name, text, version] of said) assert.equal(checkTool(name, text), version);
  for (const text of ['git version 2.30.9', 'git, but which?', undefined])
    assert.throws(
      () => checkTool('git', text),
      (error) => error instanceof Refusal && /2\.31\.0 or later is needed\. Install it: /.test(error.message),
    );
});

test('versions are ordered by their numbers', () => {
  for (const [left, right] of [
    ['1.9', '1.10'],
    ['0.99.9', '1.0.0'],
    ['2.31', '2.31.1'],
  ] as const) {
    assert.ok(isBefore(left, right), `${left} ${right}`);
    assert.ok(!isBefore(right, left), `${right} ${left}`);
  }
  assert.ok(!isBefore('1.36', '1.36.0'));
  assert.deepEqual(versionsBetween('1.34', '1.36'), ['1.35', '1.36']);
  assert.deepEqual(versionsBetween('1.36', '1.36'), []);
});

test('a session is simulated as its role, and everybody else as themselves', () => {
  const table: readonly (readonly [string, string | undefined])[] = [
    ['arn:aws:sts::123456789012:assumed-role/platform/jane@acme.dev', 'platform'],
    [
      'arn:aws-cn:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/jane',
      'AWSReservedSSO_Admin_0123456789abcdef',
    ],
    ['arn:aws:iam::123456789012:user/jane', undefined],
    ['arn:aws:iam::123456789012:root', undefined],
  ];
  for (const [Arn, role] of table) assert.equal(roleOf({ Account: '123456789012', Arn }), role, Arn);
  const needs = [
    { actions: ['a:X', 'a:Y'], resources: ['arn:1', 'arn:2'] },
    {
      actions: ['b:Z'],
      resources: ['*'],
      context: { 'aws:RequestTag/slipway': 'c', 'kms:GrantIsForAWSResource': 'true' },
    },
  ];
  const [plain, tagged] = simulations('r', 'p', needs);
  assert.ok(!plain?.argv.includes('--context-entries'));
  assert.deepEqual(JSON.parse(tagged?.argv[tagged.argv.indexOf('--context-entries') + 1] ?? ''), [
    { ContextKeyName: 'aws:RequestTag/slipway', ContextKeyValues: ['c'], ContextKeyType: 'string' },
    { ContextKeyName: 'kms:GrantIsForAWSResource', ContextKeyValues: ['true'], ContextKeyType: 'boolean' },
  ]);
  const one = { EvalActionName: 'a:X', EvalResourceName: '*', EvalDecision: 'allowed' };
  const each = ['allowed', 'implicitDeny'].map((EvalResourceDecision, index) => ({
    ...{ EvalResourceName: `arn:${index + 1}`, EvalResourceDecision },
  }));
  const several = {
    EvalActionName: 'a:Y',
    EvalResourceName: 'arn:1',
    EvalDecision: 'allowed',
    ResourceSpecificResults: each,
  };
  assert.deepEqual(refusedBy({ EvaluationResults: [one, several] }), [{ action: 'a:Y', resource: 'arn:2' }]);
  assert.deepEqual(refusedBy({ EvaluationResults: [{ ...one, EvalDecision: 'explicitDeny' }] }), [
    { action: 'a:X', resource: '*' },
  ]);
});

test('whoever makes a cluster that gives its maker nothing must have an entry there', () => {
  const file = (...principals: string[]) => ({
    accessConfig: {
      bootstrapClusterCreatorAdminPermissions: false,
      accessEntries: principals.map((principalARN) => ({ principalARN })),
    },
  });
  const session = { Account: '1', Arn: 'arn:aws:sts::123456789012:assumed-role/platform/jane' };
  const user = { Account: '1', Arn: 'arn:aws:iam::123456789012:user/jane' };
  assert.ok(mayEnter(session, file('arn:aws:iam::123456789012:role/team/platform')));
  assert.ok(mayEnter(session, file('arn:aws:iam::123456789012:role/platform')));
  assert.ok(!mayEnter(session, file('arn:aws:iam::123456789012:role/other-platform')));
  assert.ok(mayEnter(user, file(user.Arn)));
  assert.ok(!mayEnter(user, file()));
  assert.ok(mayEnter(user, {}));
});

test('what can be done with a stack follows from how it stands', () => {
  const table: readonly (readonly [string | undefined, string])[] = [
    [undefined, 'absent'],
    ['DELETE_COMPLETE', 'absent'],
    ['REVIEW_IN_PROGRESS', 'reviewed'],
    ['CREATE_IN_PROGRESS', 'busy'],
    ['UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', 'busy'],
    ['UPDATE_ROLLBACK_IN_PROGRESS', 'busy'],
    ['ROLLBACK_COMPLETE', 'empty'],
    ['CREATE_COMPLETE', 'there'],
    ['UPDATE_ROLLBACK_COMPLETE', 'there'],
    ['ROLLBACK_FAILED', 'broken'],
    ['UPDATE_ROLLBACK_FAILED', 'broken'],
    ['DELETE_FAILED', 'broken'],
  ];
  for (const [status, standing] of table) assert.equal(standingOf(status), standing, status);
});

test('what a change set would lose is what holds something and is removed or made anew', () => {
  const change = (Action: string, ResourceType: string, Replacement?: string) => ({
    ResourceChange: { Action, ResourceType, LogicalResourceId: 'It', ...(Replacement ? { Replacement } : {}) },
  });
  const of = (...Changes: ReturnType<typeof change>[]) =>
    losses(changesOf({ Status: 'CREATE_COMPLETE', Changes })).length;
  assert.equal(of(change('Remove', 'AWS::S3::Bucket')), 1);
  assert.equal(of(change('Modify', 'AWS::KMS::Key', 'True')), 1);
  assert.equal(of(change('Modify', 'AWS::EC2::Subnet', 'Conditional')), 1);
  assert.equal(of(change('Modify', 'AWS::S3::Bucket', 'False')), 0);
  assert.equal(of(change('Add', 'AWS::S3::Bucket'), change('Remove', 'AWS::IAM::Role')), 0);
});

test('a change set says its parameters and capabilities, and neither where there are none', () => {
  const stack = {
    name: 's',
    file: 'clusters/aws/s.yaml',
    parameters: {},
    capabilities: [],
    region: 'r',
    tags: { slipway: 'c' },
  };
  const bare = createChangeSet(stack, 'CREATE');
  assert.ok(!bare.argv.includes('--parameters') && !bare.argv.includes('--capabilities'));
  const { argv, stdin } = createChangeSet(
    { ...stack, parameters: { A: 'b' }, capabilities: ['CAPABILITY_IAM'] },
    'UPDATE',
  );
  assert.equal(argv[argv.indexOf('--parameters') + 1], '[{"ParameterKey":"A","ParameterValue":"b"}]');
  assert.equal(argv[argv.indexOf('--capabilities') + 1], 'CAPABILITY_IAM');
  assert.equal(argv[argv.indexOf('--tags') + 1], 'Key=slipway,Value=c');
  assert.equal(stdin, 'clusters/aws/s.yaml');
});

test('why a stack failed is what failed first, not what was cancelled for it', () => {
  const event = (LogicalResourceId: string, ResourceStatus: string, ResourceStatusReason?: string) => ({
    ...{ LogicalResourceId, ResourceStatus },
    ...(ResourceStatusReason ? { ResourceStatusReason } : {}),
  });
  const StackEvents = [
    event('s', 'ROLLBACK_COMPLETE'),
    event('B', 'CREATE_FAILED', 'Resource creation cancelled'),
    event('A', 'CREATE_FAILED', 'it is taken'),
    event('A', 'CREATE_IN_PROGRESS'),
  ];
  assert.equal(firstFailure({ StackEvents }), 'A: it is taken');
  assert.equal(firstFailure({ StackEvents: [] }), undefined);
});

test('of a cluster that is there, only what it lacks is given to eksctl', () => {
  const entries = ['arn:a', 'arn:b'].map((principalARN) => ({ principalARN }));
  const config = {
    metadata: { name: 'c', region: 'r', version: '1.36' },
    accessConfig: { authenticationMode: 'API', accessEntries: entries },
    addons: [{ name: 'x', version: 'v2' }, { name: 'y' }, { name: 'z', version: 'latest' }],
    cloudWatch: { clusterLogging: { enableTypes: ['all'] } },
    vpc: { clusterEndpoints: { publicAccess: true, privateAccess: true }, publicAccessCIDRs: ['10.0.0.0/8'] },
  };
  const logged = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];
  const whole = {
    cluster: {
      logging: { clusterLogging: [{ types: logged, enabled: true }] },
      resourcesVpcConfig: {
        endpointPublicAccess: true,
        endpointPrivateAccess: true,
        publicAccessCidrs: ['10.0.0.0/8'],
      },
    },
    addons: new Map([
      ['x', 'v2'],
      ['y', undefined],
      ['z', 'v7'],
    ]),
    accessEntries: ['arn:b', 'arn:a', 'arn:of-eks-itself'],
    podIdentities: [],
    nodeGroups: [],
  };
  assert.deepEqual(missingPieces(config, whole, 'f'), []);
  const pieces = missingPieces(
    config,
    {
      ...whole,
      cluster: { ...whole.cluster, logging: { clusterLogging: [{ types: logged, enabled: false }] } },
      addons: new Map([
        ['x', 'v1'],
        ['y', undefined],
      ]),
      accessEntries: ['arn:a'],
    },
    'f',
  );
  assert.deepEqual(
    pieces.map(({ says, command }) => `${says}: ${formatCommand(command)}`),
    [
      'addons z: eksctl create addon --wait -f - < f (filled)',
      'other versions of x: eksctl update addon --wait -f - < f (filled)',
      'access entries arn:b: eksctl create accessentry -f - < f (filled)',
      'logs of all: eksctl utils update-cluster-logging --approve -f - < f (filled)',
    ],
  );
  const [, , third] = pieces;
  assert.deepEqual(Reflect.get(third?.config ?? {}, 'accessConfig'), {
    authenticationMode: 'API',
    accessEntries: [entries[1]],
  });
});

const object = (kind: string, name: string, namespace?: string, more: object = {}) => ({
  apiVersion: kind === 'Application' ? 'argoproj.io/v1alpha1' : 'v1',
  kind,
  metadata: { name, ...(namespace ? { namespace } : {}) },
  ...more,
});

test('the part says what Argo CD is, and its installation only what the part does not', () => {
  const install = [
    object('CustomResourceDefinition', 'applications.argoproj.io'),
    object('ConfigMap', 'argocd-cm', undefined, { data: {} }),
    object('Deployment', 'argocd-server'),
  ];
  const own = object('ConfigMap', 'argocd-cm', 'argocd', { data: { url: 'https://argocd.acme.dev' } });
  const roots = ['platform', 'production'].map((name) => object('Application', name, 'argocd'));
  const phases = phasesOf(install, [own, ...roots], 'there');
  assert.deepEqual(phases.configuration, [own]);
  assert.deepEqual(phases.namespaces, [object('Namespace', 'argocd')]);
  assert.deepEqual(phases.workloads, [object('Deployment', 'argocd-server', 'argocd')]);
  assert.equal(phases.platform, roots[0]);
  assert.throws(() => phasesOf(install, [own], 'env/platform-x'), /env\/platform-x has no Application named platform/);
});

test('an Application is named as long as it is not Synced and Healthy, with the error that it tells', () => {
  const application = (name: string, sync?: string, health?: string, message?: string) => ({
    metadata: { name, namespace: 'argocd' },
    status: {
      sync: { status: sync },
      health: { status: health },
      ...(message ? { conditions: [{ type: 'ComparisonError', message }] } : {}),
    },
  });
  const fine = application('platform', 'Synced', 'Healthy');
  const unsettled = (list: unknown) => unsettledOf(list, 'platform-prod').own;
  assert.deepEqual(unsettled({ items: [fine] }), []);
  assert.deepEqual(unsettled({ items: [] }), ['platform is not there']);
  assert.deepEqual(
    unsettled({ items: [application('platform', 'Unknown', 'Healthy', 'authentication required\nmore')] }),
    ['argocd/platform is Unknown and Healthy (authentication required)'],
  );
  const fresh = (namespace: string) => ({ metadata: { name: 'new', namespace } });
  assert.deepEqual(
    unsettledOf(
      { items: [fine, fresh('argocd-platform-prod'), fresh('argocd'), fresh('argocd-prod')] },
      'platform-prod',
    ),
    {
      own: ['argocd-platform-prod/new is not compared and of unknown health'],
      others: ['argocd/new', 'argocd-prod/new'].map((one) => `${one} is not compared and of unknown health`),
    },
  );
});
