import assert from 'node:assert/strict';
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type RequestListener } from 'node:http';
import { createServer as createHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { CheckedApp } from '../../generators/model/app-schema.ts';
import { formatYaml } from '../../generators/model/yaml.ts';
import { modulesOf } from '../../generators/monitoring/probes.ts';
import { freePort } from '../../generators/port.fixture.ts';
import { join } from './join.ts';

// Debian's is 0.23; another is named by a variable.
const program = process.env.SLIPWAY_BLACKBOX ?? 'prometheus-blackbox-exporter';
const skip = spawnSync(program, ['--version']).error
  ? `${program} is not installed (Debian: prometheus-blackbox-exporter)`
  : false;

const host = 'shop.dev.example.com';
/** What the part of an app carries, as it is rendered. */
const fragment = (namespace: string, name: string, version = '1.0.3', text = 'Shop & more? (yes)') => {
  const app = { kind: 'web', name, path: '/', probe: { text, version: '/version' } } as unknown as CheckedApp;
  return formatYaml({ modules: modulesOf(app, { namespace, version }) }, () => 0);
};

suite('a real blackbox exporter asks what the parts of apps say', { skip }, () => {
  const room = mkdtempSync(path(tmpdir(), 'slipway-blackbox-'));
  const [gathered, config, own] = [path(room, 'gathered'), path(room, 'blackbox.yml'), path(room, 'own')];
  let child: ChildProcess;
  let url: string;
  let page = '';
  let version = '';
  let status = 200;
  const answer: RequestListener = (request, response) => {
    if (request.headers.host !== host) return response.writeHead(404).end('another host');
    if (request.url === '/version') return response.end(version);
    return response.writeHead(status).end(page);
  };
  const shop = createHttp(answer);
  const put = (name: string, text: string) => writeFileSync(path(gathered, name), text);

  /** Joins what was gathered once, and says what it said. */
  async function joined(): Promise<string> {
    const args = ['-uc', join, 'join', gathered, config, own, program, url, '0'];
    return (await promisify(execFile)('sh', args).catch((error) => error)).stderr;
  }

  before(async () => {
    mkdirSync(gathered);
    put('namespace_dev.configmap_shop-probes.dev-shop.yaml', fragment('dev', 'shop'));
    put('namespace_staging.configmap_shop-probes.staging-shop.yaml', fragment('staging', 'shop'));
    writeFileSync(config, 'modules: {}\n');
    await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
    if (certificates(room)) await expired.open(answer, room);
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(program, [`--config.file=${config}`, `--web.listen-address=127.0.0.1:${port}`], {
      stdio: 'ignore',
      env: { SSL_CERT_FILE: path(room, 'ca.pem') },
    });
    for (let attempt = 0; ; attempt++) {
      if ((await fetch(`${url}/-/healthy`).catch(() => undefined))?.ok) break;
      if (attempt === 200) throw new Error('the exporter did not start');
      await sleep(25);
    }
  });
  after(async () => {
    if (child && child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    shop.close();
    expired.close();
    rmSync(room, { recursive: true, force: true });
  });

  /** What Prometheus would read. */
  async function probe(module: string, target: string): Promise<Record<string, number>> {
    const query = new URLSearchParams({ module, target, hostname: host });
    const text = await (await fetch(`${url}/probe?${query}`)).text();
    return Object.fromEntries(
      text.split('\n').flatMap((line) => {
        const [, name, value] = /^(\w+)(?:\{[^}]*\})? (\S+)$/.exec(line) ?? [];
        return name ? [[name, Number(value)]] : [];
      }),
    );
  }
  const at = (file: string) => `http://127.0.0.1:${(shop.address() as AddressInfo).port}${file}`;

  test('what was gathered from two environments is one file, which it reads', async () => {
    assert.equal(await joined(), '');
    page = '<h1>Shop & more? (yes)</h1>';
    version = '{"version":"1.0.3"}';
    for (const namespace of ['dev', 'staging']) {
      assert.equal((await probe(`${namespace}-shop-page`, at('/'))).probe_success, 1);
      assert.equal((await probe(`${namespace}-shop-version`, at('/version'))).probe_success, 1);
    }
  });

  test('another text, another status and another version are a failure', async () => {
    page = '<h1>Shop & more! (yes)</h1>';
    assert.equal((await probe('dev-shop-page', at('/'))).probe_success, 0);
    page = 'Shop & more? (yes)';
    assert.equal((await probe('dev-shop-page', at('/'))).probe_success, 1);
    status = 503;
    assert.equal((await probe('dev-shop-page', at('/'))).probe_success, 0);
    status = 200;
    for (const other of ['1.0.2', '1.0.30', '11.0.3', '']) {
      version = JSON.stringify({ version: other });
      assert.equal((await probe('dev-shop-version', at('/version'))).probe_success, 0, other);
    }
  });

  test('a certificate tells when it ends, and one that has ended is a failure', async (t) => {
    if (!expired.port.fresh) return t.skip('openssl is not installed');
    page = 'Shop & more? (yes)';
    const near = await probe('dev-shop-page', `https://127.0.0.1:${expired.port.fresh}/`);
    assert.equal(near.probe_success, 1);
    const days = ((near.probe_ssl_earliest_cert_expiry ?? 0) - Date.now() / 1000) / 86_400;
    assert.ok(days > 1.9 && days <= 2, `${days} days`);
    const ended = await probe('dev-shop-page', `https://127.0.0.1:${expired.port.ended}/`);
    assert.equal(ended.probe_success, 0);
  });

  test('a fragment that the exporter refuses, or that means another’s module, leaves the rest as it is', async () => {
    const wrong = {
      'a.yaml': 'modules:\n  a-b-page:\n    prober: http\n    timeout: soon\n',
      'b.yaml': 'modules: {}\n',
      'c.yaml': `${fragment('dev', 'cart')}global:\n  x: 1\n`,
      'd.yaml': '---\nmodules:\n  d-e-page:\n    prober: http\n',
      'e.yaml': '$(touch pwned)\n',
      // It comes after the one whose names it takes.
      'z.yaml': fragment('dev', 'shop', '9.9.9'),
    };
    for (const [name, text] of Object.entries(wrong)) put(name, text);
    const said = await joined();
    for (const name of Object.keys(wrong)) assert.match(said, new RegExp(`"refused","file":"${name}"`), name);
    version = '1.0.3';
    assert.equal((await probe('dev-shop-version', at('/version'))).probe_success, 1);
    assert.doesNotMatch(readFileSync(config, 'utf8'), /soon|global|9\\.9\\.9/);
    for (const name of Object.keys(wrong)) rmSync(path(gathered, name));
  });

  test('a promotion is asked for its own version, and what is gone is asked no more', async () => {
    put('namespace_dev.configmap_shop-probes.dev-shop.yaml', fragment('dev', 'shop', '1.0.4'));
    rmSync(path(gathered, 'namespace_staging.configmap_shop-probes.staging-shop.yaml'));
    assert.equal(await joined(), '');
    version = '1.0.4';
    assert.equal((await probe('dev-shop-version', at('/version'))).probe_success, 1);
    assert.equal((await probe('staging-shop-page', at('/'))).probe_success, undefined);
    rmSync(gathered, { recursive: true });
    mkdirSync(gathered);
    await joined();
    assert.equal(readFileSync(config, 'utf8'), 'modules: {}\n');
  });
});

/** Servers whose certificates end in two days, and ended a day ago. */
const expired = {
  servers: [] as ReturnType<typeof createHttps>[],
  port: {} as { fresh?: number; ended?: number },
  async open(answer: RequestListener, room: string) {
    for (const name of ['fresh', 'ended'] as const) {
      const [key, cert] = ['key', name].map((file) => readFileSync(path(room, `${file}.pem`)));
      const server = createHttps({ key, cert }, answer);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      this.servers.push(server);
      this.port[name] = (server.address() as AddressInfo).port;
    }
  },
  close() {
    for (const server of this.servers) server.close();
  },
};

/** Makes an authority and what it vouches for. Whether it could: that takes openssl. */
function certificates(room: string): boolean {
  const openssl = (...args: string[]) => spawnSync('openssl', args, { cwd: room, encoding: 'utf8' });
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  if (openssl('req', '-x509', ...curve, '-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem').status !== 0)
    return false;
  openssl('req', ...curve, '-subj', `/CN=${host}`, '-keyout', 'key.pem', '-out', 'request.pem');
  writeFileSync(path(room, 'names'), `subjectAltName=DNS:${host}\n`);
  const sign = ['x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-extfile', 'names'];
  for (const [name, days] of [
    ['fresh', '2'],
    ['ended', '-1'],
  ] as const) {
    const { status, stderr } = openssl(
      ...sign,
      '-days',
      days,
      '-set_serial',
      String(days.length),
      '-out',
      `${name}.pem`,
    );
    assert.equal(status, 0, stderr);
  }
  return true;
}
