import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Forge, Status } from '../forge/forge.ts';
import type { Live, Metrics, Sample } from '../model/gate.ts';
import { Refusal } from '../model/refusal.ts';
import { describe, type Gated, gate } from './gate.ts';
import { program } from './hydrate-commit.ts';
import { promote } from './promote.ts';
import { environmentsFile, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

/** Long after everything here was committed; the soak time of the fixture is a minute. */
const now = Date.now() + 3_600_000;
const minutesAgo = (count: number) => now - count * 60_000;

/** Prometheus, where every app was Healthy all the time. */
const calm: Metrics = {
  async health(_, seconds) {
    const samples = Array.from({ length: 4 }, (_, index): Sample => {
      return { time: now - (1 - index / 4) * seconds * 1000 + 1, health: 'Healthy' };
    });
    return new Map(['a', 'b'].map((app) => [app, samples]));
  },
  firing: async () => new Map(),
};

/** Publishes one part of `a` after the other. @returns the tips of env/dev that had them */
async function published(box: Sandbox, ...values: readonly string[]): Promise<string[]> {
  const tips: string[] = [];
  for (const a of values) {
    await box.change({ a });
    await box.publish();
    tips.push((await box.tip('env/dev')) ?? '');
  }
  return tips;
}

/** An app that synced these commits so many minutes ago, and is Healthy since the last of them. */
function synced(app: string, ...syncs: readonly [revision: string, minutes: number][]): Live {
  const deployed = syncs.map(([revision, minutes]) => ({ revision, time: minutesAgo(minutes) }));
  const last = deployed.at(-1);
  return { app, sync: 'Synced', health: 'Healthy', revision: last?.revision, since: last?.time, deployed };
}

/** A forge that takes and gives commit statuses alone. */
function statusesOf(
  author: string,
): Pick<Forge, 'statuses' | 'setStatus'> & { set: string[]; all: Map<string, Status> } {
  const all = new Map<string, Status>();
  const set: string[] = [];
  return {
    all,
    set,
    statuses: async (commit) => [...all].filter(([key]) => key.startsWith(`${commit} `)).map(([, status]) => status),
    setStatus: async (commit, status) => {
      set.push(`${status.name} ${status.state}`);
      all.set(`${commit} ${status.name}`, { ...status, author });
    },
  };
}

test('the newest part that has soaked goes on, and a newer one is waited for, until somebody goes back', async (t) => {
  const box = await sandbox(t);
  const [one = '', two = '', three = ''] = await published(box, '1', '2', '3');
  const live = async () => [synced('a', [one, 50], [two, 5], [three, 0.5]), synced('b', [one, 50])];
  const context = { ...box.context, now: () => now, live, metrics: calm };
  const [promotion] = await promote(context, { to: 'staging' });
  assert.deepEqual(promotion?.moves, ['a 1.0 added', 'b 1.0 added']);
  assert.match(promotion?.left.join('\n') ?? '', /^a waits: dev runs it since \S+Z \(Argo CD\), and 60 s are asked$/);
  await box.context.forge?.merge(promotion?.request?.iid ?? 0, promotion?.request?.sha ?? '');
  assert.equal(await box.value('staging', 'a'), '2');

  const rows = await gate(context, { environment: 'dev' });
  assert.deepEqual(
    rows.map(({ app, agrees, part }) => [app, agrees, part !== undefined]),
    [
      ['a', false, true],
      ['b', true, true],
    ],
  );
  assert.match(
    describe(rows)[0] ?? '',
    /^a waits: .* 60 s are asked; an earlier part agrees: dev runs it or what followed/,
  );

  const person = await box.person('dev');
  await person.git.bytes(['revert', '--no-edit', 'HEAD']);
  await person.push();
  const back = (await box.tip('env/dev')) ?? '';
  const asked = async (...syncs: [string, number][]) => {
    const live = async () => [synced('a', [one, 50], ...syncs), synced('b', [one, 50])];
    const [row] = await gate({ ...context, live }, { environment: 'dev', app: 'a' });
    return [row?.agrees, row?.part !== undefined];
  };
  assert.deepEqual(await asked([two, 5], [three, 4]), [false, false], 'what was gone back from does not soak');
  assert.deepEqual(await asked([two, 5], [three, 4], [back, 0.5]), [false, false], 'nor did what was gone back to yet');
  assert.deepEqual(await asked([two, 5], [three, 4], [back, 2]), [true, true]);
});

test('an alert, a Prometheus that is silent, and an edit each withhold the app that they are about', async (t) => {
  const box = await sandbox(t);
  const [one = ''] = await published(box, '1');
  const live = async () => [synced('a', [one, 50]), synced('b', [one, 50])];
  const context = { ...box.context, now: () => now, live, metrics: calm };
  const lines = async (metrics: Partial<Metrics>) =>
    describe(await gate({ ...context, metrics: { ...calm, ...metrics } }, { environment: 'dev' }));

  assert.match((await lines({})).join('\n'), /^a agrees: dev runs it since .*; no alert of a fired in dev for 60 s/);
  const fires = async () => new Map([['a', [{ alert: 'Burns', last: now }]]]);
  assert.match(
    (await lines({ firing: fires })).join('\n'),
    /^a waits: alert Burns of a fires in dev \(Prometheus\)\nb agrees: dev runs it/,
  );
  const refused = async () => {
    throw new Refusal('Prometheus at http://p cannot be asked (it is down).');
  };
  for (const line of await lines({ health: refused })) assert.match(line, /^. waits: Prometheus at http:\/\/p cannot/);
  for (const line of await lines({ firing: refused })) assert.match(line, /^. waits: Prometheus at http:\/\/p cannot/);
  const broken = async () => {
    throw new TypeError('a mistake of ours');
  };
  await assert.rejects(lines({ health: broken }), TypeError);

  const person = await box.person('dev');
  await person.git.bytes(['rm', '--quiet', 'a/hydrator.metadata']);
  await person.git.bytes(['commit', '--quiet', '-m', 'an edit']);
  await person.push();
  assert.match((await lines({})).join('\n'), /^a waits: it was edited by hand in dev\nb agrees/);
});

test('what the gates say is reported once for each tip and state, and counts elsewhere as the word of its reporter', async (t) => {
  const box = await sandbox(t);
  const calendar = { timeZone: 'Europe/Berlin', closed: ['Fri 16:00 - Mon 07:00'] };
  const path = environmentsFile()
    .replace("name: 'dev'", "name: 'dev', reporter: 'cluster-bot'")
    .replace("name: 'staging'", `name: 'staging', auto: true, calendar: ${JSON.stringify(calendar)}`)
    .replace("name: 'production'", "name: 'production', auto: false");
  await box.commit({ 'clusters/environments.ts': path });
  const [one = '', two = ''] = await published(box, '1', '2');
  assert.deepEqual(JSON.parse(await box.remote.text(['show', 'rendered:published.json'])).environments, [
    { name: 'dev', soak: 60, reporter: 'cluster-bot' },
    { name: 'staging', after: 'dev', soak: 60, calendar, auto: true },
    { name: 'production', after: 'staging', soak: 60 },
  ]);
  const forge = statusesOf('cluster-bot');
  const base = { ...box.context, forge, now: () => now };
  const live = (minutes: number) => async () => [
    synced('a', [one, 50], [two, minutes]),
    { ...synced('b', [one, 50]), health: 'Degraded' },
  ];
  const report = (minutes: number) => gate({ ...base, live: live(minutes) }, { environment: 'dev', report: true });
  const heard = async () => (await gate(base, { environment: 'dev' })).map(({ app, agrees }) => `${app} ${agrees}`);

  assert.deepEqual(await heard(), ['a false', 'b false']);
  await report(0.5);
  assert.deepEqual(forge.set, ['slipway/gate/a pending', 'slipway/gate/b failed']);
  await report(0.6);
  assert.equal(forge.set.length, 2, 'the same state is not said again');
  await report(2);
  assert.deepEqual(forge.set.slice(2), ['slipway/gate/a success']);
  assert.deepEqual(await heard(), ['a true', 'b false']);
  assert.match(forge.all.get(`${two} slipway/gate/a`)?.description ?? '', /^dev has it Synced and Healthy since /);

  forge.all.set(`${two} slipway/gate/b`, {
    name: 'slipway/gate/b',
    state: 'success',
    description: 'trust me',
    author: 'mallory',
  });
  const rows = await gate(base, { environment: 'dev', app: 'b' });
  assert.match(
    describe(rows).join(),
    /^b waits: cluster-bot has not set slipway\/gate\/b .*; what mallory set does not count$/,
  );
  const promoting = { ...box.context, forge: { ...(box.context.forge as Forge), ...forge } };
  const [promotion] = await promote(promoting, { to: 'staging', dryRun: true });
  assert.deepEqual(promotion?.moves, ['a 1.0 added']);
  const [alone] = await promote({ ...box.context, forge: undefined }, { to: 'staging', dryRun: true });
  assert.match(alone?.left.join('\n') ?? '', /^a waits: what cluster-bot reported cannot be read: SLIPWAY_TOKEN/);

  await assert.rejects(gate(base, { environment: 'dev', report: true }), /nothing to report.*ARGOCD_SERVER/);
  await assert.rejects(
    gate({ ...base, live: live(2), forge: undefined }, { environment: 'dev', report: true }),
    /nobody to report to: SLIPWAY_TOKEN/,
  );
  await assert.rejects(gate(base, { environment: 'staging' }), /No gate can be asked about staging: set ARGOCD_SERVER/);
});

test('slipway gate prints a line per app, and ends with 1 when one waits', async (t) => {
  const box = await sandbox(t);
  await published(box, '1');
  const revision = await box.tip('env/dev');
  const health = { status: 'Healthy', lastTransitionTime: new Date(Date.now() - 3_600_000).toISOString() };
  const server = createServer((_, response) => {
    const items = ['a', 'b'].map((name) => ({
      metadata: { name },
      status: { sync: { status: 'Synced', revision }, health },
    }));
    response.end(JSON.stringify({ items }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const slipway = (env: object, ...args: readonly string[]) =>
    new Promise<{ code: unknown; out: string }>((resolve) => {
      const options = { cwd: box.checkout.dir, env: { ...process.env, ...env } };
      const file = join(program, 'generators/commands/slipway.mjs');
      execFile(process.execPath, [file, 'gate', ...args], options, (error, stdout, stderr) =>
        resolve({ code: error?.code ?? 0, out: stdout + stderr }),
      );
    });
  const cd = { ARGOCD_SERVER: address, ARGOCD_AUTH_TOKEN: 's3cret' };
  const waits = await slipway(cd, '--env', 'dev');
  assert.deepEqual([waits.code, waits.out.trim().split('\n').length], [1, 2], waits.out);
  assert.match(waits.out, /^a waits: dev has it Synced and Healthy since \S+, and 60 s are asked \(Argo CD\)\nb waits/);

  await box.commit({ 'clusters/environments.ts': environmentsFile().replace("soak: '1m'", "soak: '0s'") });
  await box.publish();
  const agrees = await slipway(cd, '--env', 'dev', '--app', 'a', '--json');
  assert.equal(agrees.code, 0, agrees.out);
  const { apps: told } = answerOf<{ apps: Gated[] }>('gate', agrees.out);
  assert.deepEqual(told[0]?.answers, [
    {
      gate: 'soak',
      is: 'yes',
      evidence: 'dev has it Synced and Healthy (Argo CD)',
      link: `${address}/applications/argocd-dev/a`,
    },
  ]);
  const silent = await slipway({ ...cd, PROMETHEUS_URL: 'http://127.0.0.1:1' }, '--env', 'dev', '--app', 'a');
  assert.equal(silent.code, 1);
  assert.match(silent.out, /^a waits: Prometheus at http:\/\/127\.0\.0\.1:1 cannot be asked/);
  const wrong = await slipway(cd);
  assert.deepEqual([wrong.code, wrong.out], [2, 'slipway: gate wants --env E; see npx slipway gate --help.\n']);
  const context = { ...box.context, live: async () => [] };
  await assert.rejects(
    gate(context, { environment: 'prod' }),
    /--env prod: not an environment; known are dev, staging/,
  );
  await assert.rejects(
    gate(context, { environment: 'dev', app: 'aa' }),
    /nothing of it stands in dev; did you mean a\?/,
  );
});
