import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { installLines } from '../bootstrap/install.ts';
import { downloadOf, type Machine, type ToolName, tools } from '../bootstrap/tools.ts';
import { Refusal } from '../model/refusal.ts';
import { toolRunner } from './bootstrap-tool.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';
import { install } from './tools.ts';

const machines: readonly Machine[] = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
const names = Object.keys(tools) as ToolName[];

test('every tool is pinned to a version, and what pipelines fetch to a checksum, by TLS alone', () => {
  for (const name of names) {
    assert.match(tools[name].version, /^\d+\.\d+\.\d+$/, name);
    for (const machine of machines) {
      const download = downloadOf(tools[name], machine);
      if (name !== 'git' && machine.startsWith('linux-')) assert.ok(download, `${name} ${machine}`);
      if (!download) continue;
      assert.match(download.sha256, /^[0-9a-f]{64}$/);
      assert.match(download.url, /^https:\/\/[\w.-]+\/[\w./-]+$/);
      assert.ok(download.url.includes(tools[name].version), download.url);
    }
  }
  const sums = names.flatMap((name) => machines.flatMap((machine) => downloadOf(tools[name], machine)?.sha256 ?? []));
  assert.equal(new Set(sums).size, sums.length, 'no checksum stands twice');
});

test('the lines that install a tool are a clean shell script on every machine, also where a folder has a blank in it', (t) => {
  const checker = spawnSync('shellcheck', ['--version']).status === 0 ? 'shellcheck' : undefined;
  if (!checker) t.diagnostic('shellcheck is not there: the lines are only parsed');
  for (const name of names)
    for (const machine of machines) {
      const text = `#!/bin/bash\nset -euo pipefail\n${installLines(name, tools[name], machine, "/opt/it's here").join('\n')}\n`;
      const [command, args] = checker ? [checker, ['-']] : ['bash', ['-n']];
      const { status, stdout, stderr } = spawnSync(command, args, { input: text, encoding: 'utf8' });
      assert.equal(status, 0, `${text}\n${stdout}${stderr}`);
    }
});

/** A PATH with a folder to install into, and a stand-in of curl that gives this text. */
function stage(t: TestContext, text: string) {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-tools-test-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const [bin, into, log] = [join(dir, 'bin'), join(dir, 'into'), join(dir, 'log')];
  for (const folder of [bin, into]) mkdirSync(folder);
  const write = (file: string, lines: string) => {
    writeFileSync(file, lines);
    chmodSync(file, 0o755);
  };
  writeFileSync(join(dir, 'text'), text);
  write(
    join(bin, 'curl'),
    `#!/bin/bash\n[ "$1 $2 $3 $4 $5 $6 $7" = "--proto =https --tlsv1.2 --retry 3 -fsSL -o" ] || exit 64\necho "\${@: -1}" >> '${log}'\ncp '${join(dir, 'text')}' "$8"\n`,
  );
  const env = { ...process.env, PATH: [into, bin, '/usr/bin', '/bin'].join(delimiter), TMPDIR: dir };
  const said: string[] = [];
  const pins = {
    ...tools,
    cosign: {
      ...tools.cosign,
      from: {
        'linux-x64': {
          url: 'https://releases.example.org/v$VERSION/cosign',
          sha256: createHash('sha256').update(text).digest('hex'),
        },
      },
    },
  };
  return {
    ...{ dir, into, env, said, write, pins },
    installing: {
      run: toolRunner(env, new AbortController().signal),
      ...{ machine: 'linux-x64', into, path: [bin, into], pins, say: (line: string) => void said.push(line) },
    },
  };
}

const printing = (version: string) => `#!/bin/sh\necho '{ "gitVersion": "v${version}" }'\n`;

test('a tool is fetched, checked and installed once; one that is there in a later version is left alone', async (t) => {
  const { into, said, write, installing, dir } = stage(t, printing(tools.cosign.version));
  assert.equal(await install('cosign', installing), tools.cosign.version);
  assert.equal(await install('cosign', installing), tools.cosign.version);
  assert.deepEqual(said, [
    `cosign ${tools.cosign.version}: fetching …`,
    `cosign ${tools.cosign.version}: installed in ${into}`,
    `cosign ${tools.cosign.version} is there`,
  ]);
  assert.deepEqual(readdirSync(dir).sort(), ['bin', 'into', 'log', 'text'], 'nothing is left of what was fetched');
  write(join(into, 'cosign'), printing('99.0.0'));
  assert.equal(await install('cosign', installing), '99.0.0');
});

test('other bytes than the pinned ones are not installed', async (t) => {
  const { into, installing } = stage(t, printing(tools.cosign.version));
  const pins = { ...installing.pins, cosign: tools.cosign };
  await assert.rejects(
    install('cosign', { ...installing, pins }),
    (error) =>
      error instanceof Refusal &&
      /^cosign 2\.\d+\.\d+ of https:\/\/github\.com\/\S+ was not installed in .*checksum did NOT match/.test(
        error.message,
      ),
  );
  assert.ok(!existsSync(join(into, 'cosign')));
});

test('an older one that comes first on the PATH is named, and so is a machine of which no checksum is known', async (t) => {
  const { into, dir, env, write, installing } = stage(t, printing(tools.cosign.version));
  mkdirSync(join(dir, 'first'));
  write(join(dir, 'first', 'cosign'), printing('1.0.0'));
  const run = toolRunner(
    { ...env, PATH: `${join(dir, 'first')}${delimiter}${env.PATH}` },
    new AbortController().signal,
  );
  await assert.rejects(
    install('cosign', { ...installing, run }),
    /another one comes first on the PATH: take that away/,
  );
  rmSync(join(into, 'cosign'));
  await assert.rejects(
    install('cosign', { ...installing, machine: 'freebsd-x64' }),
    /no checksum of it is known for freebsd-x64\. Install 2\.\d+\.\d+ or later yourself/,
  );
});

test('the command prints the lines and the pins, and refuses what it does not know before anything is fetched', (t) => {
  const { into, env, dir } = stage(t, '');
  const slipway = (...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'generators/commands/slipway.mjs'), 'tools', ...args], {
      ...{ encoding: 'utf8', env, cwd: dir },
    });
  const { tools: printed } = answerOf<{ tools: { name: ToolName; version: string; lines: string[] }[] }>(
    'tools',
    slipway('--json', '--into', into).stdout,
  );
  assert.deepEqual(
    printed.map(({ name, version }: { name: ToolName; version: string }) => [name, version]),
    names.map((name) => [name, tools[name].version]),
  );
  assert.match(slipway('kubectl').stdout, /^# kubectl 1\.\d+\.\d+\ncurl .*\necho '[0-9a-f]{64} {2}kubectl' \| sha/);
  for (const [args, says] of [
    [['cosing'], /cosing is not a tool that is pinned; did you mean cosign\?/],
    [['cosign', '--install', '--into', '/nowhere'], /\/nowhere is not on the PATH/],
  ] as const) {
    const { status, stderr } = slipway(...args);
    assert.equal(status, 2);
    assert.match(stderr, says);
  }
  assert.ok(!existsSync(join(dir, 'log')));
});
