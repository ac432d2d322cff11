import assert from 'node:assert/strict';
import { type ChildProcess, execFile, execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { load } from 'js-yaml';
import { apps } from '../../apps/index.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { hydrate } from '../hydrate.ts';
import { type Fault, kubeconfigOf, type Seen, StandIn } from '../live/kubernetes.fixture.ts';
import { type Kubernetes, openKubernetes } from '../live/kubernetes.ts';
import { readYaml } from '../model/plain-yaml.ts';
import { type ApplyResult, apply, describe as describeResult } from './apply.ts';
import { cloneOf, objectsOf } from './apply-clone.fixture.ts';
import { contract, type Place, standing } from './apply-contract.fixture.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';

const patience = { attempts: 4, first: 1, longest: 50, timeout: 2000 };

async function folder(t: { after(end: () => unknown): void }): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-kube-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10 }));
  return dir;
}

async function doorTo(t: { after(end: () => unknown): void }, text: string, env = process.env): Promise<Kubernetes> {
  const file = join(await folder(t), 'config');
  await writeFile(file, text);
  const door = await openKubernetes({ kubeconfigs: [file], env, now: Date.now, patience });
  t.after(() => door.close());
  return door;
}

let count = 0;
const placeOf = (kubernetes: Kubernetes): Place => ({
  kubernetes,
  environment: async () => `e${++count}`,
});

describe('with an API server that is played', () => {
  let server: StandIn;
  let place: Place;
  const ends: (() => unknown)[] = [];
  before(async () => {
    server = await StandIn.start();
    place = placeOf(await doorTo({ after: (end) => ends.push(end) }, kubeconfigOf(server.url, { token: 'a-token' })));
  });
  after(async () => {
    for (const end of ends) await end();
    server.close();
  });
  contract(() => place);
});

/** A server of its own, whose faults are said by a function, and what stands there. */
async function faulty(t: TestContext, fault: (seen: Seen) => Fault | undefined) {
  const server = await StandIn.start({ fault });
  t.after(() => server.close());
  const place = placeOf(await doorTo(t, kubeconfigOf(server.url, { token: 'a-token' })));
  return { server, ...(await standing(t, place)) };
}

const isApply = ({ method, query }: Seen) => method === 'PATCH' && query.has('fieldManager') && !query.has('dryRun');
const states = ({ objects }: ApplyResult) => [...new Set(objects.map(({ outcome }) => outcome))];

test('what passes is waited for: every object is applied all the same, and once', async (t) => {
  const table: readonly (readonly [name: string, Fault])[] = [
    ['429', { status: 429, headers: { 'retry-after': '1' } }],
    ['500', { status: 500 }],
    ['409', { status: 409, message: 'the object has been modified' }],
    ['503', { status: 503 }],
    ['hangs up', 'refuses'],
    ['a lost answer', 'loses the answer'],
    ['half an answer', 'breaks off'],
  ];
  for (const [name, fault] of table) {
    await t.test(name, async (t) => {
      const struck = new Set<string>();
      const { server, clone, emergency, request, read, sync } = await faulty(t, ({ method, path }) => {
        const key = `${method} ${path}`;
        if (struck.has(key)) return undefined;
        struck.add(key);
        return fault;
      });
      const { environment, publish, application } = clone;
      await sync([application]);
      const { taken } = await publish(objectsOf(environment, '1'));
      const result = await apply(emergency, request(taken));
      assert.deepEqual(result.application, 'paused');
      assert.ok(
        states(result).every((one) => ['created', 'unchanged', 'changed'].includes(one)),
        `${states(result)}`,
      );
      assert.deepEqual((await read('ConfigMap'))?.data, { value: '1', text: 'a\n  b: 1\n' });
      assert.ok(server.seen.length > struck.size);
    });
  }
});

