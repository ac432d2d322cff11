import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { formatYaml } from '../model/yaml.ts';
import { Api, type ConfigMap, look, skip } from './gather.fixture.ts';
import { gathered, gatherer } from './gather.ts';

const everywhere = { dev: 'dev', 'dev-two': 'dev-two', staging: 'staging', ci: 'platform-nonprod' };
const program = gatherer({ rules: everywhere, probes: everywhere, dashboards: { monitoring: 'platform-nonprod' } });

const alert = (labels: object, more: object = {}) => ({
  alert: 'Any',
  expr: 'vector(1) > 0',
  ...more,
  labels: { severity: 'page', ...labels },
  annotations: { summary: 'It\'s {{ $value }}: "so".\nAnd more.', description: 'b' },
});
const rules = (...list: readonly object[]) =>
  formatYaml({ groups: [{ name: 'g', interval: '150s', rules: list }] }, () => 0);
const good = rules(alert({ namespace: 'dev' }), {
  record: 'a:b',
  expr: 'vector(1)\n  + 1',
  labels: { namespace: 'dev' },
});
const map = (
  namespace: string,
  name: string,
  data: Record<string, string>,
  label: string = gathered.rules,
): ConfigMap => ({
  metadata: { namespace, name, labels: { [label]: '1' } },
  data,
});

