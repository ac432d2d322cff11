import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

const here = import.meta.dirname;
// Apart from this folder, nothing but what was built is found.
const dir = await mkdtemp(join(tmpdir(), 'counter-built-'));
after(() => rm(dir, { recursive: true, force: true }));

test('what the image runs is the service: it answers, and finds its page and its documentation', async () => {
  await promisify(execFile)(process.execPath, [join(here, 'build.ts'), dir]);
  const dockerfile = await readFile(join(here, 'Dockerfile'), 'utf8');
  const command: string[] = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]');
  const { scripts } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
  const [, variable] = /^ENV (MALLOC_ARENA_MAX=\d+)$/m.exec(dockerfile) ?? [];
  const started = command.join(' ').replace('server.cjs', 'dist/server.cjs');
  assert.equal(scripts['start:built'], `${variable} node ${started}`);

  const child = spawn(process.execPath, command, { cwd: dir, env: { HOST: '127.0.0.1', PORT: '0' } });
  try {
    const [line] = await once(child.stdout, 'data');
    const at = `http://127.0.0.1:${JSON.parse(`${line}`.split('\n')[0] ?? '').port}`;
    assert.deepEqual(await (await fetch(`${at}/healthz`)).json(), { status: 'UP' });
    for (const page of ['/', '/docs']) {
      const answer = await fetch(at + page, { headers: { Accept: 'text/html' } });
      assert.equal(answer.status, 200);
      const assets = Array.from((await answer.text()).matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g), ([, url]) => url);
      assert(assets.length >= 3);
      for (const asset of assets) assert.equal((await fetch(at + asset)).status, 200, asset);
    }
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});