test('a server that asks to wait is not asked before', async (t) => {
  const times: number[] = [];
  const server = await StandIn.start({
    fault: () => (times.push(Date.now()) === 1 ? { status: 429, headers: { 'retry-after': '1' } } : undefined),
  });
  t.after(() => server.close());
  const file = join(await folder(t), 'config');
  await writeFile(file, kubeconfigOf(server.url, { token: 'a-token' }));
  const long = { ...patience, longest: 5000 };
  const door = await openKubernetes({ kubeconfigs: [file], env: process.env, now: Date.now, patience: long });
  t.after(() => door.close());
  assert.equal((await door.ask('/api/v1')).status, 200);
  assert.ok((times[1] as number) - (times[0] as number) >= 990);
});

test('a server that goes away in the middle leaves it paused, says what was applied, and the same again ends it', async (t) => {
  let [gone, back] = [false, false];
  const { clone, emergency, request, read, sync, lines } = await faulty(t, (seen) => {
    // Two objects are applied, and then nobody answers.
    if (isApply(seen) && seen.path.endsWith('/services/shop')) gone = true;
    return gone && !back ? 'refuses' : undefined;
  });
  const { environment, publish, application } = clone;
  await sync([application]);
  const { taken } = await publish(objectsOf(environment, '1'));
  const result = await apply(emergency, request(taken));
  assert.match(
    lines.join('\n'),
    /^paused: .*\ncreated: ServiceAccount\/shop\ncreated: ConfigMap\/shop\nrefused: Service\/shop/,
  );
  const text = describeResult(result).join('\n');
  assert.match(text, /refused: Service\/shop: .*gave no answer.*\n {2}not applied: Deployment\/shop/);
  assert.match(text, /Argo CD stays paused: mend[\s\S]*The way back:[\s\S]*--resume/);
  back = true;
  assert.ok(await read('ConfigMap'));
  assert.equal(await read('Deployment'), undefined);
  const again = await apply(emergency, request(taken));
  assert.deepEqual(
    again.objects.map(({ outcome }) => outcome),
    ['unchanged', 'unchanged', 'created', 'created'],
  );
});

test('one that is refused in the middle ends it, and the same again goes on', async (t) => {
  let refusing = true;
  const { clone, emergency, request, sync } = await faulty(t, (seen) =>
    refusing && isApply(seen) && seen.path.includes('/services/')
      ? { status: 403, message: 'exceeded quota: services' }
      : undefined,
  );
  const { environment, publish, application } = clone;
  await sync([application]);
  const { taken } = await publish(objectsOf(environment, '1'));
  const result = await apply(emergency, request(taken));
  assert.deepEqual(
    result.objects.map(({ object, outcome }) => `${outcome}: ${object}`),
    [
      'created: ServiceAccount/shop',
      'created: ConfigMap/shop',
      'refused: Service/shop',
      'not applied: Deployment/shop',
    ],
  );
  const text = describeResult(result).join('\n');
  assert.match(text, /refused: Service\/shop: exceeded quota: services/);
  assert.match(text, /Some of it was applied, and Argo CD stays paused: mend/);
  assert.match(text, /The way back:[\s\S]*--resume/);
  refusing = false;
  assert.deepEqual(
    (await apply(emergency, request(taken))).objects.map(({ outcome }) => outcome),
    ['unchanged', 'unchanged', 'created', 'created'],
  );
});

test('a command that is killed in the middle is run again, and ends what it began', async (t) => {
  const clone = await cloneOf(t, 'dev');
  const { taken } = await clone.publish(objectsOf('dev', '1'));
  const victims: ChildProcess[] = [];
  const server = await StandIn.start({
    fault: (seen) => {
      if (!isApply(seen) || !seen.path.endsWith('/services/shop') || victims.length !== 1) return undefined;
      victims[0]?.kill('SIGKILL');
      return 'loses the answer';
    },
  });
  t.after(() => server.close());
  server.put('/apis/argoproj.io/v1alpha1/namespaces/argocd-dev/applications/shop', clone.application);
  const config = join(await folder(t), 'config');
  await writeFile(config, kubeconfigOf(server.url, { token: 'a-token' }));
  const args = ['apply', '--env', 'dev', '--app', 'shop', '--from', taken, '--kubeconfig', config, '--json'];
  const run = () =>
    new Promise<{ signal: string | null; out: string }>((done) => {
      const slipway = join(program, 'generators/commands/slipway.mjs');
      const child = execFile(process.execPath, [slipway, ...args], { cwd: clone.git.dir }, (_, out) =>
        done({ signal: child.signalCode, out }),
      );
      victims.push(child);
    });
  assert.equal((await run()).signal, 'SIGKILL');
  const kinds = () => [...server.objects.values()].map(({ kind }) => kind).sort();
  // The answer was lost, and what it answered was done.
  assert.deepEqual(kinds(), ['Application', 'ConfigMap', 'Service', 'ServiceAccount']);
  const { objects, application } = answerOf<ApplyResult>('apply', (await run()).out);
  assert.equal(application, 'paused');
  assert.deepEqual(
    objects.map(({ outcome }) => outcome),
    ['unchanged', 'unchanged', 'unchanged', 'created'],
  );
});

