import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { load } from 'js-yaml';
import { eksctlOf } from '../aws/eksctl.ts';
import { stacksOf } from '../aws/stacks.ts';
import { argoCdRelease } from '../bootstrap/argo-cd.ts';
import { clusterOf, deployedStack, StandIns } from '../commands/bootstrap.fixture.ts';
import type { Cluster } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';
import { type Event, type Listed, noRunner, type Pipelines, pipelines } from './pipeline.fixture.ts';
import { type Ran, type Site, site } from './site.fixture.ts';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** The pipeline with a cluster and one that comes after it. */
const included = read('.gitlab-ci.yml').includes('generators/ci/clusters.yml')
  ? read('.gitlab-ci.yml')
  : read('.gitlab-ci.yml').replace(
      /^include:\n/m,
      `include:
  - local: /generators/ci/clusters.yml
    inputs: { cluster: nonprod }
  - local: /generators/ci/clusters.yml
    inputs: { cluster: production, after: nonprod }
`,
    );

type Manual = Listed & { readonly allow_failure?: boolean };

const live = { SLIPWAY_CLUSTERS: 'live' };
const ofClusters = (jobs: readonly { readonly name: string }[]) =>
  jobs.map(({ name }) => name).filter((name) => /^(nonprod|production): /.test(name));

describe('the jobs of clusters', () => {
  let there: Pipelines;
  const ends: (() => unknown)[] = [];
  before(async () => {
    there = await pipelines({ after: (cleanUp) => void ends.push(cleanUp) });
    await there.write({ '.gitlab-ci.yml': included });
    await there.settle();
  });
  after(async () => {
    for (const cleanUp of ends.reverse()) await cleanUp();
  });

  const [request, push, clock]: readonly Event[] = [
    { source: 'merge_request_event' },
    { source: 'push' },
    { source: 'schedule', inputs: { task: 'verify' } },
  ];
  const template = { 'clusters/aws/cluster.yaml': 'changed' };
  const nonprod = { 'clusters/nonprod/eksctl.yaml': 'changed' };
  const app = { 'apps/a/app.ts': 'changed', 'clusters/runbooks/x.md': 'changed', 'clusters/local/x.ts': 'changed' };
  const table: readonly (readonly [says: string, Event | undefined, object, object, readonly string[]])[] = [
    ['a merge request before there is an account', request, {}, template, ['nonprod: dry run', 'production: dry run']],
    ['a merge request for a template', request, live, template, ['nonprod: plan', 'production: plan']],
    ['a merge request for one cluster', request, live, nonprod, ['nonprod: plan']],
    ['a push of a template', push, live, template, ['nonprod: apply', 'production: apply']],
    ['a push of one cluster', push, live, nonprod, ['nonprod: apply']],
    ['a push of an app', push, live, app, []],
    ['the schedule', clock, live, {}, ['nonprod: drift', 'production: drift']],
  ];
  for (const [says, event, variables, files, expected] of table)
    test(`${says} has ${expected.length === 0 ? 'none of them' : expected.join(' and ')}`, async () => {
      await there.change(files as Record<string, string>);
      const settings = Object.entries(variables).map(([name, value]) => `${name}: ${value}\n`);
      await there.write({ '.gitlab-ci-local-variables.yml': settings.join('') || '{}\n' });
      const listed = await there.jobs(event as Event);
      assert.deepEqual(ofClusters(listed), expected);
      for (const job of listed.filter(({ name }) => name.endsWith(': apply')) as readonly Manual[]) {
        assert.equal(job.when, 'manual');
        assert.ok(!job.allow_failure, 'production does not go on where nonprod failed');
        assert.deepEqual(
          job.needs?.map(({ job }) => job),
          ['lint', 'test', job.name === 'production: apply' ? 'nonprod: apply' : ': apply'],
        );
      }
    });

  test('every script is a clean one, only a person applies, one at a time, and a token is for one role of AWS alone', async () => {
    const jobs = load(await there.preview()) as Readonly<Record<string, Record<string, unknown>>>;
    const checker = spawnSync('shellcheck', ['--version']).status === 0;
    for (const cluster of ['nonprod', 'production']) {
      const kinds = { 'dry run': undefined, plan: 'slipway-plan', drift: 'slipway-drift', apply: 'slipway-bootstrap' };
      for (const [kind, aud] of Object.entries(kinds)) {
        const job = jobs[`${cluster}: ${kind}`] as Record<string, unknown>;
        assert.ok(job, `${cluster}: ${kind}`);
        const text = `#!/bin/bash\nset -eo pipefail\n${(job.script as string[]).join('\n')}\n`;
        const { status, stdout } = checker
          ? spawnSync('shellcheck', ['-'], { input: text, encoding: 'utf8' })
          : spawnSync('bash', ['-n'], { input: text, encoding: 'utf8' });
        assert.equal(status, 0, stdout);
        assert.deepEqual(job.id_tokens, aud && { AWS_ID_TOKEN: { aud } }, kind);
        assert.equal(job.resource_group, kind === 'apply' ? `cluster/${cluster}` : undefined);
        assert.deepEqual(job.environment, kind === 'apply' ? { name: `cluster/${cluster}` } : undefined);
      }
    }
  });
});

