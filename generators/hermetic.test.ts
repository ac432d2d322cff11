import assert from 'node:assert/strict';
import { cp, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { hermeticArguments } from './hermetic/arguments.ts';
import { commitTo, folder, modules, program, render, run } from './hermetic/commit.fixture.ts';
import type { RenderInput } from './model/part.ts';

type Files = Readonly<Record<string, string>>;

const app = (code: string): Files => ({ 'apps/counter/app.ts': `// An app.\n${code}\nexport const app = {};\n` });
const chart = (code: string, ...imports: string[]): Files => ({
  'generators/charts/chart.ts': `${imports.join('\n')}\nexport async function draw(_: unknown) {\n${code}\n}\n`,
});
const plus = "import { Chart, Include, Testing } from 'cdk8s'; import { ConfigMap } from 'cdk8s-plus-27';";
const include = (url: string) =>
  chart(`new Include(new Chart(Testing.app({ outdir: '.' }), 'c'), 'i', { url: '${url}' });`, plus);
const config = (path: string) =>
  chart(`new ConfigMap(new Chart(Testing.app({ outdir: '.' }), 'c'), 'm').addFile(${path});`, plus);
const redis = "import.meta.dirname + '/../../apps/redis/values.yaml'";

async function refused(t: TestContext, files: Files, expected: string): Promise<void> {
  const { status, said } = await render(t, files);
  assert.ok(
    said.some((line) => line.startsWith(expected)),
    `${expected}\n${said.join('\n')}`,
  );
  assert.equal(status, 3);
}

/** What the second line of an app does, and what is said of it. */
const inAnApp: Files = {
  'Date.now();': 'reads the clock (Date.now)',
  'new Date();': 'reads the clock (new Date())',
  'new (class extends Date {})();': 'reads the clock',
  'Date();': 'reads the clock (Date())',
  "new (new Date('2026-01-01').constructor)();": 'reads the clock',
  "new Intl.DateTimeFormat('en').format();": 'reads the clock (Intl.DateTimeFormat)',
  'performance.now();': 'reads the clock (performance.now)',
  'performance.timeOrigin;': 'reads the clock (performance.timeOrigin)',
  "new Event('x').timeStamp;": 'reads the clock (Event.timeStamp)',
  'process.hrtime.bigint();': 'asks for process.hrtime',
  'Math.random();': 'draws a random number (Math.random)',
  'crypto.randomUUID();': 'draws random bytes (crypto.randomUUID)',
  'crypto.getRandomValues(new Uint8Array(1));': 'draws random bytes (crypto.getRandomValues)',
  "await crypto.subtle.generateKey('Ed25519', true, ['sign']);": 'draws random bytes (crypto.subtle.generateKey)',
  "await fetch('http://127.0.0.1:1/');": 'reaches the network (fetch)',
  "new WebSocket('ws://127.0.0.1:1/');": 'reaches the network (WebSocket)',
  'process.env.HOME;': 'asks for process.env',
  'process.cwd();': 'asks for process.cwd',
  'const { platform } = process; platform;': 'asks for process.platform',
  'navigator.hardwareConcurrency;': 'asks which machine it is on (navigator)',
  "process.getBuiltinModule('node:fs');": 'asks for process.getBuiltinModule',
  "process['binding']('fs');": 'asks for process.binding',
  'process.exit(0);': 'asks for process.exit',
  "new Function('return Date.now()')();": 'reads the clock (Date.now)',
  'try { Date.now(); } catch {}': 'reads the clock (Date.now)',
  'setTimeout(() => Date.now(), 1);': 'reads the clock (Date.now)',
  "import '../redis/app.ts';": 'imports ../redis/app.ts: an app depends on nothing but its own folder',
  "import '../../generators/charts/chart.ts';": 'imports ../../generators/charts/chart.ts: an app',
  "import 'node:fs';": 'imports node:fs: an app',
  "import { hostname } from 'node:os';\nhostname();": 'imports node:os: an app',
  "import { createRequire } from 'node:module';\ncreateRequire;": 'imports node:module: an app',
  "import 'zod';": 'imports zod: an app',
  "await import('node:fs').catch(() => {});": 'imports node:fs: an app',
  'await import(\'data:text/javascript,import "node:fs"\');': 'imports data:',
};

for (const [code, what] of Object.entries(inAnApp)) {
  test(`an app is refused by file and line: ${code.replace('\n', ' ')}`, (t) =>
    refused(t, app(code), `apps/counter/app.ts:2 ${what}`));
}

/** Whole files, and who is named for what. */
const elsewhere: readonly (readonly [string, Files, string])[] = [
  [
    'an app in CommonJS',
    { ...app("import './fs.cjs';"), 'apps/counter/fs.cjs': "require('fs');" },
    'apps/counter/app.ts:2 imports ./fs.cjs: a render loads ES modules and JSON',
  ],
  ['a chart for an app', chart('Date.now();'), 'generators/charts/chart.ts:3 reads the clock (Date.now)'],
  [
    'environments',
    { 'clusters/environments.ts': '\nexport const environments = [Math.random()];' },
    'clusters/environments.ts:2 draws a random number',
  ],
  [
    'an app that imports what it put together',
    app("await import(['node', 'fs'].join(':'));"),
    'apps/counter/app.ts imports node:fs: an app',
  ],
  [
    'an index that imports more',
    { 'apps/index.ts': "import './counter/values.ts';\nexport const apps = [];", 'apps/counter/values.ts': '' },
    'apps/index.ts:1 imports ./counter/values.ts: apps/index.ts imports nothing but',
  ],
  [
    'environments that import the local world',
    { 'clusters/environments.ts': "import './local/world.ts';", 'clusters/local/world.ts': '' },
    'clusters/environments.ts:1 imports ./local/world.ts: clusters/',
  ],
  [
    'a chart that imports node:fs',
    chart('readFileSync;', "import { readFileSync } from 'node:fs';"),
    'generators/charts/chart.ts:1 imports node:fs: a render touches nothing',
  ],
  [
    'a chart that imports an app',
    chart('', "import '../../apps/redis/app.ts';"),
    'generators/charts/chart.ts:1 imports ../../apps/redis/app.ts: generators/',
  ],
  [
    'a chart that draws bytes',
    chart('randomBytes(1);', "import { randomBytes } from 'node:crypto';"),
    'generators/charts/chart.ts:3 draws random bytes (crypto.randomBytes)',
  ],
  [
    'a file of the machine that is read through a package',
    config("'/etc/hostname'"),
    'generators/charts/chart.ts:3 reads /etc/hostname through cdk8s-plus-27',
  ],
  [
    'a file of an app that is read through a package',
    config(redis),
    'generators/charts/chart.ts:3 reads apps/redis/values.yaml through cdk8s-plus-27',
  ],
  [
    'an included file',
    include('/etc/hostname'),
    'generators/charts/chart.ts:3 starts a program (node _loadurl.mjs /etc/hostname) through cdk8s',
  ],
  ['a folder that a package makes', chart('Testing.app();', plus), 'generators/charts/chart.ts:3 writes /'],
  [
    'a hook into the network',
    chart("await axios.get('http://127.0.0.1:1/').catch(() => {});", "import axios from 'axios';"),
    'generators/charts/chart.ts:3 opens a network connection (connect) through',
  ],
];

for (const [name, files, expected] of elsewhere) {
  test(`${name} is refused by file and line`, (t) => refused(t, files, expected));
}

/** What computes and depends on nothing else. */
const allowed: readonly (readonly [string, Files])[] = [
  [
    'a date that is given',
    app("new Date('2026-01-01').toISOString(); new Intl.DateTimeFormat('en').format(new Date(0));"),
  ],
  [
    'a hash',
    chart(
      "createHash('sha256').update('x').digest('hex'); hash('sha1', 'x');",
      "import { createHash, hash } from 'node:crypto';",
    ),
  ],
  ['a digest', app("await crypto.subtle.digest('SHA-256', new Uint8Array(1));")],
  ['a timer', app('await new Promise((done) => setTimeout(done, 1));')],
  [
    "an app's own file and JSON",
    {
      ...app("import { a } from './a/a.ts'; import b from './b.json' with { type: 'json' }; [a, b];"),
      'apps/counter/a/a.ts': 'export const a = 1;',
      'apps/counter/b.json': '{}',
    },
  ],
  ['a type of somebody else', app("import type { Stats } from 'node:fs';\nexport type S = Stats;")],
  [
    'a package of a chart',
    chart('z.object({});', "import { z } from 'zod'; import { dump } from 'js-yaml'; dump({});"),
  ],
  [
    'a file of the app that is being rendered',
    {
      ...config(redis),
      'generators/charts/chart.ts': `${config(redis)['generators/charts/chart.ts']}Object.assign(globalThis, { [Symbol.for('slipway.rendering')]: 'redis' });\n`,
    },
  ],
];

for (const [name, files] of allowed) {
  test(`${name} is no dependency of a render`, async (t) => {
    const { status, said } = await render(t, files);
    assert.deepEqual([status, said], [0, ['']]);
  });
}

const installed: readonly (readonly [string, string])[] = [
  ["readFileSync('/etc/hostname')", 'reads /etc/hostname through outside'],
  ["readFileSync('apps/redis/values.yaml')", 'reads apps/redis/values.yaml through outside'],
  ["await readFile('/etc/hostname').catch(() => {})", 'reads /etc/hostname through outside'],
  ["writeFileSync('x', '')", 'writes x through outside'],
  ['hostname()', 'asks which machine it is on (os.hostname) through outside'],
  ["lookup('localhost', () => {})", 'looks a name up in the network (dns.lookup) through outside'],
  ["connect(1, '127.0.0.1')", 'opens a network connection (connect) through outside'],
  ["get('http://127.0.0.1:1/')", 'opens a network connection (connect) through outside'],
  ["createSocket('udp4').bind(0)", 'reaches the network (dgram.bind) through outside'],
  ['randomUUID()', 'draws random bytes (crypto.randomUUID) through outside'],
  ['hrtime()', 'reads the clock (process.hrtime) through outside'],
  ["getBuiltinModule('os').hostname()", 'asks which machine it is on (os.hostname) through outside'],
  ["await import('../../apps/redis/app.ts')", 'imports apps/redis/app.ts through outside'],
];

for (const [call, what] of installed) {
  test(`a package that was installed for the commit is no way around: ${call}`, async (t) => {
    const dir = await folder(t);
    await rm(join(dir, 'node_modules'));
    const names = `import { readFileSync, writeFileSync } from 'node:fs'; import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os'; import { lookup } from 'node:dns'; import { connect } from 'node:net';
import { get } from 'node:http'; import { createSocket } from 'node:dgram'; import { randomUUID } from 'node:crypto';
import { hrtime, getBuiltinModule } from 'node:process';
`;
    await commitTo(dir, {
      ...chart('await ask();', "import { ask } from 'outside';"),
      'node_modules/outside/package.json': '{ "name": "outside", "type": "module", "exports": "./index.js" }',
      'node_modules/outside/index.js': `${names}export async function ask() { ${call}; }\n`,
    });
    const { status, said } = await run(hermeticArguments(dir, join(dir, 'node_modules')), '', dir);
    assert.match(said.at(-1) ?? '', /^generators\/charts\/chart\.ts:3 /);
    assert.ok(said.at(-1)?.includes(` ${what}: `), said.join('\n'));
    assert.equal(status, 3);
  });
}

test('an app that reaches another by a symbolic link is refused', async (t) => {
  const dir = await folder(t);
  await commitTo(dir, { 'apps/index.ts': "\nexport { app as apps } from './other/app.ts';" });
  await symlink('redis', join(dir, 'apps', 'other'));
  const { status, said } = await run(hermeticArguments(dir, modules));
  assert.equal(status, 3);
  assert.match(said.at(-1) ?? '', /^apps\/index\.ts:2 imports \.\/other\/app\.ts: a render follows no symbolic link/);
});

test('an error of the commit is shown as it is', async (t) => {
  const { status, said } = await render(t, app("throw new TypeError('wrong here');"));
  assert.equal(status, 1);
  assert.ok(said.some((line) => line === 'TypeError: wrong here'));
  assert.ok(said.some((line) => /apps\/counter\/app\.ts:2:/.test(line)));
});

test('who renders can charge a trap to an app and go on', async (t) => {
  const { status, out } = await render(t, {
    ...app('Date.now();'),
    'generators/render-commit.ts':
      "const trapped = Reflect.get(globalThis, Symbol.for('slipway.trapped'));\n" +
      "await import('../apps/counter/app.ts').catch(() => {});\n" +
      'process.stdout.write(JSON.stringify(trapped.splice(0)));\n',
  });
  const message =
    'apps/counter/app.ts:2 reads the clock (Date.now): a render depends on nothing but the commit and the image digests.';
  assert.equal(status, 0);
  assert.deepEqual(JSON.parse(out), [{ file: 'apps/counter/app.ts', line: 2, message }]);
});

test("this repository's own apps and charts render under the traps as they do without", async (t) => {
  const dir = await folder(t);
  for (const name of ['apps', 'clusters', 'generators', 'package.json']) {
    await cp(join(program, name), join(dir, name), {
      recursive: true,
      filter: (path) => !/\.(test|fixture)\.ts$/.test(path),
    });
  }
  const build = { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) };
  const input = JSON.stringify({
    ...{ program: build.tree, builds: { service: build }, images: {}, known: {}, taken: [] },
  } satisfies RenderInput);
  const files = pathToFileURL(join(program, 'generators', 'hermetic', 'files.ts')).href;
  const reader = `import { fileReader } from ${JSON.stringify(files)};
    globalThis[Symbol.for('slipway.read')] = fileReader(${JSON.stringify(dir)});`;
  const untrapped = ['--import', `data:text/javascript,${encodeURIComponent(reader)}`];
  const free = await run([...untrapped, join(dir, 'generators', 'render-commit.ts')], input);
  const trapped = await run(hermeticArguments(dir, modules), input);
  assert.match(free.out, /"summary"/);
  assert.deepEqual(trapped, free);
});