test('every manifest of the own apps is read as js-yaml reads it', async () => {
  const loaded = new Map<string, () => unknown>();
  for (const [name, load] of Object.entries(apps)) {
    const { app } = await load();
    loaded.set(name, () => app);
  }
  const read = (app: string, file: string) => readFileSync(join(program, 'apps', app, file), 'utf8');
  const build = { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) };
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  // The example may be gone.
  const images = 'counter' in apps ? { counter: `registry.gitlab.com/example/slipway/counter@${digest}` } : {};
  const input = { program: build.tree, builds: { service: build }, images, known: {}, taken: [] };
  let count = 0;
  for (const line of hydrate({ apps: loaded, repository, clusters, environments, read }, input, process.version)) {
    if (!('part' in line)) continue;
    for (const [file, text] of Object.entries(line.part.files)) {
      assert.deepEqual(readYaml(text, file), load(text));
      count++;
    }
  }
  assert.ok(count > 50);
});

test('whoever may not act as Argo CD is told so before anything is done, and may act as himself', async (t) => {
  const message = 'users "x" is forbidden: User "a-person" cannot impersonate resource "serviceaccounts"';
  const { server, clone, emergency, request } = await faulty(t, ({ headers }) =>
    headers['impersonate-user'] ? { status: 403, message } : undefined,
  );
  const { taken } = await clone.publish(objectsOf(clone.environment, '1'));
  await assert.rejects(apply(emergency, request(taken)), { message: /may not act as Argo CD .*--as-myself/ });
  assert.equal(server.objects.size, 0);
  assert.deepEqual(states(await apply(emergency, request(taken, { asMyself: true }))), ['created']);
});

test('a sync that began after the pause is noticed', async (t) => {
  let reads = 0;
  const { server, clone, emergency, request, sync } = await faulty(t, ({ method, path }) => {
    if (method === 'GET' && path.includes('/applications/') && ++reads === 2) {
      const [key = '', one] = [...server.objects].find(([key]) => key.includes('/applications/')) ?? [];
      server.put(key, { ...one, status: { operationState: { phase: 'Running', startedAt: '2026-11-22T03:00:01Z' } } });
    }
    return undefined;
  });
  await sync([clone.application]);
  const { taken } = await clone.publish(objectsOf(clone.environment, '1'));
  const { notes } = await apply(emergency, request(taken));
  assert.deepEqual(notes, [
    'Argo CD began a sync at 2026-11-22T03:00:01Z, which was queued before the pause: run this again',
  ]);
});