describe('run here, against stand-ins of AWS that know their arguments', { skip: noRunner }, () => {
  let there: Site;
  let standIns: StandIns;
  let cluster: Cluster;
  const ends: (() => unknown)[] = [];
  const scope = { after: (cleanUp: () => unknown) => void ends.push(cleanUp) };
  after(async () => {
    for (const cleanUp of ends.reverse()) await cleanUp();
  });

  /** What stands under clusters/, with values of a team's own. */
  const files = Object.fromEntries(
    globSync('clusters/{environments.ts,aws/*.yaml,*/eksctl.yaml,local/**/!(*.test|*.fixture).ts}', { cwd: root }).map(
      (path) => [path, own(read(path))],
    ),
  );

  before(async () => {
    [there, standIns] = await Promise.all([site(scope), StandIns.start(scope)]);
    for (const name of ['aws', 'eksctl', 'kubectl']) {
      copyFileSync(join(standIns.dir, name), join(there.dir, 'bin', name));
      chmodSync(join(there.dir, 'bin', name), 0o755);
    }
    await there.commit({ ...files, '.gitlab-ci.yml': included });
    cluster = await settled(standIns, files);
  });

  const artifact = (name: string) => {
    const found = globSync(`run-*/.gitlab-ci-local/artifacts/**/${name}`, { cwd: there.dir }).sort();
    return readFileSync(join(there.dir, found.at(-1) ?? ''), 'utf8');
  };

  test('a merge request shows what it would change, with what would be lost first, and changes nothing', async () => {
    standIns.begin();
    standIns.world.changes = [
      { ResourceChange: { Action: 'Remove', LogicalResourceId: 'Key', ResourceType: 'AWS::KMS::Key' } },
    ];
    await there.commit(
      { 'clusters/aws/cluster.yaml': `${files['clusters/aws/cluster.yaml']}\n# changed\n` },
      'a-request',
    );
    const ran = await there.run({
      ...{ source: 'merge_request_event', only: ['nonprod: plan'] },
      ...{ commit: (await there.tip('a-request')) as string, variables: { AWS_ID_TOKEN: 'a.signed.token', ...live } },
    });
    assert.deepEqual(ran.failed, [], said(ran));
    const shown = artifact('cluster.txt');
    assert.match(shown, /^It would LOSE what these hold.*\n {2}stack slipway-cluster-nonprod: Remove Key/);
    assert.match(shown, /stack slipway-account: unchanged\n {2}stack slipway-cluster-nonprod: changed/);
    assert.match(shown, / {2}cluster: unchanged\n/);
    assert.match(shown, /act +eksctl create cluster/);
    const changes = new Set(standIns.calls.filter(({ mutates }) => mutates).map(({ words }) => words[2]));
    assert.deepEqual(changes, new Set(['create-change-set', 'delete-change-set']));
    for (const { words } of standIns.calls)
      assert.doesNotMatch(words.join(' '), /a\.signed\.token|slipway-bootstrap\b/);
  });

  test('the schedule fails with what differs from the files, and keeps it', async () => {
    standIns.begin();
    standIns.world.byHand.entries[`arn:aws:iam::${cluster.aws?.account}:role/eve`] = {};
    const ran = await there.run({
      ...{ source: 'schedule', inputs: { task: 'verify' }, only: ['nonprod: drift'] },
      variables: { AWS_ID_TOKEN: 'a.signed.token', ...live },
    });
    assert.deepEqual(ran.failed, ['nonprod: drift']);
    assert.match(
      artifact('drift.txt'),
      /^nonprod is not as the files of [0-9a-f]{7,} say, in 1 place:\n {2}access entry eve: the files say absent, live is present\n/,
    );
    assert.match(ran.output, /FAIL +3\b/, 'drift is told from a fault by its code');
    assert.deepEqual(
      standIns.calls.filter(({ mutates }) => mutates),
      [],
    );
  });
});

