import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

// Plain JavaScript, for any Node: it declares no types.
const { servicesAmong, startingNothing } = (await import(`${new URL('setup.mjs', import.meta.url)}`)) as {
  servicesAmong: (files: string) => string[];
  startingNothing: string;
};

function policyIn(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-setup-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return join(dir, 'policy-rc.d');
}

/** Asks the policy as invoke-rc.d does, and ends as it is told. */
const installing = (policy: string, script: string) =>
  spawnSync('sh', ['-c', startingNothing, 'sh', policy, 'sh', '-c', script, 'sh', policy], { encoding: 'utf8' });

test('while packages are installed nothing may start, and afterwards it may again, however that ends', (t) => {
  const policy = policyIn(t);
  for (const [end, expected] of [
    ['exit 0', 0],
    ['exit 100', 100],
    ['kill -TERM $PPID; sleep 1', 130],
  ] as const) {
    const { stdout, stderr, status } = installing(policy, `"$1" redis-server start; echo $?; ${end}`);
    assert.deepEqual([stdout, stderr, status], ['101\n', '', expected]);
    assert.equal(existsSync(policy), false, end);
  }
});

test('a policy that the machine has already decides alone, and stays', (t) => {
  const policy = policyIn(t);
  writeFileSync(policy, '#!/bin/sh\nexit 104\n');
  chmodSync(policy, 0o755);
  const { stdout, status } = installing(policy, '"$1" redis-server start; echo $?; exit 7');
  assert.deepEqual([stdout, status], ['104\n', 7]);
  assert.ok(existsSync(policy));
});

test('the services of a package are those of the system, each by its name', () => {
  const files = `/.
/etc/init.d/redis-server
/lib/systemd/system
/lib/systemd/system/redis-server.service
/lib/systemd/system/redis-server@.service
/usr/lib/systemd/system/prometheus-node-exporter-apt.timer
/usr/lib/systemd/system/docker-registry.service.d/more.conf
/usr/lib/systemd/user/ssh-agent.service
/usr/share/doc/redis-server/copyright
`;
  assert.deepEqual(servicesAmong(files), ['redis-server.service', 'prometheus-node-exporter-apt.timer']);
});
