import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { stablePort } from '../model/address.ts';
import { branches } from './branches.fixture.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';

const service = (name: string) =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n  namespace: production\nspec:\n  ports:\n    - port: 80\n`;
const ingress = (host: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: a\nspec:\n  rules:\n    - host: ${host}\n      http:\n        paths:\n          - path: /\n`;

test('an app, the forge and a request are opened where they answer', async (t) => {
  const parts = {
    'dev/a': { 'ingress-a.yaml': ingress('a.dev.example.com'), 'service-a.yaml': service('a') },
    'production/a': { 'ingress-a.yaml': ingress('a.example.com'), 'service-a.yaml': service('a') },
    'production/b': { 'service-b.yaml': service('b') },
  };
  const box = await branches(
    t,
    ['dev', 'production'],
    [
      { main: 'one', files: {}, words: 'one', at: 0 },
      { publish: 'one', parts, words: '', at: 1 },
      { onto: 'dev', of: 'one', apps: ['a'], words: 'begin', at: 2 },
      { onto: 'production', of: 'one', apps: ['a', 'b'], words: 'begin', at: 3 },
    ],
  );
  await box.checkout.bytes(['remote', 'add', 'lab', 'git@gitlab.example.com:group/slipway.git']);
  // Programs that this machine does not have: they say what they were asked for.
  const bin = join(dirname(box.checkout.dir), 'bin');
  await mkdir(bin);
  const log = join(bin, 'log');
  const standIn = async (name: string, script: string) => {
    await writeFile(join(bin, name), `#!/bin/sh\necho "${name} $*" >> '${log}'\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  };
  await standIn('xdg-open', 'exit 0');
  await standIn(
    'kubectl',
    `[ "$1" = config ] && echo kind-here && exit\necho $$ > '${bin}/pid'\necho 'Forwarding from 127.0.0.1:1 -> 80'\nexec sleep 60`,
  );
  const file = join(program, 'generators/commands/slipway.mjs');
  const env = {
    ...process.env,
    PATH: `${bin}:${process.env.PATH}`,
    FORCE_COLOR: undefined,
    DISPLAY: undefined,
    WAYLAND_DISPLAY: undefined,
    CI_SERVER_URL: undefined,
  };
  const open = (args: readonly string[], more: object = {}) =>
    spawnSync(process.execPath, [file, 'open', ...args], {
      cwd: box.checkout.dir,
      encoding: 'utf8',
      env: { ...env, ...more },
    });
  const port = stablePort('b', 'production');

  assert.deepEqual(open([]).stdout.split('\n'), [
    'dev/a         https://a.dev.example.com/',
    'production/a  https://a.example.com/',
    `production/b  http://127.0.0.1:${port}/     while npx slipway open b --env production runs`,
    '',
  ]);
  const { addresses } = answerOf<{ addresses: object[] }>('open', open(['b', '--json']).stdout);
  assert.deepEqual(addresses, [
    {
      name: 'b',
      environment: 'production',
      url: `http://127.0.0.1:${port}/`,
      forward: { namespace: 'production', service: 'b', port: 80, local: port },
    },
  ]);
  const both = open(['a'], { DISPLAY: ':1' });
  assert.deepEqual([both.status, both.stdout], [2, '']);
  assert.match(
    both.stderr,
    /a answers in dev, production: say which with --env, for example .* open a --env production$/m,
  );
  assert.equal(open(['a', '--env', 'production'], { DISPLAY: ':1' }).stdout, 'https://a.example.com/\n');
  assert.equal(open(['a', '--env', 'dev', '--print'], { DISPLAY: ':1' }).stdout, 'https://a.dev.example.com/\n');
  assert.equal(
    open(['!12', '--remote', 'lab'], { DISPLAY: ':1' }).stdout,
    'https://gitlab.example.com/group/slipway/-/merge_requests/12\n',
  );
  assert.deepEqual((await readFile(log, 'utf8')).trim().split('\n'), [
    'xdg-open https://a.example.com/',
    'xdg-open https://gitlab.example.com/group/slipway/-/merge_requests/12',
  ]);
  for (const [args, says] of [
    [['counter'], /counter answers nowhere; known are forge, a, b/],
    [['b', '--env', 'dev'], /--env dev: b does not answer there, but in production/],
    [['forge'], /The remote is a folder/],
    [['forge', '--remote', 'nowhere'], /The remote is a folder/],
    [['!0', '--remote', 'lab'], /!0 is no merge request: they count from 1/],
  ] as const)
    assert.match(open(args).stderr, says);

  // What has no address is forwarded until Ctrl-C, and leaves nothing.
  for (const [signal, end, args, context] of [
    ['SIGINT', [130, null], [], 'kind-here'],
    ['SIGHUP', [129, null], ['--context', 'kind-home'], 'kind-home'],
    ['SIGKILL', [null, 'SIGKILL'], [], 'kind-here'],
  ] as const) {
    const child = spawn(process.execPath, [file, 'open', 'b', ...args], {
      cwd: box.checkout.dir,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    t.after(() => child.kill('SIGKILL'));
    const first = once(child.stderr, 'data');
    assert.equal(await saidBy(child), `http://127.0.0.1:${port}/\n`);
    assert.match(String((await first)[0]), new RegExp(`^context ${context}: kubectl `));
    const pid = Number(await readFile(join(bin, 'pid'), 'utf8'));
    assert.ok(runs(pid));
    child.kill(signal);
    assert.deepEqual(await once(child, 'exit'), end);
    for (let wait = 0; runs(pid) && wait < 150; wait++) await delay(20);
    assert.ok(!runs(pid), signal);
  }
  assert.match(
    await readFile(log, 'utf8'),
    new RegExp(`kubectl --context kind-home port-forward --address 127.0.0.1 --namespace production svc/b ${port}:80`),
  );

  const taken = createServer().listen(port, '127.0.0.1');
  await once(taken, 'listening');
  t.after(() => taken.close());
  const refused = open(['b']);
  assert.deepEqual([refused.status, refused.stdout], [1, '']);
  assert.match(refused.stderr, new RegExp(`127.0.0.1:${port} is taken .*Ctrl-C; ss -ltnp`));
});

const saidBy = async ({ stdout }: ChildProcess): Promise<string> =>
  String((await once(stdout as NodeJS.ReadableStream, 'data'))[0]);

function runs(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
