import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { local, newBranch } from '../../../generators/forge/local.fixture.ts';
import type { Git } from '../../../generators/git/git.ts';
import { head } from '../../../generators/model/names.ts';
import { processesIn } from '../processes.fixture.ts';
import { withToken } from './client.fixture.ts';
import { project } from './project.ts';

const accounts = {
  'm-token': 'a-maintainer',
  'd-token': { name: 'a-developer', role: 'developer' },
  'g-token': { name: 'a-guest', role: 'guest' },
} as const;

/** A forge with `main`, and git clients that come in over HTTP. */
async function served(t: TestContext) {
  const here = await local(t, { accounts });
  await newBranch(here.repository, 'main', undefined);
  const url = `${here.url}/${project.path}.git`;
  const as = (token: string, dir = here.dir) => withToken(dir, here.url, token);
  let number = 0;
  const clone = async (token: string, ...options: string[]): Promise<Git> => {
    const dir = join(here.dir, `clone-${number++}`);
    await as(token).bytes(['clone', '--quiet', ...options, url, dir]);
    return as(token, dir);
  };
  return { ...here, url, as, clone };
}

async function commit(git: Git, name: string, bytes: string | Buffer = name): Promise<string> {
  await writeFile(join(git.dir, name), bytes);
  await git.bytes(['add', name]);
  await git.bytes(['commit', '--quiet', '-m', name]);
  return git.text(['rev-parse', 'HEAD']);
}

test('a clone over HTTP has what was pushed over HTTP', async (t) => {
  const { clone, repository } = await served(t);
  const one = await clone('a-token');
  const tip = await commit(one, 'new');
  await one.bytes(['push', '--quiet', 'origin', 'HEAD:main', 'HEAD:refs/tags/v1']);
  assert.equal(await repository.commit(head('main')), tip);
  const reader = await clone('a-reporter');
  assert.equal(await reader.text(['rev-parse', 'HEAD', 'v1']), `${tip}\n${tip}`);
});

test('who has no token, or a wrong one, is asked for one; who may only look may not push', async (t) => {
  const { url, as, clone } = await served(t);
  const response = await fetch(`${url}/info/refs?service=git-upload-pack`);
  assert.equal(response.status, 401);
  assert.equal(response.headers.get('www-authenticate'), 'Basic realm="GitLab"');
  await assert.rejects(as('wrong-secret').bytes(['ls-remote', url]), (error: Error) => {
    assert.match(error.message, /could not read Username|Authentication failed/);
    assert.doesNotMatch(error.message, /wrong-secret/);
    return true;
  });
  await assert.rejects(as('g-token').bytes(['ls-remote', url]), /403/);
  const reader = await clone('a-reporter');
  await commit(reader, 'new');
  await assert.rejects(reader.bytes(['push', 'origin', 'HEAD:mine']), /403/);
});

test('a token is not told to the programs of the server', async (t) => {
  const { clone, repository } = await served(t);
  const hook = join(repository.dir, 'hooks', 'post-receive');
  await writeFile(hook, '#!/bin/sh\nenv >seen\nps -eo args >>seen 2>/dev/null || true\n');
  await chmod(hook, 0o755);
  const one = await clone('m-token');
  await commit(one, 'new');
  await one.bytes(['push', '--quiet', 'origin', 'HEAD:other']);
  const seen = await readFile(join(repository.dir, 'seen'), 'utf8');
  assert.match(seen, /^REMOTE_USER=a-maintainer$/m);
  assert.doesNotMatch(seen, new RegExp(`m-token|${Buffer.from('oauth2:m-token').toString('base64')}`));
});

test('nobody rewrites or deletes a protected branch over HTTP, and a developer does not push to it', async (t) => {
  const { clone, repository } = await served(t);
  const tip = await repository.commit(head('main'));
  const maintainer = await clone('m-token');
  await maintainer.bytes(['commit', '--quiet', '--amend', '-m', 'rewritten']);
  await assert.rejects(
    maintainer.bytes(['push', '--force', 'origin', 'HEAD:main']),
    /GitLab: You are not allowed to force push code to a protected branch on this project\./,
  );
  await assert.rejects(
    maintainer.bytes(['push', 'origin', ':main']),
    /GitLab: You can only delete protected branches using the web interface\./,
  );
  const developer = await clone('d-token');
  const made = await commit(developer, 'new');
  await assert.rejects(
    developer.bytes(['push', 'origin', 'HEAD:main']),
    /GitLab: You are not allowed to push code to protected branches on this project\./,
  );
  assert.equal(await repository.commit(head('main')), tip);
  await developer.bytes(['push', '--quiet', 'origin', 'HEAD:mine']);
  await developer.bytes(['commit', '--quiet', '--amend', '-m', 'again']);
  await developer.bytes(['push', '--quiet', '--force', 'origin', 'HEAD:mine']);
  assert.notEqual(await repository.commit(head('mine')), made);
});

