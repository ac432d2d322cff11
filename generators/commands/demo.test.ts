import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { processesIn } from '../../clusters/local/processes.fixture.ts';
import { program } from './hydrate-commit.ts';

interface Demo {
  readonly child: ChildProcess;
  readonly tmp: string;
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

/** A demo as a newcomer starts it, with a folder for temporary files of its own. */
async function demo(t: TestContext): Promise<Demo> {
  const tmp = await mkdtemp(join(tmpdir(), 'slipway-demo-test-'));
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const child = spawn(process.execPath, [launcher, 'demo'], {
    env: { ...process.env, TMPDIR: tmp },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      said += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(tmp, { recursive: true, force: true });
  });
  return { child, tmp, said: () => said, ended };
}

/** Waits until nothing of the demo is left: no process that works in its folder, and no file. */
async function nothingLeft({ tmp, said }: Demo): Promise<void> {
  const files = () => globSync('*', { cwd: tmp });
  for (let tries = 0; tries < 100 && (files().length > 0 || processesIn(tmp).length > 0); tries++) await delay(100);
  assert.deepEqual([files(), processesIn(tmp)], [[], []], said());
}

test('two demos beside each other tell the whole story, and leave nothing behind', async (t) => {
  const demos = [await demo(t), await demo(t)];
  for (const { ended, said } of demos) assert.equal(await ended, 0, said());
  for (const { said } of demos) {
    for (const line of [
      /dev runs it .*counter\.dev\.localhost:\d+\/ answers "Holla! we have hit 1 times" \(version \d+\.\d+\.\d+\)/,
      /opened the merge request to staging .*merge_requests\/1: counter \d+\.\d+\.\d+ added, redis 8\.2-alpine added/,
      /merged it, and staging runs it .*"Holla! we have hit 1 times"/,
      /merged it, and production runs it .*"Holla! we have hit 1 times"/,
      /merged it, and production runs it .*"Holla again! we have hit 2 times"/,
      /git revert on env\/production takes the old version back .*"Holla! we have hit 3 times"/,
      /the next publish and promotion leave it there .*counter is held in production.*"Holla! we have hit 4 times"/,
      /^production +counter +\d+\.\d+\.\d+ +[0-9a-f]{12} +\d+ s +Healthy +held$/m,
      /^staging +counter +\d+\.\d+\.\d+ +[0-9a-f]{12} +\d+ s +Healthy +equal$/m,
    ]) {
      assert.match(said(), line);
    }
  }
  for (const finished of demos) await nothingLeft(finished);
});

test('a demo that is interrupted stops what it started and leaves nothing behind', async (t) => {
  for (const [signal, when] of [
    ['SIGINT', /the local world is up/],
    ['SIGTERM', /rendered and published/],
  ] as const) {
    const interrupted = await demo(t);
    while (!when.test(interrupted.said())) {
      assert.equal(interrupted.child.exitCode, null, interrupted.said());
      await delay(50);
    }
    await delay(500);
    interrupted.child.kill(signal);
    assert.equal(await interrupted.ended, 130, interrupted.said());
    await nothingLeft(interrupted);
  }
});

test('a demo that is killed outright takes its world with it', async (t) => {
  const killed = await demo(t);
  while (!/dev runs it/.test(killed.said())) {
    assert.equal(killed.child.exitCode, null, killed.said());
    await delay(50);
  }
  killed.child.kill('SIGKILL');
  await killed.ended;
  await nothingLeft(killed);
});