describe('what is gathered of the ConfigMaps of several namespaces', { skip }, () => {
  let api: Api;
  let folder: string;
  before(async () => {
    api = await Api.open();
  });
  after(() => api?.close());
  beforeEach(() => {
    if (folder) rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'slipway-gathered-'));
    api.faults.clear();
    api.asked.length = 0;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const gather = (what: keyof typeof gathered = 'rules') => look(program, what, folder, api.access);
  const there = () =>
    readdirSync(folder)
      .filter((name) => name !== 'gathered')
      .sort();
  const refused = () => readFileSync(join(folder, 'gathered'), 'utf8').trim();

  test('arrives whole, by label, and each change is said in a line', async () => {
    api.maps = [
      map('dev', 'a-rules', { 'dev-a.yaml': good }),
      map('ci', 'b-rules', { 'ci-b.yaml': rules(alert({ namespace: 'platform-nonprod' })) }),
      map('dev', 'other', { 'dev-other.yaml': good }, 'other'),
      map('production', 'a-rules', { 'production-a.yaml': good }),
    ];
    const said = await gather();
    assert.deepEqual(there(), ['ci-b.yaml', 'dev-a.yaml']);
    assert.equal(readFileSync(join(folder, 'dev-a.yaml'), 'utf8'), good);
    assert.equal(refused(), '0');
    assert.equal(said.match(/"gathered"/g)?.length, 2, said);
    assert.doesNotMatch(await gather(), /"gathered"/);
    assert.ok(api.asked.every((url) => url.endsWith('?labelSelector=slipway.dev%2Frules%3D1')));
  });

  test('goes when it is gone, and only where its namespace could be listed', async () => {
    const two = [
      map('dev', 'a-rules', { 'dev-a.yaml': good }),
      map('dev-two', 'a-rules', { 'dev-two-a.yaml': rules(alert({ namespace: 'dev-two' })) }),
    ];
    api.maps = two;
    await gather();
    const long = new Date(0);
    utimesSync(join(folder, 'gathered'), long, long);
    api.maps = [];
    const cut = (text: string) => text.slice(0, -2);
    for (const fault of [
      (response) => response.writeHead(403).end('{}'),
      (response) => response.destroy(),
      (response) => response.end(cut(JSON.stringify({ kind: 'ConfigMapList', items: [] }))),
      (response) => response.end(JSON.stringify({ kind: 'Status', items: [] })),
      (response) => response.writeHead(302, { location: '/api/v1/namespaces/staging/configmaps' }).end(),
      (response) => response.end('['.padEnd(9 * 2 ** 20)),
    ] satisfies Parameters<typeof api.faults.set>[1][]) {
      api.faults.set('dev', fault);
      assert.match(await gather(), /"error","message":"keeps what it had: .+","about":"dev"/);
      assert.deepEqual(there(), ['dev-a.yaml']);
      assert.deepEqual(statSync(join(folder, 'gathered')).mtime, long, 'it was no whole look');
    }
    api.faults.clear();
    assert.match(await gather(), /"removed","about":"dev-a.yaml"/);
    assert.deepEqual(there(), []);
    assert.ok(statSync(join(folder, 'gathered')).mtime > long);
  });

  test('comes from nobody who has not the certificate', async () => {
    const other = await Api.open();
    try {
      other.maps = [map('dev', 'a-rules', { 'dev-a.yaml': good })];
      const said = await look(program, 'rules', folder, { ...other.access, account: api.access.account });
      assert.match(said, /self-signed certificate/);
      assert.deepEqual(other.asked, []);
      assert.deepEqual(readdirSync(folder), []);
    } finally {
      other.close();
    }
  });

  test('has a name of its own namespace, and a size', async () => {
    const wrong: ConfigMap[] = [
      map('dev', 'a', { 'staging-a.yaml': good }),
      map('dev', 'b', { 'dev-two-a.yaml': good }),
      map('dev', 'c', { 'dev-a.yaml.url': 'http://127.0.0.1:1/any' }),
      map('dev', 'd', { 'dev-A_.yaml': good, '..': good, 'dev-../../x.yaml': good, gathered: 'x' }),
      map('dev', 'e', { 'dev-e.yaml': `${good}#${'x'.repeat(256 * 1024)}` }),
      map('staging', 'a', { 'staging-slipway.yaml': good }),
    ];
    api.maps = [...wrong, map('dev', 'f', { 'dev-a.yaml': good }), map('dev', 'g', { 'dev-a.yaml': good })];
    const said = await gather();
    assert.deepEqual(there(), ['dev-a.yaml'], said);
    assert.equal(refused(), '10');
    const many = Object.fromEntries(Array.from({ length: 501 }, (_, at) => [`dev-${at}.yaml`, good]));
    api.maps = [
      map('dev', 'a', many),
      map('staging', 'a', { 'staging-a.yaml': rules(alert({ namespace: 'staging' })) }),
    ];
    assert.match(await gather(), /keeps what it had: it has more than 500 files/);
    assert.deepEqual(there(), ['dev-a.yaml', 'staging-a.yaml']);
    const large = good.replace('vector(1) > 0', `vector(1) > ${'0'.repeat(200_000)}`);
    api.maps = [
      map(
        'dev',
        'a',
        Object.fromEntries(
          Object.keys(many)
            .slice(0, 12)
            .map((name) => [name, large]),
        ),
      ),
    ];
    assert.match(await gather(), /together larger/);
    assert.equal(there().filter((name) => name.startsWith('dev-')).length, 10);
  });

  test('a rule is about its own environment, whatever YAML knows to say it', async () => {
    const line = '          namespace: dev\n';
    assert.ok(good.includes(line));
    const forged: Record<string, string> = {
      another: good.replace(line, '          namespace: staging\n'),
      none: good.replace(line, ''),
      twice: good.replace(line, `${line}          namespace: staging\n`),
      quoted: good.replace(line, `${line}          "namespace": staging\n`),
      labels: good.replace('        annotations:', '        labels:'),
      flow: 'groups: [{name: g, rules: [{alert: A, expr: vector(1), labels: {namespace: staging}}]}]\n',
      covers: rules(alert({ namespace: 'dev', covers: 'environment' })),
      template: rules(alert({ namespace: '{{ "staging" }}' })),
      heartbeat: rules(alert({ namespace: 'dev', severity: 'heartbeat' })),
      anchor: good.replace(line, '          namespace: &a dev\n'),
      merged: good.replace(line, `${line}          <<: {namespace: staging}\n`),
      hidden: good.replace(
        '        expr: vector(1) > 0\n        labels:\n          severity: page\n          namespace: dev\n',
        '        expr: "vector(1) #\n        labels:\n          severity: page\n          namespace: dev\n        "\n',
      ),
      block: good.replace('        expr: vector(1) > 0\n', '        expr: |\n          vector(1)\n         #\n'),
      document: `${good}---\n${rules(alert({ namespace: 'staging' }))}`,
      comment: good.replace('vector(1) > 0', 'vector(1) # 0'),
      newline: good.replace(line, `${line.trimEnd()}\u2028          covers: environment\n`),
      return: good.replace(line, `${line.trimEnd()}\r          covers: environment\n`),
      alias: `a: &a dev\n${good}`,
      last: `${good}      - alert: B\n        expr: vector(1)\n`,
    };
    for (const [name, text] of Object.entries(forged)) assert.notEqual(text, good, name);
    api.maps = Object.entries(forged).map(([name, text]) => map('dev', name, { [`dev-${name}.yaml`]: text }));
    const said = await gather();
    assert.deepEqual(there(), [], said);
    assert.equal(refused(), String(Object.keys(forged).length));
  });

  test('a file that is refused keeps what stood there', async () => {
    api.maps = [map('dev', 'a-rules', { 'dev-a.yaml': good })];
    await gather();
    api.maps = [map('dev', 'a-rules', { 'dev-a.yaml': good.replaceAll('namespace: dev', 'namespace: staging') })];
    assert.match(await gather(), /refused: a rule is not about dev","about":"dev\/a-rules\/dev-a.yaml"/);
    assert.equal(readFileSync(join(folder, 'dev-a.yaml'), 'utf8'), good);
    assert.equal(refused(), '1');
  });

  test('a probe is one of its own namespace, and reads no file of the exporter', async () => {
    const module = { prober: 'http', timeout: '8s', http: { method: 'GET', valid_status_codes: [200] } };
    const probes = (modules: object) => formatYaml({ modules }, () => 0);
    const right = probes({ 'dev-a-page': module, 'dev-a-version': module });
    const wrong = [
      probes({ 'dev-a-page': module, 'staging-a-page': module }),
      probes({ 'dev-a-page': { ...module, http: { bearer_token_file: '/run/token' } } }),
      probes({ 'dev-a-page': { ...module, http: { headers: { Authorization: 'a' } } } }),
      right.replace(/^ {2}/gm, '    '),
      right.replace('  dev-a-version:', '  "staging-a-page":'),
      'modules: {staging-a-page: {prober: http}}\n',
    ];
    const texts = Object.fromEntries(wrong.map((text, at) => [`dev-${at}.yaml`, text]));
    api.maps = [map('dev', 'a', { 'dev-a.yaml': right, ...texts }, gathered.probes)];
    const said = await gather('probes');
    assert.deepEqual(there(), ['dev-a.yaml'], said);
    assert.equal(refused(), String(wrong.length));
  });

  test('a dashboard keeps its name, and is JSON', async () => {
    api.maps = [
      map('monitoring', 'a', { 'a.json': '{"uid":"a"}', 'b.json': '{', 'c.yaml': '{}' }, gathered.dashboards),
      map('dev', 'd', { 'd.json': '{}' }, gathered.dashboards),
    ];
    await gather('dashboards');
    assert.deepEqual(there(), ['a.json']);
    assert.equal(refused(), '2');
  });
});
