import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../generators/port.fixture.ts';
import { app as alertmanager } from './app.ts';
import { alertmanagerConfig } from './config.ts';
import { teams } from './receivers.ts';

// Debian's is 0.25; another is named by a variable.
const program = process.env.SLIPWAY_ALERTMANAGER ?? 'prometheus-alertmanager';
const missing = (name: string) => spawnSync(name, ['--version']).error !== undefined;
const skip = missing(program) ? `${program} is not installed (Debian: prometheus-alertmanager)` : false;
const app = alertmanager as Extract<typeof alertmanager, { kind: 'store' }>;
const ours = Object.entries(app.in ?? {}).map(([environment, { files = {}, secrets = {} }]) => ({
  ...{ environment, text: String(files['/etc/alertmanager/alertmanager.json']), secrets },
}));

type Json = Record<string, unknown>;

/** 0.25 takes the address of a webhook from the configuration alone: https://github.com/prometheus/alertmanager/pull/3223 */
const older = /version 0\.2[0-5]\./.test(spawnSync(program, ['--version'], { encoding: 'utf8' }).stdout ?? '');
const readable = (text: string, address: string) =>
  older ? text.replaceAll(/"url_file": "[^"]+"/g, `"url": "${address}"`) : text;

test('what is told of each cluster is a configuration that Alertmanager takes', {
  skip: skip || (missing('amtool') && 'amtool is not installed (Debian: prometheus-alertmanager)'),
}, () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-amtool-'));
  const files = ours.map(({ environment, text }) => {
    const file = join(room, `${environment}.json`);
    writeFileSync(file, readable(text, 'http://127.0.0.1:1/'));
    return file;
  });
  const { status, stdout, stderr } = spawnSync(process.env.SLIPWAY_AMTOOL ?? 'amtool', ['check-config', ...files], {
    encoding: 'utf8',
  });
  rmSync(room, { recursive: true });
  assert.equal(status, 0, stdout + stderr);
  assert.equal(stdout.match(/SUCCESS/g)?.length, 2);
});

test('whoever is woken in production reads it in the morning elsewhere', () => {
  const [nonprod, production] = ours.map(({ text }) =>
    (JSON.parse(text) as { receivers: { name: string }[] }).receivers.map(({ name }) => name),
  );
  assert.ok(production?.includes('team-counter-page'));
  assert.ok(nonprod && !nonprod.some((name) => name.endsWith('-page')));
});

test('every secret that the configuration names is one that the pod has, and no other', () => {
  for (const { environment, text, secrets } of ours) {
    const named = [...text.matchAll(/"\/secrets\/([^"]+)"/g)].map(([, name]) => name).sort();
    const had = Object.keys(secrets).sort();
    // Nobody is woken for nonprod: it has keys that it does not use, so that both clusters are made alike.
    assert.deepEqual(
      named.filter((name) => !had.includes(name as string)),
      [],
    );
    if (environment === 'platform-production') assert.deepEqual([...new Set(named)], had);
  }
});

