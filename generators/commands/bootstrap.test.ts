import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { installation as pinnedInstallation } from '../bootstrap/argo-cd.ts';
import { formatPlan, planOf } from '../bootstrap/plan.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import {
  environmentsOf,
  installation,
  makers,
  type Repository,
  repositoryWith,
  StandIns,
  type World,
} from './bootstrap.fixture.ts';
import { again, type BootstrapRequest, type BootstrapWorld, prepare, workOf } from './bootstrap.ts';
import { describeDestroy } from './bootstrap-destroy.ts';
import { bootstrap } from './bootstrap-run.ts';
import { toolRunner } from './bootstrap-tool.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';

const token = 'glpat-a-secret';

interface Stage {
  readonly repository: Repository;
  readonly standIns: StandIns;
  /** Reads everything and takes every step. */
  readonly run: (request?: Partial<BootstrapRequest>, world?: Partial<BootstrapWorld>) => Promise<void>;
  /** Reads everything, and gives what takes every step. */
  readonly read: (request?: Partial<BootstrapRequest>, world?: Partial<BootstrapWorld>) => Promise<() => Promise<void>>;
}

async function stage(t: TestContext): Promise<Stage> {
  const [repository, standIns] = await Promise.all([repositoryWith(t), StandIns.start(t)]);
  const env = {
    ...process.env,
    PATH: `${standIns.dir}${delimiter}${process.env.PATH}`,
    SLIPWAY_REPOSITORY_TOKEN: token,
  };
  const { signal } = new AbortController();
  const read: Stage['read'] = async (changed = {}, world = {}) => {
    const request = { cluster: 'prod', argoCd: repository.argoCd, ...changed };
    const prepared = await prepare(repository.context, request, makers);
    const work = workOf(repository.context, request, prepared, {
      ...{ run: toolRunner(env, signal), signal, token, installation },
      ...{ agree: async () => false, pace: { every: 1, atMost: 20_000 } },
      ...world,
    });
    return () => bootstrap(work, again(request));
  };
  return { repository, standIns, read, run: async (...given) => (await read(...given))() };
}

/** What is there, whatever was asked in between. */
const seen = ({ stacks, cluster, objects }: World) =>
  JSON.parse(
    JSON.stringify({
      stacks: Object.fromEntries(
        Object.entries(stacks).map(([name, { status, content, changeSet }]) => [name, { status, content, changeSet }]),
      ),
      cluster: cluster && { ...cluster, left: 0 },
      objects,
    }),
  );

const changed = ({ calls }: StandIns) =>
  calls.filter(({ mutates }) => mutates).map(({ words }) => words.slice(0, 4).join(' '));

async function refusal(work: Promise<void>): Promise<Refusal> {
  const error = await work.then(
    () => assert.fail('it was not refused'),
    (error: unknown) => error,
  );
  assert.ok(error instanceof Refusal, String(error));
  return error;
}

test('a cluster is made from nothing, and a second run changes nothing', async (t) => {
  const { repository, standIns, run } = await stage(t);
  await run();
  const made = seen(standIns.world);
  assert.deepEqual(Object.keys(made.stacks), ['slipway-prod-network', 'slipway-prod-backup']);
  for (const stack of Object.values(made.stacks) as World['stacks'][string][])
    assert.equal(stack.status, 'CREATE_COMPLETE');
  assert.equal(made.cluster.version, '1.36');
  assert.deepEqual(
    made.objects['argocd ConfigMap argocd-cm'].data,
    { from: 'the part' },
    'the part is what Argo CD syncs later',
  );
  assert.ok(made.objects['argocd Application platform'], 'the one root Application is applied');
  assert.equal(made.objects['argocd Application dev'], undefined, 'Argo CD brings the others itself');
  const { labels } = made.objects['argocd Secret slipway-repository'].metadata;
  assert.deepEqual(labels, { 'argocd.argoproj.io/secret-type': 'repository' });
  assert.ok(changed(standIns).length > 8);
  for (const { words } of standIns.calls) assert.doesNotMatch(words.join(' '), new RegExp(token));
  assert.doesNotMatch(repository.said.join('\n'), new RegExp(token));

  standIns.begin();
  await run();
  const changeSets = /^aws cloudformation (create|delete)-change-set --stack-name$/;
  assert.deepEqual(
    changed(standIns).filter((call) => !changeSets.test(call)),
    [],
  );
  assert.deepEqual(seen(standIns.world), made);
  assert.ok(repository.said.some((line) => line.includes('stack slipway-prod-network: unchanged')));
  standIns.begin();
  await run({}, { token: undefined });
  assert.deepEqual(seen(standIns.world), made, 'without a token, the Secret that is there stays');
});