const said = ({ output }: Ran) => output.slice(-3000);

/** A file without the values of the example. */
function own(text: string): string {
  return text
    .replaceAll('000000000000', '123456789012')
    .replaceAll('203.0.113.0/24', '198.18.0.0/15')
    .replaceAll('example.com', 'acme.dev')
    .replaceAll('gitlab.com/example/', 'gitlab.com/acme/')
    .replaceAll("'example/", "'acme/")
    .replaceAll("'example'", "'acme'");
}

/** A cluster that bootstrap just made of these files. */
async function settled({ world }: StandIns, files: Readonly<Record<string, string>>): Promise<Cluster> {
  const source = (files['clusters/environments.ts'] ?? '')
    .replace(/^import type .*$/m, '')
    .replace(/: (People|readonly \w+\[\]) =/g, ' =');
  const path = checkPath(await import(`data:text/javascript,${encodeURIComponent(source)}`));
  const cluster = path.clusters.get('nonprod') as Cluster;
  const account = cluster.aws?.account ?? '';
  world.account = account;
  world.arn = `arn:aws:sts::${account}:assumed-role/slipway-account-drift/job`;
  for (const stack of stacksOf(cluster, path)) world.stacks[stack.name] = deployedStack(files[stack.file] ?? '', stack);
  const file = 'clusters/nonprod/eksctl.yaml';
  const { config } = eksctlOf(files[file] ?? '', file, cluster, path);
  const identities = [
    ...(config.addons ?? []).flatMap(({ podIdentityAssociations = [] }) => podIdentityAssociations),
    ...(config.iam?.podIdentityAssociations ?? []),
  ];
  const named = identities.map(({ namespace, serviceAccountName, roleARN }) => [
    `${namespace}/${serviceAccountName}`,
    roleARN,
  ]);
  world.cluster = {
    ...clusterOf(config),
    podIdentities: named.map(([name]) => String(name)),
    logging: ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'],
  };
  world.objects = { server: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'argocd-server' } } };
  Object.assign(world.byHand, {
    cluster: {
      ...{ upgradePolicy: config.upgradePolicy, accessConfig: config.accessConfig, encryptionConfig: [{}] },
      computeConfig: config.autoModeConfig,
    },
    entries: Object.fromEntries(
      (config.accessConfig?.accessEntries ?? []).map(({ principalARN, accessPolicies = [] }) => [
        principalARN,
        {
          associatedAccessPolicies: accessPolicies.map(({ policyARN, accessScope }) => ({
            policyArn: policyARN,
            accessScope,
          })),
        },
      ]),
    ),
    settings: Object.fromEntries(
      (config.addons ?? []).map(({ name, configurationValues }) => [name, configurationValues]),
    ),
    roles: Object.fromEntries(named),
    argoCd: `quay.io/argoproj/argocd:v${argoCdRelease.version}`,
  });
  return cluster;
}
