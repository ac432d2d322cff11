import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { app } from './app.ts';

const room = mkdtempSync(join(tmpdir(), 'runner-'));
after(() => rmSync(room, { recursive: true, force: true }));

const place = '/etc/gitlab-runner/template.toml';
const inRoom = (text: string) => text.replaceAll(/\/(?=secrets\/|runner\/|etc\/gitlab-runner\/)/g, `${room}/`);
const { in: environments = {}, before = [] } = app as Extract<typeof app, { kind: 'worker' }>;

/** Runs what the init container runs, with these tokens, in a folder of its own. */
function configured(template: string, tokens: Readonly<Record<string, string>>) {
  for (const folder of ['secrets', 'runner', 'etc/gitlab-runner']) {
    rmSync(join(room, folder), { recursive: true, force: true });
    mkdirSync(join(room, folder), { recursive: true });
  }
  writeFileSync(inRoom(place), inRoom(template));
  for (const [name, token] of Object.entries(tokens)) writeFileSync(join(room, 'secrets', name), token);
  const [program = '', ...args] = (before[0]?.command ?? []).map(inRoom);
  return spawnSync(program, args, { encoding: 'utf8' });
}

for (const [environment, { files = {} }] of Object.entries(environments)) {
  const template = String(files[place] ?? '');

  test(`${environment}: tokens reach the configuration, whole, and nobody but the runner may read it`, () => {
    const tokens = { amd64: 'glrt-a%s\\b', arm64: 'glrt-c d$(id)' };
    const { status, stdout, stderr } = configured(template, tokens);
    assert.deepEqual([status, stdout, stderr], [0, '', '']);
    const file = join(room, 'runner/config.toml');
    const expected = template
      .replace('"/secrets/amd64"', () => `"${tokens.amd64}"`)
      .replace('"/secrets/arm64"', () => `"${tokens.arm64}"`);
    assert.equal(readFileSync(file, 'utf8'), inRoom(expected));
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test(`${environment}: a runner does not start without its token`, () => {
    const { status, stderr } = configured(template, { amd64: 'glrt-abc' });
    assert.notEqual(status, 0);
    assert.match(stderr, /secrets\/arm64/);
    assert.doesNotMatch(stderr, /glrt-/);
  });

  test(`${environment}: a job is nobody on its node, and runs what was reviewed`, () => {
    const runners = template.split('[[runners]]').slice(1);
    assert.equal(runners.length, 2);
    for (const [index, runner] of runners.entries()) {
      const says = (line: string) => assert.ok(runner.includes(`\n    ${line}\n`), line);
      says('privileged = false');
      says('allow_privilege_escalation = false');
      says('automount_service_account_token = false');
      says('cap_drop = ["ALL"]');
      says('  run_as_non_root = true');
      says('    type = "RuntimeDefault"');
      says('allowed_images = ["*@sha256:*", "**/*@sha256:*"]');
      says(`  "kubernetes.io/arch" = "${['amd64', 'arm64'][index]}"`);
      assert.doesNotMatch(runner, /overwrite_allowed|host_path|pull_policy = .*never/);
    }
  });
}