test('the part of a commit is found in the clone: of the environment branch, of rendered, and of main', async (t) => {
  const server = await StandIn.start();
  t.after(() => server.close());
  const place = placeOf(await doorTo(t, kubeconfigOf(server.url, { token: 'a-token' })));
  const { clone, emergency, request } = await standing(t, place);
  const one = await clone.publish(objectsOf(clone.environment, '1'));
  const two = await clone.publish(objectsOf(clone.environment, '2'));
  for (const version of [one, two]) {
    const names = [version.taken, version.rendered, version.dry, version.dry.slice(0, 10)];
    for (const from of names)
      assert.equal((await apply(emergency, request(from, { dryRun: true }))).part, version.part, from);
  }
  assert.equal((await apply(emergency, request(`origin/env/${clone.environment}~1`, { dryRun: true }))).part, one.part);

  const other = { ...emergency, clone: (await cloneOf(t, 'elsewhere')).git };
  const unpublished = await clone.git.text(['commit-tree', `${one.dry}^{tree}`, '-m', 'never published'], '');
  const gone = await clone.publish(undefined);
  const refused: readonly (readonly [typeof emergency, ReturnType<typeof request>, RegExp])[] = [
    [emergency, request('nowhere'), /^--from nowhere: no commit of this clone; git fetch/],
    [emergency, request('--all'), /^--from --all: no commit/],
    [other, request(one.taken), /no commit of this clone/],
    [emergency, request(unpublished), /neither a commit of env\/\w+ with shop, nor of rendered, nor one of main/],
    [emergency, { ...request(one.rendered), app: 'shpo' }, /rendered at \w+ has no \w+\/shpo/],
    [emergency, { ...request(one.taken), environment: 'production' }, /that is the part of another environment/],
    [emergency, request(gone.taken), /was taken out there, and there is nothing to apply/],
  ];
  for (const [here, asked, message] of refused) await assert.rejects(apply(here, asked), { message });
  assert.equal(server.objects.size, 0);
});

test('a part from before a migration that cannot be undone is applied by wish alone', async (t) => {
  const { server, clone, emergency, request } = await faulty(t, () => undefined);
  const [one, two, three] = [
    await clone.publish(objectsOf(clone.environment, '1')),
    await clone.publish(objectsOf(clone.environment, '2'), { irreversible: true, version: '2.0.0' }),
    await clone.publish(objectsOf(clone.environment, '3'), { version: '2.0.1' }),
  ];
  await assert.rejects(apply(emergency, request(one.taken)), {
    message: /is from before 2\.0\.0, whose migration cannot be undone.*--past-migrations/,
  });
  assert.equal(server.objects.size, 0);
  assert.deepEqual(states(await apply(emergency, request(two.taken))), ['created']);
  assert.equal((await apply(emergency, request(three.taken))).begun, true);
  assert.equal((await apply(emergency, request(one.taken, { pastMigrations: true }))).begun, true);
});