test('whatever fails, and whether or not it had been done: running again ends in the same place', async (t) => {
  const { standIns, read } = await stage(t);
  const run = await read();
  const begun = structuredClone(standIns.world);
  await run();
  const made = seen(standIns.world);
  const calls = [...standIns.calls];
  assert.ok(calls.length > 40);
  const tried = new Set<string>();
  for (const [index, call] of calls.entries()) {
    for (const how of call.mutates ? (['before', 'after'] as const) : (['before'] as const)) {
      const what = `${how} call ${index + 1}, ${call.words.join(' ')}`;
      standIns.world = structuredClone(begun);
      standIns.begin({ at: index + 1, how });
      const { message } = await refusal(run());
      assert.match(
        message,
        /^Step \d+\/\d+, .*the connection broke.*npx slipway bootstrap prod .*goes on from here/s,
        what,
      );
      // The world is all that a run knows of an earlier one: what it makes of the same world, it makes again.
      const left = JSON.stringify(standIns.world);
      if (tried.has(left)) continue;
      tried.add(left);
      standIns.begin();
      await run();
      assert.deepEqual(seen(standIns.world), made, what);
    }
  }
  assert.ok(tried.size > 15, `${tried.size} different worlds were left`);
});

test('an eksctl that died in the middle left a cluster on its way, which is waited for and completed', async (t) => {
  const { standIns, run } = await stage(t);
  await run();
  const made = seen(standIns.world);
  const { cluster } = standIns.world;
  for (const lost of [
    { status: 'CREATING', left: 2, addons: [], accessEntries: [], podIdentities: [], nodeGroups: [] },
    { addons: ['kube-state-metrics chosen', 'metrics-server v0.7.0-eksbuild.1'], logging: ['audit'] },
    { addons: ['kube-state-metrics chosen'] },
    { zonalShift: false, publicAccessCidrs: ['0.0.0.0/0'] },
    { version: '1.34' },
  ]) {
    standIns.world.cluster = { ...(cluster as NonNullable<World['cluster']>), ...lost };
    standIns.begin();
    await run();
    assert.deepEqual(seen(standIns.world), made, JSON.stringify(lost));
  }
});

test('a stack that an earlier run left in any state is brought to what its template says', async (t) => {
  const { standIns, run } = await stage(t);
  const name = 'slipway-prod-network';
  await run();
  const made = seen(standIns.world);
  const { content } = made.stacks[name];
  const half = { type: 'CREATE', content, asked: 3 };
  const states: readonly World['stacks'][string][] = [
    { status: 'REVIEW_IN_PROGRESS', content: '' },
    { status: 'REVIEW_IN_PROGRESS', content: '', changeSet: half },
    { status: 'ROLLBACK_COMPLETE', content: '' },
    { status: 'CREATE_COMPLETE', content, changeSet: { ...half, type: 'UPDATE' } },
    { status: 'CREATE_COMPLETE', content, busy: { left: 2, status: 'CREATE_IN_PROGRESS' } },
  ];
  for (const state of states) {
    standIns.world.stacks[name] = structuredClone(state);
    standIns.begin();
    await run();
    assert.deepEqual(seen(standIns.world), made, JSON.stringify(state));
  }
  standIns.world.stacks[name] = { status: 'UPDATE_ROLLBACK_FAILED', content };
  const { message } = await refusal(run());
  assert.match(message, /slipway-prod-network is UPDATE_ROLLBACK_FAILED \(Network: too many networks\)\. Put it right/);
});