test('what is larger than a client sends at once arrives in pieces', async (t) => {
  const { clone, repository, server } = await served(t);
  const sent: (string | undefined)[] = [];
  server.on('request', ({ method, headers }) => method === 'POST' && sent.push(headers['transfer-encoding']));
  const one = await clone('a-token');
  const bytes = randomBytes(3 * 1024 * 1024);
  await commit(one, 'large', bytes);
  await one.bytes(['push', '--quiet', 'origin', 'HEAD:large']);
  assert.ok(sent.includes('chunked'));
  assert.deepEqual(await repository.bytes(['cat-file', 'blob', `${head('large')}:large`]), bytes);
  const again = await clone('a-reporter', '--branch', 'large');
  assert.deepEqual(await readFile(join(again.dir, 'large')), bytes);
});

test('a request that is packed is read as what it was', async (t) => {
  const { clone, url, as, repository, server } = await served(t);
  const encodings: (string | undefined)[] = [];
  server.on('request', ({ headers }) => encodings.push(headers['content-encoding']));
  // So many tips that a client's wishes are worth packing.
  const tip = (await repository.commit(head('main'))) ?? '';
  const refs = Array.from({ length: 60 }, (_, index) => `create refs/heads/many-${index} ${tip}\n`).join('');
  await repository.bytes(['update-ref', '--stdin'], refs);
  const one = await clone('a-token');
  for (let index = 0; index < 20; index++) {
    await one.bytes(['commit', '--quiet', '--allow-empty', '-m', String(index)]);
  }
  await newBranch(repository, 'later', tip);
  await as('a-reporter', one.dir).bytes(['fetch', '--quiet', url, 'later']);
  assert.ok(encodings.includes('gzip'));
  assert.equal(await one.commit('FETCH_HEAD'), await repository.commit(head('later')));
});

test('contents that a clone left out come when they are asked for', async (t) => {
  const { clone } = await served(t);
  const one = await clone('a-token');
  await commit(one, 'left-out', 'the text');
  await one.bytes(['push', '--quiet', 'origin', 'HEAD:main']);
  const partial = await clone('a-reporter', '--filter=blob:none', '--bare');
  const blob = await one.text(['rev-parse', 'HEAD:left-out']);
  const missing = await partial.lines(['rev-list', '--objects', '--missing=print', 'HEAD']);
  assert.ok(missing.includes(`?${blob}`));
  assert.equal(await partial.text(['cat-file', 'blob', blob]), 'the text');
});

test('of two who push at once to one branch one wins, and to two branches both do', async (t) => {
  const { clone, repository } = await served(t);
  const both = await Promise.all([clone('a-token'), clone('m-token')]);
  const tips = await Promise.all(both.map((git, index) => commit(git, `by-${index}`)));
  const own = both.map((git, index) => git.bytes(['push', '--quiet', 'origin', `HEAD:own-${index}`]));
  await Promise.all(own);
  for (const index of [0, 1]) assert.equal(await repository.commit(head(`own-${index}`)), tips[index]);
  const results = await Promise.allSettled(both.map((git) => git.bytes(['push', '--quiet', 'origin', 'HEAD:main'])));
  const winner = results.findIndex(({ status }) => status === 'fulfilled');
  assert.equal(results.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.equal(await repository.commit(head('main')), tips[winner]);
});

test('nothing but the protocol of git is served from the repository', async (t) => {
  const { url } = await served(t);
  const headers = { authorization: `Basic ${Buffer.from('oauth2:a-token').toString('base64')}` };
  for (const path of [
    'HEAD',
    'config',
    'protected-branches',
    'info/refs',
    'objects/info/packs',
    'git-upload-archive',
  ]) {
    assert.equal((await fetch(`${url}/${path}`, { headers })).status, 404, path);
  }
});

test('a client that leaves in the middle of a push leaves no program behind', async (t) => {
  const { url, repository, server } = await served(t);
  const { host, hostname, port, pathname } = new URL(url);
  const socket = connect(Number(port), hostname);
  const authorization = `Basic ${Buffer.from('oauth2:a-token').toString('base64')}`;
  const type = 'application/x-git-receive-pack-request';
  const lines = [
    `POST ${pathname}/git-receive-pack HTTP/1.1`,
    `host: ${host}`,
    `authorization: ${authorization}`,
    `content-type: ${type}`,
    'content-length: 1000',
  ];
  const arrived = once(server, 'request');
  socket.write(`${lines.join('\r\n')}\r\n\r\n0`);
  await arrived;
  // Only Linux tells which programs work in a folder.
  if (process.platform === 'linux') await until(() => processesIn(repository.dir).length > 0);
  socket.destroy();
  await until(() => processesIn(repository.dir).length === 0);
  assert.deepEqual(await repository.lines(['for-each-ref', '--format=%(refname)', 'refs/heads']), ['refs/heads/main']);
});

async function until(done: () => boolean): Promise<void> {
  const end = Date.now() + 20_000;
  while (!done()) {
    assert.ok(Date.now() < end, 'it did not come to pass within 20 seconds');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
