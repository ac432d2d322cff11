import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../generators/port.fixture.ts';
import { app } from './app.ts';
import { install, sift } from './install.ts';

const skip = spawnSync('prometheus', ['--version']).error
  ? 'prometheus is not installed (Debian and Homebrew: prometheus)'
  : false;

const room = mkdtempSync(join(tmpdir(), 'slipway-restart-'));
let child: ChildProcess | undefined;
async function end() {
  if (!child) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
  child = undefined;
}
after(async () => {
  await end();
  rmSync(room, { recursive: true, force: true });
});

interface Firing {
  readonly state: string;
  readonly activeAt: string;
}

test('a Prometheus that starts again knows what fired, and since when', { skip }, async () => {
  const { args = [], volume, before = [], beside = [] } = app as Extract<typeof app, { kind: 'store' }>;
  const here = (text: string) => text.replace(volume.path, join(room, 'volume'));
  const [installed = ''] = before.map(({ command = [] }) => here(command.at(-1) ?? ''));
  assert.ok(beside.some(({ command = [] }) => command.map(here).includes(installed)));
  const [gathered, own] = [join(room, 'gathered'), join(room, 'own')];
  for (const folder of [join(room, 'volume'), gathered]) mkdirSync(folder);
  const hasty = 'global: { evaluation_interval: 1s }\n';
  writeFileSync(join(room, 'prometheus.yml'), `${hasty}rule_files: ["${installed}/*.yaml"]\n`);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const kept = args.filter((arg) => arg.startsWith('--storage.tsdb.path='));
  assert.equal(kept.length, 1);
  assert.ok(args.includes('--rules.alert.for-grace-period=1m'));

  const start = async () => {
    spawnSync('sh', ['-uc', sift, 'sift', installed]);
    const flags = [
      '--web.enable-lifecycle',
      '--rules.alert.for-grace-period=1s',
      `--web.listen-address=127.0.0.1:${port}`,
    ];
    child = spawn('prometheus', [`--config.file=${join(room, 'prometheus.yml')}`, ...kept.map(here), ...flags], {
      stdio: 'ignore',
    });
    await eventually(async () => ((await fetch(`${url}/-/ready`)).ok ? true : undefined));
  };
  const look = () => spawnSync('sh', ['-uc', install, 'install', gathered, installed, own, url, '0']);
  const firing = () =>
    eventually(async () => {
      const answer = (await (await fetch(`${url}/api/v1/alerts`)).json()) as { data: { alerts: Firing[] } };
      return answer.data.alerts.find(({ state }) => state === 'firing');
    });

  await start();
  const rule = '- alert: Any\n        expr: vector(1)\n        for: 2s\n';
  writeFileSync(join(gathered, 'dev-a.yaml'), `groups:\n  - name: g\n    rules:\n      ${rule}`);
  look();
  const first = await firing();
  // What it is known by is written after the alert is.
  await sleep(1500);
  await end();
  // The pod is another one: it has gathered nothing yet.
  for (const folder of [gathered, own]) rmSync(folder, { recursive: true });
  mkdirSync(gathered);
  await start();
  look();
  const again = await firing();
  const seconds = ({ activeAt }: Firing) => Math.floor(Date.parse(activeAt) / 1000);
  assert.equal(seconds(again), seconds(first));
});

async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let left = 200; left > 0; left--) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    await sleep(100);
  }
  return assert.fail('it does not come');
}