test('a change that would lose what a resource holds is made only when somebody agrees', async (t) => {
  const { repository, standIns, run } = await stage(t);
  await run();
  const before = seen(standIns.world);
  await repository.commit({ 'clusters/aws/network.yaml': 'Resources:\n  Backups: { Type: "AWS::S3::Bucket" }\n' });
  const bucket = { LogicalResourceId: 'Backups', ResourceType: 'AWS::S3::Bucket' };
  for (const change of [
    { ...bucket, Action: 'Remove' },
    { ...bucket, Action: 'Modify', Replacement: 'True' },
    { ...bucket, Action: 'Modify', Replacement: 'Conditional' },
  ]) {
    standIns.world.changes = [{ ResourceChange: change }];
    const { message, exitCode } = await refusal(run());
    assert.match(message, /would lose what these hold: (Remove|Modify) Backups \(AWS::S3::Bucket\).* with --yes/);
    assert.equal(exitCode, 1);
    assert.deepEqual(seen(standIns.world), before, 'nothing was changed, and no change set is left');
  }
  await run({}, { agree: async () => true });
  assert.notDeepEqual(seen(standIns.world).stacks, before.stacks);
  assert.equal(standIns.world.stacks['slipway-prod-network']?.status, 'UPDATE_COMPLETE');
});

