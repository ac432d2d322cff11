import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Git } from '../../../generators/git/git.ts';
import { commitAll } from '../world.fixture.ts';
import { buildArtifact } from './artifact.ts';

test('the same tree gives the same artifact, byte for byte, in another world and on another day', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-artifact-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const temporary = join(dir, 'tmp');
  await mkdir(temporary);
  process.env.TMPDIR = temporary;
  delete process.env.NODE_COMPILE_CACHE;
  const checkout = new Git(join(dir, 'checkout'));
  const service = join(checkout.dir, 'service');
  await mkdir(join(service, 'vendor', 'dep'), { recursive: true });
  await checkout.bytes(['init', '--quiet']);
  // A dependency that needs no network, and an attribute file that would change bytes if it were obeyed.
  await writeFile(join(service, 'vendor', 'dep', 'package.json'), '{"name":"dep","version":"1.0.0"}');
  const about = { name: 'x', version: '1.0.0', dependencies: { dep: 'file:vendor/dep' } };
  const packages = {
    '': about,
    'node_modules/dep': { resolved: 'vendor/dep', link: true },
    'vendor/dep': { version: '1.0.0' },
  };
  await writeFile(join(service, 'package.json'), JSON.stringify({ ...about, main: 'a.js' }));
  await writeFile(join(service, 'package-lock.json'), JSON.stringify({ ...about, lockfileVersion: 3, packages }));
  await writeFile(join(service, 'crlf.txt'), 'a\r\nb\r\n');
  await writeFile(join(service, '.gitattributes'), '* text=auto eol=crlf export-subst\n');
  const sha = await commitAll(checkout);
  const digests = [await buildArtifact(join(dir, 'one'), checkout, sha, 'service')];
  await delay(1100);
  digests.push(await buildArtifact(join(dir, 'two'), checkout, sha, 'service'));
  assert.equal(digests[0], digests[1]);
  assert.deepEqual(await readdir(temporary), []);

  const file = join(dir, 'one', 'artifacts', `${digests[0]?.slice(7)}.tar`);
  assert.equal(
    `sha256:${createHash('sha256')
      .update(await readFile(file))
      .digest('hex')}`,
    digests[0],
  );
  const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' });
  assert.match(names, /^node_modules\/dep$/m);
  assert.match(names, /^crlf\.txt$/m);

  // The next commit locks the same packages: they are taken over, and they are in it all the same.
  await writeFile(join(service, 'a.js'), '// more');
  const next = await buildArtifact(join(dir, 'one'), checkout, await commitAll(checkout), 'service');
  assert.notEqual(next, digests[0]);
  assert.match(
    execFileSync('tar', ['-tf', join(dir, 'one', 'artifacts', `${next.slice(7)}.tar`)], { encoding: 'utf8' }),
    /^node_modules\/dep$/m,
  );
});
