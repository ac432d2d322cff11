import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { program } from './hydrate-commit.ts';

const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
const slipway = (...args: string[]) => {
  const options = { cwd: program, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'monitoring', ...args], options);
  return { status, out: stdout, err: stderr };
};
const promtool = (dir: string, ...args: string[]) =>
  spawnSync('promtool', ['check', ...args], { cwd: dir, encoding: 'utf8' });
const withoutPromtool =
  promtool('.', '--version').error !== undefined &&
  'This test has promtool check the files, and it is not installed here (Debian and Homebrew: prometheus).';

test('a folder of plain files is what the parts of a cluster carry, and is written anew as its own', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-monitoring-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const { status, out, err } = slipway('--cluster', 'nonprod', '--out', dir, '--json');
  assert.deepEqual([status, err], [0, '']);
  const { files } = JSON.parse(out) as { files: string[] };
  const there = (await readdir(dir, { recursive: true })).filter((file) => /\.(yaml|yml|json)$/.test(file));
  assert.deepEqual(there.filter((file) => file !== 'slipway-monitoring.json').sort(), files);
  for (const file of ['prometheus.yml', 'blackbox.yml', 'rules/dev-counter.yaml', 'rules/staging-redis.yaml'])
    assert.ok(files.includes(file), file);
  assert.ok(files.includes('rules/platform.yaml') && !files.some((file) => file.includes('production')));
  assert.doesNotMatch(await readFile(join(dir, 'rules/platform.yaml'), 'utf8'), /RulesMissing/);
  const text = await readFile(join(dir, 'prometheus.yml'), 'utf8');
  assert.ok((load(text) as { scrape_configs: unknown[] }).scrape_configs.length > 5);

  await t.test('promtool takes it', { skip: withoutPromtool }, async () => {
    // Debian's is built without Kubernetes: only where targets are heard of is another word.
    const known = text.replaceAll(
      /( *)kubernetes_sd_configs:\n(?:\1 +.*\n)+/g,
      '$1http_sd_configs: [{ url: "http://localhost/" }]\n',
    );
    await writeFile(join(dir, 'known.yml'), known);
    // Not its files: the token of a pod is in a pod.
    const config = promtool(dir, 'config', '--syntax-only', 'known.yml');
    await rm(join(dir, 'known.yml'));
    assert.equal(config.status, 0, config.stdout + config.stderr);
    const names = files.filter((file) => file.startsWith('rules/'));
    const rules = promtool(dir, 'rules', ...names);
    assert.equal(rules.status, 0, rules.stdout + rules.stderr);
    assert.equal([...rules.stdout.matchAll(/SUCCESS: [1-9]/g)].length, names.length);
  });

  await t.test('the same folder takes what an environment is watched by, and loses the rest', () => {
    assert.equal(slipway('--env', 'production', '--out', dir).status, 0);
    assert.ok(existsSync(join(dir, 'rules/production-counter.yaml')));
    for (const gone of ['dev-counter', 'platform']) assert.ok(!existsSync(join(dir, `rules/${gone}.yaml`)), gone);
  });

  await t.test('a file of somebody else is left alone, and so is all beside it', async () => {
    await writeFile(join(dir, 'rules', 'theirs.yaml'), 'groups: []\n');
    const { status, err } = slipway('--env', 'dev', '--out', dir);
    assert.equal(status, 1);
    assert.match(err, /holds rules\/theirs\.yaml, which slipway monitoring did not write/);
    assert.ok(existsSync(join(dir, 'rules/production-counter.yaml')));
    await rm(join(dir, 'rules', 'theirs.yaml'));
    await writeFile(join(dir, 'slipway-monitoring.json'), '{"files":["../../etc/passwd"]}');
    assert.match(slipway('--env', 'dev', '--out', dir).err, /is not what slipway monitoring writes/);
  });
});

test('what is asked wrongly is refused before anything is written', () => {
  const table: [string[], RegExp][] = [
    [[], /Name --env E or --cluster C/],
    [['--env', 'dev', '--cluster', 'nonprod', '--out', 'x'], /Name --env E or --cluster C/],
    [['--env', 'dev'], /--out is missing/],
    [['--env', 'prodution', '--out', 'x'], /--env prodution is not an environment; did you mean production\?/],
    [['--cluster', 'nonprd', '--out', 'x'], /--cluster nonprd is not a cluster; did you mean nonprod\?/],
  ];
  for (const [args, says] of table) {
    const { status, err } = slipway(...args);
    assert.equal(status, 2, args.join(' '));
    assert.match(err, says);
  }
  assert.ok(!existsSync(join(program, 'x')));
});
