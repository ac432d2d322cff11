import assert from 'node:assert/strict';
import { existsSync, rmSync } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import { Git } from '../git/git.ts';
import { head } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { type Fault, faulty } from './faulty.fixture.ts';
import type { Forge } from './forge.ts';
import { gitlab } from './gitlab.ts';
import { local, newBranch, quick } from './local.fixture.ts';

/** A forge behind a way that breaks, with `b` onto `a` to be merged. */
async function broken(t: TestContext, timeout = 1000) {
  prepared ??= prepare();
  const { dir, base, tip } = await prepared;
  const own = await mkdtemp(join(tmpdir(), 'slipway-broken-'));
  t.after(() => rm(own, { recursive: true, force: true }));
  await cp(dir, own, { recursive: true });
  const here = await local(t, { repository: new Git(own) });
  const way = await faulty(t, here.url, async () => {
    // What is written next is not in the copy.
    const copy = await mkdtemp(join(tmpdir(), 'slipway-still-'));
    t.after(() => rm(copy, { recursive: true, force: true }));
    await cp(own, join(copy, 'r.git'), { recursive: true, filter: (path) => !path.endsWith('.sample') });
    for (const kept of ['requests.json', 'commit-statuses.json']) {
      if (existsSync(join(here.dir, kept))) await cp(join(here.dir, kept), join(copy, kept));
    }
    const still = await local(t, { repository: new Git(join(copy, 'r.git')), file: join(copy, 'requests.json') });
    return still.url;
  });
  const patience = { ...quick, timeout };
  const forge = gitlab({ host: way.url, project: project.path, token: 'a-token', patience });
  return { ...here, straight: here.forge, base, tip, way, forge };
}

/** Two branches, made once for all tests. */
async function prepare() {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-prepared-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const repository = await createRepository(dir, ['main']);
  const base = await newBranch(repository, 'a', undefined);
  return { dir, base, tip: await newBranch(repository, 'b', base) };
}
let prepared: ReturnType<typeof prepare> | undefined;

type World = Awaited<ReturnType<typeof broken>>;

const proposal = { source: 'b', target: 'a', title: 'New', body: 'body' };
const status = {
  name: 'slipway/staging',
  state: 'success',
  description: 'deployed',
  url: 'https://x.example',
} as const;

/** Every call of the door: what it needs, what of it breaks, and how the world has to be in the end. */
const calls: Readonly<
  Record<
    string,
    {
      readonly breaks: RegExp;
      readonly prepare?: (forge: Forge, world: World) => Promise<unknown>;
      readonly call: (forge: Forge, world: World) => Promise<unknown>;
      readonly ends: (world: World) => Promise<void>;
    }
  >
> = {
  opened: {
    breaks: /^GET .*merge_requests\?/,
    prepare: (forge) => forge.open(proposal),
    call: async (forge) => assert.equal((await forge.opened('a')).length, 1),
    ends: async () => {},
  },
  open: {
    breaks: /^POST .*merge_requests/,
    call: async (forge) => assert.equal((await forge.open(proposal)).iid, 1),
    ends: one({ state: 'opened', title: 'New' }),
  },
  'open, of one that is open with another text': {
    breaks: /^P(OS|U)T .*merge_requests/,
    prepare: (forge) => forge.open({ ...proposal, title: 'Old' }),
    call: async (forge) => assert.equal((await forge.open(proposal)).iid, 1),
    ends: one({ state: 'opened', title: 'New' }),
  },
  update: {
    breaks: /^PUT .*merge_requests/,
    prepare: (forge) => forge.open({ ...proposal, title: 'Old' }),
    call: (forge) => forge.update(1, proposal),
    ends: one({ state: 'opened', title: 'New' }),
  },
  close: {
    breaks: /^PUT .*merge_requests/,
    prepare: (forge) => forge.open(proposal),
    call: async (forge) => assert.equal((await forge.close(1)).state, 'closed'),
    ends: one({ state: 'closed', title: 'New' }),
  },
  merge: {
    breaks: /^PUT .*merge$/,
    prepare: (forge) => forge.open(proposal),
    call: async (forge, { tip }) => assert.equal((await forge.merge(1, tip)).state, 'merged'),
    ends: async (world) => {
      await one({ state: 'merged', title: 'New' })(world);
      const { repository, base, tip } = world;
      const commits = await repository.lines(['log', '--format=%P', '--first-parent', head('a')]);
      assert.deepEqual(commits, [`${base} ${tip}`, '']);
    },
  },
  'merge, when its pipeline succeeds': {
    breaks: /^PUT .*merge$/,
    prepare: async (forge, { tip }) => {
      await forge.setStatus(tip, { ...status, state: 'running' });
      await forge.open(proposal);
    },
    call: async (forge, { tip }) => assert.equal((await forge.merge(1, tip, { auto: true })).state, 'opened'),
    ends: async (world) => {
      await world.straight.setStatus(world.tip, status);
      await one({ state: 'merged', title: 'New' })(world);
    },
  },
  statuses: {
    breaks: /^GET .*statuses/,
    prepare: (forge, { tip }) => forge.setStatus(tip, status),
    call: async (forge, { tip }) => assert.equal((await forge.statuses(tip)).length, 1),
    ends: async () => {},
  },
  setStatus: {
    breaks: /^POST .*statuses/,
    call: (forge, { tip }) => forge.setStatus(tip, status),
    ends: said(1),
  },
  'setStatus, of one that waited': {
    breaks: /^POST .*statuses/,
    prepare: (forge, { tip }) => forge.setStatus(tip, { ...status, state: 'running' }),
    call: (forge, { tip }) => forge.setStatus(tip, status),
    ends: said(1),
  },
  'setStatus, of one that runs with other words': {
    breaks: /^POST .*statuses/,
    prepare: (forge, { tip }) => forge.setStatus(tip, { ...status, state: 'running' }),
    call: (forge, { tip }) => forge.setStatus(tip, { ...status, state: 'running', description: 'others' }),
    ends: async ({ straight, tip }) => {
      const [{ state, description } = {}, ...more] = await straight.statuses(tip);
      assert.deepEqual([state, description, more], ['running', 'others', []]);
    },
  },
  settings: {
    breaks: /^GET /,
    call: async (forge) => assert.equal((await forge.settings()).method, 'semi-linear'),
    ends: async () => {},
  },
  'version, jobTokensAreLimited, registryRules, variables and tokens': {
    breaks: /^GET /,
    call: async (forge) => {
      assert.match(await forge.version(), /^\d+\.\d+/);
      assert.equal(await forge.jobTokensAreLimited(), true);
      assert.equal((await forge.registryRules()).length, 1);
      assert.deepEqual(await Promise.all([forge.variables(), forge.tokens()]), [[], []]);
    },
    ends: async () => {},
  },
  protectionRules: {
    breaks: /^GET /,
    call: async (forge) => assert.equal((await forge.protectionRules()).length, 1),
    ends: async () => {},
  },
};