suite('a real Alertmanager', { skip }, () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-alertmanager-'));
  const secret = 'h4rdly-a-secret';
  const heard: { path: string; body: string }[] = [];
  const receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      heard.push({ path: request.url ?? '', body });
      response.setHeader('content-type', 'application/json').writeHead(request.url === '/pagerduty' ? 202 : 200);
      response.end(request.url === '/pagerduty' ? '{"status":"success"}' : 'ok');
    });
  });
  let child: ChildProcess;
  let url: string;
  let output = '';

  before(async () => {
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
    mkdirSync(join(room, 'secrets'));
    for (const team of Object.keys(teams)) {
      writeFileSync(join(room, 'secrets', `${team}-pagerduty`), `${secret}-${team}\n`);
      writeFileSync(join(room, 'secrets', `${team}-slack`), `${address}/slack/${team}/${secret}\n`);
    }
    writeFileSync(join(room, 'secrets', 'heartbeat'), `${address}/heartbeat/${secret}`);
    const config = alertmanagerConfig({
      ...{ teams, fallback: 'team-platform', heartbeat: { webhook: 'heartbeat' } as const, wakes: true },
      grafana: 'https://grafana.example.com',
    }) as Json;
    const hasty = JSON.stringify(
      { ...config, global: { ...(config.global as Json), pagerduty_url: `${address}/pagerduty` } },
      null,
      2,
    )
      .replaceAll('"/secrets/', `"${room}/secrets/`)
      // Nobody waits for a test: everything else is as it is.
      .replaceAll(/"group_wait": "[^"]+"/g, '"group_wait": "200ms"')
      .replaceAll(/"group_interval": "1m"/g, '"group_interval": "300ms"')
      .replaceAll(/"repeat_interval": "50s"/g, '"repeat_interval": "200ms"');
    writeFileSync(join(room, 'alertmanager.json'), readable(hasty, `${address}/heartbeat/`));
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(
      program,
      [
        ...[`--config.file=${join(room, 'alertmanager.json')}`, `--storage.path=${join(room, 'data')}`],
        ...['--cluster.listen-address=', `--web.listen-address=127.0.0.1:${port}`, '--log.level=debug'],
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    );
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data) => {
        output += data;
      });
    await eventually(async () => (await fetch(`${url}/-/ready`)).ok, 'it is ready');
  });
  after(async () => {
    if (child && child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    receiver.close();
    rmSync(room, { recursive: true, force: true });
  });

  const fire = async (...alerts: { labels: Record<string, string>; annotations?: Record<string, string> }[]) => {
    const answer = await fetch(`${url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
    });
    assert.equal(answer.status, 200, await answer.text());
  };
  const said = (path: string, word: string) =>
    heard.filter((one) => one.path.startsWith(path) && one.body.includes(word));
  const about = (alertname: string, severity: string, owner: string, more: Record<string, string> = {}) => ({
    labels: { alertname, severity, owner, namespace: 'production', app: 'counter', ...more },
    annotations: {
      summary: `Sum of ${alertname}`,
      description: `Look at ${alertname}`,
      runbook: 'https://gitlab.com/example/slipway/-/blob/main/clusters/runbooks/burns.md',
      dashboard: '/d/slipway-service?var-app=counter',
    },
  });

  test('alerts go to who owns the app, by how urgent they are; the dead man’s switch goes on and on', async () => {
    await fire(
      about('DeadMansSwitch', 'heartbeat', 'team-platform', { namespace: 'platform-production', app: 'prometheus' }),
      about('BurnsFast', 'page', 'team-counter'),
      about('Burns', 'ticket', 'team-counter'),
      about('VolumeFills', 'ticket', 'team-platform', { app: 'redis' }),
      about('BurnsUnowned', 'page', 'team-gone', { app: 'shop' }),
      about('FillsUnowned', 'ticket', 'team-gone', { app: 'cart' }),
      // Everything in an environment that does not answer is silent but for what says so.
      about('EnvironmentDown', 'page', 'team-platform', {
        namespace: 'staging',
        app: 'namespaces',
        covers: 'environment',
      }),
      about('BurnsBelow', 'page', 'team-counter', { namespace: 'staging' }),
      // The way that fails must not be the only one that tells of it, and what else is wrong there is heard.
      about('NotificationsFail', 'page', 'team-platform', { app: 'prometheus' }),
      about('TargetMissing', 'ticket', 'team-platform', { app: 'prometheus' }),
    );
    await eventually(() => said('/pagerduty', 'BurnsFast').length > 0, 'the page of the owner');
    await eventually(() => said('/slack/team-platform', 'VolumeFills').length > 0, 'the ticket of another');
    await eventually(() => said('/pagerduty', 'BurnsUnowned').length > 0, 'the page of nobody');
    await eventually(() => said('/slack/team-platform', 'FillsUnowned').length > 0, 'the ticket of nobody');
    await eventually(() => said('/pagerduty', 'EnvironmentDown').length > 0, 'the environment');
    await eventually(() => said('/pagerduty', 'NotificationsFail').length > 0, 'the page that pages may not arrive');
    await eventually(() => said('/slack/team-platform', 'NotificationsFail').length > 0, 'the same by another way');
    await eventually(() => said('/slack/team-platform', 'TargetMissing').length > 0, 'what is wrong beside it');
    await eventually(() => said('/heartbeat', 'DeadMansSwitch').length >= 3, 'a heart that beats');
    const page = JSON.parse(said('/pagerduty', 'BurnsFast')[0]?.body ?? '{}');
    assert.equal(page.routing_key, `${secret}-team-counter`);
    assert.equal(page.payload.summary, 'Sum of BurnsFast');
    assert.deepEqual(page.links, [
      { href: 'https://gitlab.com/example/slipway/-/blob/main/clusters/runbooks/burns.md', text: 'Runbook' },
      { href: 'https://grafana.example.com/d/slipway-service?var-app=counter', text: 'Dashboard' },
    ]);
    assert.equal(
      JSON.parse(said('/pagerduty', 'BurnsUnowned')[0]?.body ?? '{}').routing_key,
      `${secret}-team-platform`,
    );
    const ticket = JSON.parse(said('/slack/team-platform', 'VolumeFills')[0]?.body ?? '{}');
    assert.equal(ticket.channel, '#platform');
    assert.match(JSON.stringify(ticket), /Look at VolumeFills.*\|Runbook>.*\|Dashboard>/);
  });

  test('a page silences the tickets of its app, and an environment that is down the pages in it', async () => {
    // They were sent with those that have arrived by now, in the same groups or with the same wait.
    await sleep(500);
    assert.deepEqual(said('/slack', 'Burns"').concat(said('/slack', 'Burns*')), []);
    assert.deepEqual(said('/', 'BurnsBelow'), []);
    const alerts = (await (await fetch(`${url}/api/v2/alerts?inhibited=true&active=false`)).json()) as {
      labels: Json;
    }[];
    assert.deepEqual(alerts.map(({ labels }) => labels.alertname).sort(), ['Burns', 'BurnsBelow']);
  });

  test('no secret is told by its log, its page or its API', async () => {
    const status = await (await fetch(`${url}/api/v2/status`)).text();
    const metrics = await (await fetch(`${url}/metrics`)).text();
    for (const text of [status, metrics, output]) assert.ok(!text.includes(secret), 'a secret was told');
    assert.match(status, /routing_key_file/);
  });
});

async function eventually(holds: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const until = performance.now() + 20_000;
  while (performance.now() < until) {
    if (await Promise.resolve(holds()).catch(() => false)) return;
    await sleep(25);
  }
  throw new Error(`not within 20 s: ${what}`);
}
