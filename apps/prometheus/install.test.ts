import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { install, sift } from './install.ts';

const skip = spawnSync('promtool', ['--version']).error
  ? 'promtool is not installed (Debian and Homebrew: prometheus)'
  : false;

const rule = (name: string, expr = 'vector(1)') =>
  `groups:\n  - name: g\n    rules:\n      - record: a:${name}\n        expr: ${expr}\n`;

suite('rules are gathered from environments that do not know each other', { skip }, () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-install-'));
  const [gathered, installed, own] = ['gathered', 'rules', 'own'].map((name) => join(room, name)) as [
    string,
    string,
    string,
  ];
  const asked: string[] = [];
  let answer = 200;
  const prometheus = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(answer).end();
  });
  before(async () => {
    for (const folder of [gathered, installed]) mkdirSync(folder);
    await new Promise<void>((resolve) => prometheus.listen(0, '127.0.0.1', resolve));
  });
  after(() => {
    prometheus.close();
    rmSync(room, { recursive: true, force: true });
  });

  /** Looks once, and says what it said and what Prometheus was asked. */
  async function look(): Promise<{ stdout: string; stderr: string; asked: string[] }> {
    asked.length = 0;
    const server = `http://127.0.0.1:${(prometheus.address() as AddressInfo).port}`;
    const args = ['-uc', install, 'install', gathered, installed, own, server, '0'];
    const said = await promisify(execFile)('sh', args).catch((error) => error);
    return { stdout: said.stdout, stderr: said.stderr, asked: [...asked] };
  }
  const put = (name: string, text: string) => writeFileSync(join(gathered, name), text);
  const there = () =>
    readdirSync(installed)
      .filter((name) => name.endsWith('.yaml'))
      .sort();
  const read = (name: string) => readFileSync(join(installed, name), 'utf8');
  const said = (series: string) =>
    new RegExp(`record: ${series}\\n.*vector\\((\\d+)\\)`).exec(read('slipway-refused.yaml'))?.[1];
  const counted = () => said('slipway:rules_refused:files');
  const [dev, staging] = ['dev-a.yaml', 'staging-a.yaml'];

  test('what can be read arrives, and Prometheus is asked to read it', async () => {
    put(dev, rule('one'));
    const { asked } = await look();
    assert.deepEqual(there(), [dev, 'slipway-refused.yaml']);
    assert.deepEqual(asked, ['POST /-/reload']);
    assert.equal(counted(), '0');
    assert.equal(spawnSync('promtool', ['check', 'rules', join(installed, 'slipway-refused.yaml')]).status, 0);
  });

  test('what has not changed is left alone', async () => {
    // It begins anew: what it knew of an answer that never came is asked once more, and that is all.
    const { stdout, asked } = await look();
    assert.equal(stdout, '');
    assert.deepEqual(asked, ['POST /-/reload']);
  });

  test('what cannot be read keeps nobody else out, and is counted and told', async () => {
    put(dev, rule('one', 'rate('));
    put(staging, rule('two'));
    const { stdout, stderr } = await look();
    assert.deepEqual(there(), [dev, 'slipway-refused.yaml', staging]);
    assert.equal(read(dev), rule('one'), 'what stood there before stays');
    assert.equal(counted(), '1');
    assert.match(stdout, new RegExp(`"error","message":"refused","file":"${dev}"`));
    assert.match(stderr, /could not parse expression|parse error/);
  });

  test('a file that is good again is no longer counted', async () => {
    put(dev, rule('three'));
    await look();
    assert.equal(read(dev), rule('three'));
    assert.equal(counted(), '0');
  });

  test('what is gone where it was gathered goes', async () => {
    rmSync(join(gathered, staging));
    await look();
    assert.deepEqual(there(), [dev, 'slipway-refused.yaml']);
  });

  test('text of an environment is no command, and its name chooses no place', async () => {
    put('$(touch pwned) `id`;.yaml', `${rule('four')}# $(touch ${room}/pwned) \`touch ${room}/pwned\`\nEOF\nEND\n`);
    const { stdout } = await look();
    assert.ok(!readdirSync(room).includes('pwned'));
    assert.match(stdout, /refused/);
    assert.equal(counted(), '1');
  });

  test('a Prometheus that cannot be asked yet is no end', async () => {
    answer = 503;
    const { asked } = await look();
    assert.deepEqual(asked, ['POST /-/reload']);
    assert.ok(there().includes(dev));
  });

  test('it is told how many files there are, how many the gatherer refused, and when all was gathered last', async () => {
    assert.deepEqual(
      [said('slipway:rules_installed:files'), said('slipway:rules_gathered:timestamp_seconds')],
      ['1', '0'],
    );
    writeFileSync(join(gathered, 'gathered'), '2\n');
    utimesSync(join(gathered, 'gathered'), 1_800_000_123, 1_800_000_123);
    await look();
    assert.equal(said('slipway:rules_gathered:timestamp_seconds'), '1800000000');
    assert.equal(counted(), '3');
  });

  test('a new pod leaves what was installed until all was gathered once', async () => {
    for (const folder of [gathered, own]) rmSync(folder, { recursive: true });
    mkdirSync(gathered);
    await look();
    assert.ok(there().includes(dev));
    put(staging, rule('two'));
    await look();
    assert.deepEqual(there(), [dev, 'slipway-refused.yaml', staging]);
    writeFileSync(join(gathered, 'gathered'), '0\n');
    const { stdout } = await look();
    assert.match(stdout, new RegExp(`"removed","file":"${dev}"`));
    assert.deepEqual(there(), ['slipway-refused.yaml', staging]);
  });

  test('what a new Prometheus would not start with goes before it starts', () => {
    writeFileSync(join(installed, dev), rule('one', 'rate('));
    const { stdout } = spawnSync('sh', ['-uc', sift, 'sift', installed], { encoding: 'utf8' });
    assert.equal(stdout, `{"level":"error","message":"removed","file":"${dev}"}\n`);
    assert.deepEqual(there(), ['slipway-refused.yaml', staging]);
  });
});