/** Exactly one request exists, and it is so. */
function one(expected: { state: string; title: string }) {
  return async ({ url }: World): Promise<void> => {
    const response = await fetch(`${url}/api/v4/projects/1/merge_requests`, {
      headers: { 'private-token': 'a-token' },
    });
    const found = (await response.json()) as { state: string; title: string }[];
    assert.deepEqual(
      found.map(({ state, title }) => ({ state, title })),
      [expected],
    );
  };
}

/** The status was said so often, in all, and says what it should. */
function said(times: number) {
  return async ({ url, tip, straight }: World): Promise<void> => {
    const headers = { 'private-token': 'a-token' };
    const address = `${url}/api/v4/projects/1/repository/commits/${tip}/statuses?all=true`;
    assert.equal(((await (await fetch(address, { headers })).json()) as unknown[]).length, times);
    assert.deepEqual(await straight.statuses(tip), [{ ...status, author: 'slipway' }]);
  };
}

const faults: Readonly<Record<string, readonly Fault[]>> = {
  'it is refused for its rate': [
    { is: 'refused', status: 429, headers: { 'retry-after': '0' } },
    { is: 'refused', status: 429 },
  ],
  'the forge is overloaded': [
    { is: 'refused', status: 503 },
    { is: 'refused', status: 500 },
  ],
  'the connection breaks before': [{ is: 'cut before' }, { is: 'cut before' }],
  'the connection breaks after': [{ is: 'cut after' }],
  'it breaks before, and then after': [{ is: 'cut before' }, { is: 'cut after' }],
  'half of the answer comes': [{ is: 'cut within' }],
  'a gateway answers instead, though it was done': [{ is: 'answered otherwise', status: 502 }],
  'the answer comes too late': [{ is: 'late', by: 1500 }],
};