test('what somebody edited is applied by wish alone, and what belongs elsewhere never', async (t) => {
  const server = await StandIn.start();
  t.after(() => server.close());
  const place = placeOf(await doorTo(t, kubeconfigOf(server.url, { token: 'a-token' })));
  const { clone, emergency, request, read } = await standing(t, place);
  await clone.publish(objectsOf(clone.environment, '1'));
  const text = (namespace: string, more = '') =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: shop\n  namespace: ${namespace}\ndata:\n  value: by hand\n${more}`;
  const edited = await clone.edit({ 'shop/configmap-shop.yaml': text(clone.environment) });
  await assert.rejects(apply(emergency, request(edited)), {
    message: /cannot be proven: it never stood in rendered.*--unproven/,
  });
  assert.equal(server.objects.size, 0);
  const { notes } = await apply(emergency, request(edited, { unproven: true }));
  assert.match(notes.join(), /^not proven: it never stood in rendered/);
  assert.deepEqual((await read('ConfigMap'))?.data, { value: 'by hand' });

  await clone.git.bytes(['update-ref', '-d', 'refs/remotes/origin/rendered']);
  await assert.rejects(apply(emergency, request(edited)), { message: /cannot be proven: this clone has no rendered/ });
  const table: readonly (readonly [string, RegExp])[] = [
    [text('kube-system'), /configmap-shop\.yaml at \w+ is in namespace kube-system: it must be in/],
    [text(clone.environment, 'a: &x 1\n'), /shop\/configmap-shop\.yaml at \w+:8:4: an anchor/],
    ['kind: ConfigMap\n', /has no apiVersion, kind and metadata\.name/],
  ];
  for (const [wrong, message] of table) {
    const commit = await clone.edit({ 'shop/configmap-shop.yaml': wrong });
    await assert.rejects(apply(emergency, request(commit, { unproven: true })), { message });
  }
});

describe('the door', () => {
  const asked = async (t: TestContext, text: string, env = process.env) => (await doorTo(t, text, env)).ask('/api/v1');

  /** A certificate of its own, for the names of this machine. */
  async function certificate(t: TestContext) {
    const dir = await folder(t);
    const [key, cert] = [join(dir, 'key.pem'), join(dir, 'cert.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
        ...['-keyout', key, '-out', cert, '-subj', '/CN=kubernetes', '-addext', 'subjectAltName=DNS:kubernetes'],
      ],
      { stdio: 'pipe' },
    );
    return { dir, key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') };
  }
  const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';

  test('a server is believed by its certificate, under the name that the kubeconfig says', { skip }, async (t) => {
    const { dir, key, cert } = await certificate(t);
    const server = await StandIn.start({ tls: { key, cert } });
    t.after(() => server.close());
    const config = (cluster: object) => kubeconfigOf(server.url, { token: 'a-token' }, cluster);
    const data = Buffer.from(cert).toString('base64');
    const named = { 'certificate-authority-data': data, 'tls-server-name': 'kubernetes' };
    assert.equal((await asked(t, config(named))).status, 200);
    const byFile = { 'certificate-authority': join(dir, 'cert.pem'), 'tls-server-name': 'kubernetes' };
    assert.equal((await asked(t, config(byFile))).status, 200);
    assert.equal((await asked(t, config({ 'insecure-skip-tls-verify': true }))).status, 200);
    await assert.rejects(asked(t, config({})), {
      message: /gave no answer \(.*certificate.*\)\. Check certificate-authority/,
    });
    await assert.rejects(asked(t, config({ 'certificate-authority-data': data })), {
      message: /altnames.*Check certificate/,
    });
    await assert.rejects(asked(t, config({ 'certificate-authority': 'none.pem' })), {
      message: /none\.pem, which cannot be read/,
    });
    const plain = config(named).replace('https:', 'http:');
    await assert.rejects(asked(t, plain), { message: /gave no answer/ });
  });

  test('a token comes from the kubeconfig, from a file or from a plugin, which is asked again when it has ended', async (t) => {
    const tokens = new Set(['first']);
    const server = await StandIn.start({ tokens });
    t.after(() => server.close());
    const dir = await folder(t);
    await writeFile(join(dir, 'token'), 'first\n');
    assert.equal((await asked(t, kubeconfigOf(server.url, { token: 'first' }))).status, 200);
    assert.equal((await asked(t, kubeconfigOf(server.url, { token: 'wrong' }))).status, 401);
    assert.equal((await asked(t, kubeconfigOf(server.url, { tokenFile: join(dir, 'token') }))).status, 200);

    const plugin = join(dir, 'plugin.mjs');
    await writeFile(
      plugin,
      `import { appendFileSync, readFileSync } from 'node:fs';
const { spec } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
appendFileSync(process.env.LOG, spec.cluster.server + ' ' + process.argv[2] + '\\n');
const token = readFileSync(process.env.TOKEN, 'utf8').trim();
if (token === 'none') process.exit(3);
console.log(token === 'odd' ? 'hello' : JSON.stringify({ kind: 'ExecCredential', status: { token, expirationTimestamp: process.env.UNTIL } }));
`,
    );
    const log = join(dir, 'log');
    const env = [
      { name: 'LOG', value: log },
      { name: 'TOKEN', value: join(dir, 'token') },
      { name: 'UNTIL', value: '2999-01-01T00:00:00Z' },
    ];
    const exec = {
      apiVersion: 'client.authentication.k8s.io/v1',
      ...{ command: process.execPath, args: [plugin, 'get-token'], env, provideClusterInfo: true },
    };
    const config = kubeconfigOf(server.url, { exec });
    const door = await doorTo(t, config);
    const count = async () => (await readFile(log, 'utf8')).trim().split('\n').length;
    for (let index = 0; index < 3; index++) assert.equal((await door.ask('/api/v1')).status, 200);
    assert.equal(await readFile(log, 'utf8'), `${server.url} get-token\n`);
    // It ended before its time.
    tokens.delete('first');
    tokens.add('second');
    await writeFile(join(dir, 'token'), 'second');
    assert.equal((await door.ask('/api/v1')).status, 200);
    assert.equal(await count(), 2);

    const ended = kubeconfigOf(server.url, { exec }).replace('2999', '1999');
    const short = await doorTo(t, ended);
    await short.ask('/api/v1');
    await short.ask('/api/v1');
    assert.equal(await count(), 4);

    await writeFile(join(dir, 'token'), 'none');
    await assert.rejects(asked(t, config), {
      message: /get-token gave no credential \(exit status 3\)\. Log in again/,
    });
    await writeFile(join(dir, 'token'), 'odd');
    await assert.rejects(asked(t, config), { message: /printed no ExecCredential/ });
    const missing = kubeconfigOf(server.url, { exec: { ...exec, command: 'no-such-plugin', installHint: 'Get it.' } });
    await assert.rejects(asked(t, missing), { message: /no-such-plugin cannot be started .*Get it\./ });
  });

  test('a server that is not there is named, with what to check', async (t) => {
    const server = await StandIn.start();
    const text = kubeconfigOf(server.url, { token: 'a-token' });
    server.close();
    await assert.rejects(asked(t, text), {
      message: /The API server http:\/\/127\.0\.0\.1:\d+ \(context here\) gave no answer .*ECONNREFUSED/,
    });
  });
});

test('without npm ci, on the command line, with the kubeconfig of KUBECONFIG', async (t) => {
  const server = await StandIn.start();
  t.after(() => server.close());
  const clone = await cloneOf(t, 'dev');
  const { taken } = await clone.publish(objectsOf('dev', '1'));
  const dir = await folder(t);
  const bare = (path: string) =>
    !/(node_modules|\.(test|fixture)\.ts|generators\/(bench|faults))/.test(path.slice(program.length));
  for (const path of ['generators', 'clusters', 'package.json'])
    await cp(join(program, path), join(dir, path), { recursive: true, filter: bare });
  const config = join(dir, 'config');
  await writeFile(config, kubeconfigOf(server.url, { token: 'a-token' }));
  const main = `import(${JSON.stringify(join(dir, 'generators/commands/main.ts'))}).then(({ main }) => main(process.argv.slice(1)))`;
  const run = (...args: string[]) =>
    new Promise<{ status: number | null; stdout: string; stderr: string }>((done) => {
      const env = { ...process.env, KUBECONFIG: `${join(dir, 'missing')}:${config}`, NODE_PATH: '' };
      const child = execFile(
        process.execPath,
        ['--input-type=module', '-e', main, '--', 'apply', ...args],
        { cwd: clone.git.dir, env },
        (_, stdout, stderr) => done({ status: child.exitCode, stdout, stderr }),
      );
    });
  const place = ['--env', 'dev', '--app', 'shop'];
  const table: readonly (readonly [string[], number, RegExp])[] = [
    [[], 2, /wants --env E and --app A/],
    [place, 2, /wants --from COMMIT, or --resume/],
    [[...place, '--from', taken, '--resume'], 2, /and not both/],
    [[...place, '--from', taken, '--yes'], 2, /--yes goes with --resume/],
    [[...place, '--resume', '--reason', 'x'], 2, /--reason goes with --from COMMIT/],
    [[...place, '--from', taken, '--context', 'hree'], 2, /did you mean here\?/],
    [[...place, '--from', taken, '--kubeconfig', 'none'], 2, /The kubeconfig none cannot be read/],
    [[...place, '--resume'], 1, /there is nothing to resume/],
  ];
  for (const [args, code, says] of table) {
    const { status, stderr } = await run(...args);
    assert.match(stderr, says);
    assert.equal(status, code, stderr);
  }
  assert.equal(server.objects.size, 0);
  const { status, stdout, stderr } = await run(...place, '--from', 'origin/env/dev', '--json');
  assert.equal(status, 0, stderr);
  assert.equal(answerOf<ApplyResult>('apply', stdout).objects.length, 4);
  assert.equal(server.objects.size, 4);
  const again = await run(...place, '--from', taken);
  assert.match(again.stdout, /4 unchanged/);
  assert.match(again.stdout, /The way back:/);
});
