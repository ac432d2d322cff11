import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { withExample } from '../example.fixture.ts';
import { formatMetadata } from '../model/metadata.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';

const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
const slipway = (...args: string[]) => slipwayIn(program, ...args);
const slipwayIn = (cwd: string, ...args: string[]) => {
  const options = { cwd, encoding: 'utf8' } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'monitoring', ...args], options);
  return { status, out: stdout, err: stderr };
};
const promtool = (dir: string, ...args: string[]) =>
  spawnSync('promtool', ['check', ...args], { cwd: dir, encoding: 'utf8' });
const withoutPromtool =
  promtool('.', '--version').error !== undefined &&
  'This test has promtool check the files, and it is not installed here (Debian and Homebrew: prometheus).';

test(
  'a folder of plain files is what the parts of a cluster carry, and is written anew as its own',
  withExample,
  async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-monitoring-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const { status, out, err } = slipway('--cluster', 'nonprod', '--out', dir, '--json');
    assert.deepEqual([status, err], [0, '']);
    const { files } = answerOf<{ files: string[] }>('monitoring', out);
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
  },
);

test(
  'what stands in an environment is asked for, at programs that run there, and what is left out is said',
  withExample,
  async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-monitoring-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const [clone, out] = [join(dir, 'clone'), join(dir, 'out')];
    for (const folder of ['apps', 'clusters'])
      await cp(join(program, folder), join(clone, folder), { recursive: true });
    const git = (...args: string[]) => {
      const who = ['-c', 'user.name=Ann', '-c', 'user.email=ann@example.com'];
      const { status, stderr } = spawnSync('git', ['-C', clone, ...who, ...args], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    };
    git('init', '--quiet', '--initial-branch=env/production');
    await mkdir(join(clone, 'counter'));
    await writeFile(
      join(clone, 'counter', 'hydrator.metadata'),
      formatMetadata({ repoURL: 'r', drySha: 'a'.repeat(40), commands: [], version: '1.0.3' }),
    );
    git('add', 'counter');
    git('commit', '--quiet', '-m', 'what was promoted');
    const watched = (...args: string[]) => {
      const { status, out: said, err } = slipwayIn(clone, ...args, '--out', out, '--json');
      assert.equal(status, 0, err);
      return answerOf<{ files: string[]; leftOut: string[] }>('monitoring', said);
    };
    const text = (file: string) => readFile(join(out, file), 'utf8');

    const production = watched('--env', 'production');
    assert.deepEqual(production.leftOut, []);
    assert.match(await text('blackbox.yml'), /production-counter-version:.*1\\?\.0\\?\.3/s);
    assert.match(await text('rules/production-counter.yaml'), /WrongVersionOutside/);
    // Nobody promoted it.
    assert.ok(!production.files.some((file) => file.includes('redis')));

    const dev = watched('--env', 'dev');
    assert.deepEqual(dev.leftOut, ['the version that dev shows outside: this clone has no env/dev, which says it']);
    assert.doesNotMatch(await text('blackbox.yml'), /dev-counter-version/);
    assert.doesNotMatch(await text('rules/dev-counter.yaml'), /WrongVersionOutside/);
    assert.ok(dev.files.includes('rules/dev-redis.yaml'));

    const definitions = join(clone, 'clusters', 'environments.ts');
    const elsewhere = (await readFile(definitions, 'utf8')).replaceAll(
      "profile: 'eks',",
      "profile: 'eks', monitoring: 'none',",
    );
    await writeFile(definitions, elsewhere);
    const none = watched('--env', 'production');
    assert.deepEqual(
      none.leftOut.map((one) => one.replace(/:.*/, '')),
      ['where alerts are sent', 'what is asked from outside'],
    );
    assert.ok(!none.files.includes('blackbox.yml'));
    assert.doesNotMatch(await text('prometheus.yml'), /blackbox|alertmanager/);
    assert.doesNotMatch(await text('rules/production-counter.yaml'), /NothingProbed/);
    const given = ['--blackbox', 'b.example.org:9115', '--alertmanager', 'a.example.org:9093'];
    assert.deepEqual(watched('--env', 'production', ...given).leftOut, []);
    assert.match(await text('prometheus.yml'), /a\.example\.org:9093.*b\.example\.org:9115/s);
  },
);

test('what is asked wrongly is refused before anything is written', () => {
  const table: [string[], RegExp][] = [
    [[], /Name --env E or --cluster C/],
    [['--env', 'dev', '--cluster', 'nonprod', '--out', 'x'], /Name --env E or --cluster C/],
    [['--env', 'dev'], /--out is missing/],
    [
      ['--env', 'dev', '--out', 'x', '--blackbox', 'http://b:9115'],
      /--blackbox http:\/\/b:9115: write a host and a port/,
    ],
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
