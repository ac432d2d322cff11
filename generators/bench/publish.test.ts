import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { Git } from '../git/git.ts';
import { main } from '../model/names.ts';
import { checkSameObjects, checkSynthesis, layouts } from './contender.ts';
import { sizes } from './growth.ts';
import { measure, median } from './measured.ts';
import { inPlace, prepare } from './prepared.ts';
import type { CaseResult } from './result.ts';
import { Scratch } from './scratch.ts';
import { checkPublished, publishIn } from './slipway.ts';
import { timeOf } from './trace.ts';

Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
for (const role of ['AUTHOR', 'COMMITTER'])
  Object.assign(process.env, { [`GIT_${role}_NAME`]: 'A Tester', [`GIT_${role}_EMAIL`]: 'tester@localhost.invalid' });

const program = join(import.meta.dirname, '..', '..');

/** Starts the benchmark with a temporary folder of its own. */
async function bench(t: TestContext, ...args: string[]) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], {
    env: { ...process.env, TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  return { dir, child, exited: once(child, 'close') as Promise<[number | null]> };
}

test('the benchmark of publishing does its work, and leaves nothing in the temporary folder', async (t) => {
  const { dir, child, exited } = await bench(
    t,
    ...['publish', '--apps', '3', '--runs', '1', '--no-contender', '--json'],
  );
  const [out, err, [status]] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  assert.equal(status, 0, err);
  const { results } = JSON.parse(out) as { results: CaseResult[] };
  assert.deepEqual(
    results.map(({ name, sides }) => [name, sides.map(({ runs }) => runs.length)]),
    [
      ['all', [1]],
      ['one', [1]],
      ['git', results[2]?.sides.map(() => 1)],
      ['none', [1, 1]],
      ['parts', [1]],
    ],
  );
  for (const { name, sides } of results)
    for (const { runs } of sides)
      for (const { ms, peak } of runs) {
        assert.ok(ms > 0);
        // A Node alone has more; the git part is read from a trace.
        if (process.platform === 'linux' && name !== 'git') assert.ok((peak ?? 0) > 30e6, `${name}: ${peak}`);
      }
  assert.deepEqual(await readdir(dir), []);
});

test('a benchmark that is interrupted leaves nothing in the temporary folder', async (t) => {
  const { dir, child, exited } = await bench(t, 'publish', '--apps', '3', '--no-contender', '--case', 'none');
  await once(child.stderr, 'data');
  // Long enough for the first publish to be on its way, short enough for it not to be the last.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal((await readdir(dir)).length, 1);
  child.kill('SIGINT');
  const [status] = await exited;
  assert.equal(status, 130);
  assert.deepEqual(await readdir(dir), []);
});

test('the two sides render the same objects, and a side that did not do its work is found out', async (t) => {
  const scratch = new Scratch();
  t.after(() => scratch.closeNow());
  const shared = { scratch, program, apps: 2, runs: 1, contender: false, say: () => {} };
  const prepared = await prepare(shared, 2);
  await inPlace(shared, prepared, 'one', async (place) => {
    await assert.rejects(checkPublished(place, 2, 1), /slipway publish did not do its work/);
    await publishIn(scratch, place);
    await checkPublished(place, 2, 1);

    for (const files of layouts) {
      const app = join(place.checkout.dir, 'generators', 'bench', 'cdk8s-app.ts');
      const env = { ...process.env, BENCH_FILES: files, CDK8S_OUTDIR: files };
      await measure(scratch, process.execPath, [app], { cwd: place.checkout.dir, env });
      const pushed = new Git(await scratch.folder(files));
      await pushed.bytes(['init', '--quiet', `--initial-branch=${main}`]);
      await cp(join(place.checkout.dir, files), pushed.dir, { recursive: true });
      await pushed.bytes(['add', '--all']);
      await pushed.bytes(['commit', '--quiet', '-m', 'Render']);
      await checkSynthesis(pushed, files, 2, 1);
      await assert.rejects(checkSynthesis(pushed, files, 2, 2), /the cdk8s CLI did not do its work/);
      for (const name of prepared.names) await checkSameObjects(pushed, files, place, name);

      const [name = ''] = prepared.names;
      const paths = {
        whole: (await readdir(pushed.dir)).find((file) => file.startsWith(`dev-${name}-`)) ?? '',
        chart: `dev/${name}.k8s.yaml`,
        object: `dev/${name}/Service.${name}.k8s.yaml`,
      };
      const path = join(pushed.dir, paths[files]);
      await writeFile(path, (await readFile(path, 'utf8')).replace('port: 80', 'port: 81'));
      await pushed.bytes(['commit', '--quiet', '--all', '-m', 'Another port']);
      await assert.rejects(
        checkSameObjects(pushed, files, place, name),
        /rendered different objects for app-00001 in dev/,
      );
    }
  });
});

test('an option that cannot be meant is refused before anything is made', async (t) => {
  for (const [args, message] of [
    [['publish', '--apps', 'many'], /--apps many: write a number from 1/],
    [['publish', '--case', 'some'], /--case some: known are all, one, git, none, parts/],
    [['publish', '--fast'], /--fast/],
    [['rendr'], /known are publish, promote, render/],
    [['promote', '--apps', '0'], /--apps 0: write a number from 1/],
    [['render', '--runs', 'x'], /--runs x: write a number from 1/],
  ] as const) {
    const { dir, child, exited } = await bench(t, ...args);
    const [err, [status]] = await Promise.all([text(child.stderr), exited]);
    assert.equal(status, 2);
    assert.match(err, message);
    assert.deepEqual(await readdir(dir), []);
  }
});

test('time in which git ran counts what runs at once a single time', () => {
  const at = (start: number, end: number) => ({ command: 'fetch', start, end });
  for (const [processes, startup, expected] of [
    [[], 3, 0],
    [[at(0, 10)], 0, 10],
    [[at(0, 10)], 3, 13],
    [[at(20, 30), at(0, 10)], 0, 20],
    [[at(0, 10), at(5, 12)], 0, 12],
    [[at(0, 10), at(2, 4)], 0, 10],
    [[at(0, 10), at(11, 15)], 3, 18],
  ] as const)
    assert.equal(timeOf(processes, startup), expected);
});

test('the middle run is what a table says', () => {
  assert.equal(median([5]), 5);
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([1, 9, 5, 6]), 5.5);
});

test('parts grow tenfold at each step', () => {
  assert.deepEqual(sizes(1000), [4, 34, 334, 3334]);
  assert.deepEqual(sizes(1), [4]);
});