test('what cannot be done is refused with the next step, before anything is made', async (t) => {
  const { repository, standIns, run } = await stage(t);
  const table: readonly {
    readonly says: RegExp;
    readonly world?: Partial<World>;
    readonly request?: Partial<BootstrapRequest>;
    readonly given?: Partial<BootstrapWorld>;
    readonly files?: Readonly<Record<string, string>>;
    readonly code?: number;
  }[] = [
    {
      says: /in account 999999999999, and prod belongs into 123456789012.*AWS_PROFILE/,
      world: { account: '999999999999' },
    },
    {
      says: /assumed-role\/platform-visitor\/somebody is in no accessConfig\.accessEntries of clusters\/prod\/eksctl\.yaml.*role\/team\/platform\)/,
      world: { arn: 'arn:aws:sts::123456789012:assumed-role/platform-visitor/somebody' },
    },
    { says: /lacks s3:CreateBucket on arn:aws:s3:::\*\. Ask whoever/, world: { denied: ['s3:CreateBucket'] } },
    {
      says: /eksctl is 0\.100\.0; 0\.\d+\.\d+ or later is needed\. Install it: npx slipway tools eksctl --install/,
      world: { versions: { ...standIns.world.versions, eksctl: '0.100.0' } },
    },
    {
      says: /kubectl says .*"vnext.* of its version/,
      world: { versions: { ...standIns.world.versions, kubectl: 'next' } },
    },
    {
      says: /clusters\/environments\.ts \(clusters\.prod\.aws\.account\) is "000000000000"\nPut your own/,
      files: { 'clusters/environments.ts': environmentsOf({ account: '000000000000' }) },
      code: 2,
    },
    {
      says: /\(repository\) is "https:\/\/gitlab\.com\/example\/slipway\.git"/,
      files: { 'clusters/environments.ts': environmentsOf({ repository: 'https://gitlab.com/example/slipway.git' }) },
      request: { cluster: 'home', context: 'kind-home' },
      code: 2,
    },
    {
      says: /clusters\/prod\/notes\.yaml:1:7 is "203\.0\.113\.0\/24"/,
      files: { 'clusters/environments.ts': environmentsOf(), 'clusters/prod/notes.yaml': 'from: 203.0.113.0/24\n' },
      code: 2,
    },
    {
      says: /^prdo is not a cluster of clusters\/environments\.ts; did you mean prod\?$/,
      request: { cluster: 'prdo' },
      code: 2,
    },
    { says: /profile: 'local', which nobody makes: name the context/, request: { cluster: 'home' }, code: 2 },
    {
      says: /prod has profile: 'eks', and --context is for .* Leave --context out, or name home$/,
      request: { context: 'kind-home' },
      code: 2,
    },
    {
      says: /office is not a cluster.* add to clusters\/environments\.ts:\nin clusters\n {2}\{ name: 'office', profile: 'local'.*\nin environments\n {2}\{ name: 'office',.*\n {2}\{ name: 'platform-office',.*\},$/,
      request: { cluster: 'office', context: 'x' },
      code: 2,
    },
    {
      says: /bare has no field aws|no environment with scope: 'cluster' is on bare/,
      request: { cluster: 'bare' },
      code: 2,
    },
    { says: /--dry 1234567 is not a commit/, request: { dry: '1234567' }, code: 2 },
    {
      says: /context "--context nowhere" does not exist.*kubectl config get-contexts/,
      request: { cluster: 'home', context: 'nowhere' },
    },
    { says: /--argo-cd \/nowhere\.yaml cannot be read/, request: { argoCd: '/nowhere.yaml' } },
    { says: /install\.yaml cannot be fetched \(.*\)\. Fetch it elsewhere, and name/, request: { argoCd: undefined } },
    { says: /checksum|SHA-256/i, given: { installation: pinnedInstallation } },
    {
      says: /EKS has no such cluster|An earlier eksctl left the stack eksctl-prod-cluster as ROLLBACK_COMPLETE, and no cluster/,
      world: { stacks: { 'eksctl-prod-cluster': { status: 'ROLLBACK_COMPLETE', content: '' } } },
    },
  ];
  const fresh = structuredClone(standIns.world);
  for (const { says, world, request, given, files, code = 1 } of table) {
    await repository.commit({
      'clusters/environments.ts': environmentsOf(),
      'clusters/prod/notes.yaml': 'a: 1\n',
      ...files,
    });
    standIns.world = { ...structuredClone(fresh), ...structuredClone(world ?? {}) };
    standIns.begin();
    const error = await refusal(run(request, given));
    assert.match(error.message, says);
    assert.equal(error.exitCode, code, error.message);
    assert.equal(error instanceof Misuse, code === 2);
    assert.equal(standIns.world.cluster, undefined);
    assert.deepEqual(standIns.world.objects, {});
  }
});

test('a cluster that is newer than its file is not touched', async (t) => {
  const { standIns, run } = await stage(t);
  await run();
  Object.assign(standIns.world.cluster as object, { version: '1.37' });
  standIns.begin();
  const { message } = await refusal(run());
  assert.match(
    message,
    /prod runs 1\.37, and clusters\/prod\/eksctl\.yaml says 1\.36: no cluster goes back\. Put metadata\.version: "1\.37"/,
  );
  assert.deepEqual(
    changed(standIns).filter((call) => call.startsWith('eksctl')),
    [],
  );
});

test('a cluster is not made for what was published with a value of the example', async (t) => {
  const { repository, standIns, run } = await stage(t);
  const { checkout } = repository.context;
  await checkout.bytes(['fetch', '--quiet', 'origin', 'env/platform-prod']);
  await checkout.bytes(['checkout', '--quiet', '--detach', 'FETCH_HEAD']);
  await repository.commit({
    'runner/secretproviderclass-runner.yaml': 'version: 00000000-0000-0000-0000-000000000000\n',
  });
  await checkout.bytes(['push', '--quiet', 'origin', 'HEAD:env/platform-prod']);
  await checkout.bytes(['checkout', '--quiet', 'main']);
  const error = await refusal(run());
  assert.ok(error instanceof Misuse);
  assert.match(
    error.message,
    /env\/platform-prod:runner\/secretproviderclass-runner\.yaml:1:10 is "00000000-0000-0000-0000-000000000000"\nPut/,
  );
  assert.deepEqual(changed(standIns), []);
});

test('nobody waits for a cluster to be told that nothing was published', async (t) => {
  const { repository, standIns, run } = await stage(t);
  await repository.context.checkout.bytes(['push', '--quiet', 'origin', ':env/platform-prod']);
  const { message } = await refusal(run());
  assert.match(
    message,
    /Nothing of argocd stands on env\/platform-prod at .*: run npx slipway publish, then this again/,
  );
  assert.deepEqual(changed(standIns), []);
});

test('a cluster that is there already gets Argo CD and nothing in AWS', async (t) => {
  const { repository, standIns, run } = await stage(t);
  standIns.world.server = '1.33';
  await run({ cluster: 'home', context: 'kind-home' });
  assert.deepEqual(new Set(standIns.calls.map(({ words }) => words[0])), new Set(['kubectl']));
  assert.ok(standIns.world.objects['argocd Application platform']);
  assert.ok(repository.said.some((line) => /Kubernetes 1\.33; everything here is checked against 1\.36/.test(line)));
  assert.equal(standIns.world.cluster, undefined);
});

test('without a token and without a Secret, it is said how a token is made', async (t) => {
  const { repository, standIns, run } = await stage(t);
  const home = { cluster: 'home', context: 'kind-home' };
  const { message } = await refusal(run(home, { token: undefined }));
  assert.match(
    message,
    /Argo CD has no token for https:\/\/gitlab\.com\/acme\/slipway\.git: .*read_repository.*SLIPWAY_REPOSITORY_TOKEN/,
  );
  assert.ok(repository.said.some((line) => line.includes('SLIPWAY_REPOSITORY_TOKEN is not set')));
  await run(home);
  await run(home, { token: 'glpat-another' });
  const { data } = standIns.world.objects['argocd Secret slipway-repository'] as unknown as {
    data: { password: string };
  };
  assert.equal(
    String(Buffer.from(data.password, 'base64')),
    'glpat-another',
    'a new token takes the place of the old one',
  );
});

test('what does not come right is named when nobody waits for it any longer', async (t) => {
  const { repository, standIns, run } = await stage(t);
  const asked = [{ cluster: 'home', context: 'kind-home' }, { pace: { every: 1, atMost: 30 } }] as const;
  standIns.world.ill = ['classes'];
  const { message } = await refusal(run(...asked));
  assert.match(
    message,
    /run this again to see\. Not Synced and Healthy yet: argocd-platform-home\/classes is OutOfSync and Degraded/,
  );
  // An app of an environment is somebody else's.
  standIns.world.ill = ['redis'];
  await run(...asked);
  assert.ok(repository.said.includes('  not yet: argocd-home/redis is OutOfSync and Degraded'));
});

test('the plan is all that a run does, and needs neither tools nor credentials', async (t) => {
  const { repository, standIns, run } = await stage(t);
  const { target } = await prepare(repository.context, { cluster: 'prod' }, makers);
  const steps = planOf(target);
  assert.deepEqual(
    steps.map(({ id }) => id),
    [
      ...['values', 'tools', 'files', 'identity', 'rights', 'stack slipway-prod-network', 'stack slipway-prod-backup'],
      ...['cluster', 'kubeconfig', 'argo-cd', 'credential', 'platform'],
    ],
  );
  const printed = formatPlan(steps).join('\n');
  assert.match(
    printed,
    /act +eksctl create cluster --write-kubeconfig=false -f - < clusters\/prod\/eksctl\.yaml \(filled\)/,
  );
  assert.match(printed, /act +aws cloudformation execute-change-set --stack-name slipway-prod-network/);
  assert.equal(standIns.calls.length, 0);
  await run();
  const verbs = (words: readonly string[]) =>
    words
      .filter((word) => !/^--?|^\.slipway/.test(word))
      .slice(0, 3)
      .join(' ');
  const planned = new Set(steps.flatMap(({ looks, acts }) => [...looks, ...acts]).map(({ argv }) => verbs(argv)));
  for (const { words, mutates } of standIns.calls) if (mutates) assert.ok(planned.has(verbs(words)), words.join(' '));
});

test('taking a cluster away is for people: what would go on costing is listed, also when AWS cannot be asked', async (t) => {
  const { repository } = await stage(t);
  const { target } = await prepare(repository.context, { cluster: 'prod' }, makers);
  assert.ok(target.cloud);
  const asked: string[] = [];
  const lines = await describeDestroy(async ({ argv }) => {
    asked.push(argv.slice(0, 3).join(' '));
    return argv.includes('ec2:volume')
      ? '{"ResourceTagMappingList":[{"ResourceARN":"vol-1"},{"ResourceARN":"vol-2"}]}'
      : '{}';
  }, target.cloud);
  assert.ok(
    asked.every((call) => /^aws \S+ (describe|get|list)-/.test(call)),
    asked.join('\n'),
  );
  assert.ok(lines.some((line) => /volumes and snapshots +vol-1, vol-2/.test(line)));
  const order = lines.findIndex((line) => line.includes('eksctl delete cluster --name prod'));
  assert.ok(
    order > 0 && lines.findIndex((line) => line.includes('delete-stack --stack-name slipway-prod-backup')) > order,
  );
  const half = await describeDestroy(async ({ argv }) => {
    if (argv.includes('ec2:volume')) throw new Refusal('you may not');
    return '{"ResourceTagMappingList":[{"ResourceARN":"arn:aws:s3:::backups"}]}';
  }, target.cloud);
  assert.ok(
    half.some((line) => /buckets +arn:aws:s3:::backups/.test(line)),
    'what one may not see hides nothing else',
  );
  const blind = await describeDestroy(async () => {
    throw new Refusal('Unable to locate credentials');
  }, target.cloud);
  assert.ok(blind.some((line) => /AWS did not tell everything/.test(line)));
  assert.ok(blind.some((line) => /volumes and snapshots +not known: Unable to locate credentials/.test(line)));
});

test('the command prints the plan without any tool, and says what a missing one is installed with', async (t) => {
  const { repository, standIns } = await stage(t);
  const dir = await mkdtemp(join(tmpdir(), 'slipway-path-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = process.env.PATH?.split(delimiter).map((folder) => join(folder, 'git'));
  for (const tool of ['git', 'tar']) {
    const found = await import('node:fs').then(({ existsSync }) =>
      (git ?? []).map((path) => path.replace(/git$/, tool)).find((path) => existsSync(path)),
    );
    await symlink(found as string, join(dir, tool));
  }
  const bare = command(repository, dir, 'home', '--context', 'kind-home', '--dry-run', '--json');
  const { steps } = answerOf<{ steps: { id: string }[] }>('bootstrap', await text(bare.stdout));
  assert.deepEqual(
    steps.map(({ id }) => id),
    ['values', 'tools', 'files', 'cluster', 'argo-cd', 'credential', 'platform'],
  );
  const missing = command(repository, dir, 'home', '--context', 'kind-home');
  const [said, [code]] = await Promise.all([text(missing.stderr), once(missing, 'close')]);
  assert.match(said, /kubectl is not there; .* Install it: npx slipway tools kubectl --install/);
  assert.equal(code, 1);
  assert.equal(standIns.calls.length, 0);
});

test('Ctrl-C stops the tool that runs, and says that it can be run again', async (t) => {
  const { repository, standIns } = await stage(t);
  standIns.begin({ at: 1, how: 'hang' });
  const hangs = new Promise<void>((resolve) => {
    standIns.hanging = resolve;
  });
  const child = command(repository, `${standIns.dir}${delimiter}${process.env.PATH}`, 'home', '--context', 'kind-home');
  const said = text(child.stderr);
  await hangs;
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  assert.equal(code, 1);
  assert.match(
    await said,
    /Step 2\/7, tools: kubectl version .* was stopped\. Nothing has to be cleaned up: npx slipway bootstrap home --context kind-home goes on/,
  );
});

function command({ context }: Repository, path: string, ...args: string[]) {
  return spawn(process.execPath, [join(program, 'generators', 'commands', 'slipway.mjs'), 'bootstrap', ...args], {
    cwd: context.checkout.dir,
    env: { ...process.env, PATH: path, SLIPWAY_REPOSITORY_TOKEN: token },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