suite('on a way that breaks', { concurrency: 4 }, () => {
  for (const [name, { breaks, prepare, call, ends }] of Object.entries(calls)) {
    for (const [what, plan] of Object.entries(faults)) {
      test(`${name}: ${what}`, async (t) => {
        const world = await broken(t);
        await prepare?.(world.straight, world);
        world.way.breaks(breaks, ...plan);
        await call(world.forge, world);
        assert.ok(world.way.calls.filter(({ call }) => breaks.test(call)).length >= 1);
        await ends(world);
      });
    }
  }

  // What lags behind says that nothing was done: then it is tried again, and the end is the same.
  for (const [name, written] of [
    ['open', /^POST .*merge_requests/],
    ['merge', /^PUT .*merge$/],
    ['merge, when its pipeline succeeds', /^PUT .*merge$/],
    ['setStatus', /^POST .*statuses/],
    ['setStatus, of one that runs with other words', /^POST .*statuses/],
  ] as const) {
    test(`${name}: the answer is lost, and what is looked at lags behind`, async (t) => {
      // To copy a forge takes some time, too.
      const world = await broken(t, 30_000);
      const { prepare, call, ends } = calls[name] as (typeof calls)[string];
      await prepare?.(world.straight, world);
      world.way.breaks(written, { is: 'cut after' });
      world.way.breaks(/^GET/, { is: 'stale' });
      await call(world.forge, world);
      assert.ok(world.way.calls.filter((one) => written.test(one.call)).length > 1);
      // Said twice, it says the same.
      await (name === 'setStatus' ? said(2) : ends)(world);
    });
  }

  test('a request that is open already is found, though every list lags behind', async (t) => {
    const world = await broken(t, 30_000);
    world.way.breaks(/^GET .*merge_requests\?/, ...Array.from({ length: 9 }, (): Fault => ({ is: 'stale' })));
    assert.equal((await world.forge.open({ ...proposal, title: 'Old' })).iid, 1);
    assert.deepEqual(await world.forge.opened('a'), []);
    assert.equal((await world.forge.open(proposal)).iid, 1);
    await one({ state: 'opened', title: 'New' })(world);
  });

  test('a forge that limits how often it is asked is waited for', async (t) => {
    let now = Date.UTC(2026, 0, 1, 0, 0, 59);
    const { repository } = await broken(t);
    const { server, forge } = await local(t, { repository, rateLimit: 2, now: () => new Date(now) });
    let asked = 0;
    server.on('request', () => {
      // The next minute begins when one was refused.
      if (++asked === 3) now += 1000;
    });
    const { iid } = await forge.open(proposal);
    await forge.update(iid, { ...proposal, title: 'Two' });
    const began = performance.now();
    assert.equal((await forge.close(iid)).state, 'closed');
    assert.ok(performance.now() - began >= 1000);
    assert.equal(asked, 4);
  });

  test('a forge that stays broken is told with the next step, and nothing was opened', async (t) => {
    const world = await broken(t);
    world.way.breaks(/./, ...Array.from({ length: 50 }, (): Fault => ({ is: 'refused', status: 503 })));
    await assert.rejects(
      world.forge.open(proposal),
      (error: Error) => error instanceof Refusal && /Could not .* 503 .*the server is up/.test(error.message),
    );
    assert.deepEqual(await world.straight.opened('a'), []);
  });

  test('it waits as long as it is told', async (t) => {
    const world = await broken(t);
    world.way.breaks(/^POST/, { is: 'refused', status: 429, headers: { 'retry-after': '1' } });
    await world.forge.open(proposal);
    const [first, second] = world.way.calls.filter(({ call }) => call.startsWith('POST'));
    assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 1000);
  });

  test('it does not wait an hour, and says when to come again', async (t) => {
    const world = await broken(t);
    world.way.breaks(/^POST/, { is: 'refused', status: 429, headers: { 'retry-after': '3600' } });
    await assert.rejects(world.forge.open(proposal), /429 .*too many requests.*run again in 3600 s/);
    assert.equal(world.way.calls.length, 1);
  });

  test('what was merged by somebody before is no success of a merge that was refused', async (t) => {
    const world = await broken(t);
    await world.straight.open(proposal);
    await world.straight.merge(1, world.tip);
    await assert.rejects(world.forge.merge(1, world.tip), /405/);
  });
});

test('a token is in no message, whatever a server answers', async (t) => {
  const secret = 'glpat-very-secret';
  const answers: Readonly<Record<string, { status: number; body: string; says: RegExp }>> = {
    echoed: {
      status: 400,
      body: JSON.stringify({ message: { token: [`${secret} is wrong`] } }),
      says: /400.*… is wrong/,
    },
    page: { status: 500, body: `<html>${secret}</html>`, says: /500 ‹html>…‹\/html>/ },
    scope: {
      status: 403,
      body: JSON.stringify({ error: 'insufficient_scope', error_description: secret, scope: 'api' }),
      says: /403 .*Give SLIPWAY_TOKEN the scope api/,
    },
    redirected: { status: 302, body: '', says: /302 it redirects to http:\/\/elsewhere\.example\/….*CI_SERVER_URL/ },
    'no forge': { status: 200, body: `<html>${secret}</html>`, says: /200 .*not that of GitLab.*CI_SERVER_URL/ },
  };
  for (const [name, { status: code, body, says }] of Object.entries(answers)) {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.url);
      response.writeHead(code, {
        'content-type': body.startsWith('{') ? 'application/json' : 'text/html',
        ...(code === 302 ? { location: `http://elsewhere.example/${secret}` } : {}),
      });
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
    const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const forge = gitlab({ host, project: 'g/p', token: secret, patience: quick });
    await assert.rejects(forge.opened('b'), (error: Error) => {
      assert.match(error.message, says, name);
      assert.doesNotMatch(inspected(error), new RegExp(secret), name);
      return true;
    });
    assert.ok(seen.length > 0 && seen.every((url) => !url?.includes(secret)));
  }
});

/** All that a log would show of an error and what caused it. */
const inspected = (error: unknown): string =>
  error instanceof Error ? `${error.stack}${JSON.stringify(error)}${inspected(error.cause)}` : String(error);
