import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import type { Forge } from '../forge/forge.ts';
import { Git } from '../git/git.ts';
import { bumpBranch } from '../model/names.ts';
import type { Bumped } from './handed.ts';
import { program } from './hydrate-commit.ts';
import { proposeBump } from './propose-bump.ts';
import { appsIndex, fixtureApp, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

// A service lives in a repository of its own. Its pipelines hand over what they built, in whatever order they end.

const image = 'registry.example.com/shop';
const branch = bumpBranch('shop');
/** What is built from a commit of the service: the fourth is `registry.example.com/shop:1.4@sha256:444…`. */
const built = (number: number) => `${image}:1.${number}@sha256:${String(number).repeat(64)}`;

class Scene {
  readonly box: Sandbox;
  /** The service's repository. */
  readonly service: Git;
  /** Its commits; the first is what is pinned. */
  readonly commits: readonly string[];

  constructor(box: Sandbox, service: Git, commits: readonly string[]) {
    this.box = box;
    this.service = service;
    this.commits = commits;
  }

  /** @param values of the app's environment variables */
  definition(values: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    const source = { repository: 'https://git.example.org/team/shop', commit: this.commits[0] };
    return {
      'apps/index.ts': appsIndex(['a', 'shop']),
      'apps/shop/app.ts': fixtureApp('shop', { image: built(0), source, env: values }),
    };
  }

  /** Hands over what was built from a commit, as a pipeline of the service does. */
  async bump(number: number, ...args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
    return this.run([
      built(number),
      '--source',
      this.commits[number] as string,
      '--history',
      this.service.dir,
      ...args,
    ]);
  }

  async run(args: readonly string[], variables: Readonly<Record<string, string>> = this.variables) {
    const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
    const { SLIPWAY_TOKEN: _, ...env } = process.env;
    const child = spawn(process.execPath, [launcher, 'bump', 'shop', ...args], {
      cwd: this.box.checkout.dir,
      env: { ...env, ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
    const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { code, out, err };
  }

  /** The service's pipeline has a project of its own, and names ours. */
  get variables(): Readonly<Record<string, string>> {
    const { CI_PROJECT_ID, ...rest } = this.box.variables;
    return { ...rest, CI_PROJECT_ID: '4711', SLIPWAY_PROJECT: CI_PROJECT_ID };
  }

  /** The same in this process. */
  propose(number: number, history = this.service) {
    const handed = { reference: built(number), commit: this.commits[number] as string };
    return proposeBump(this.box.context, { app: 'shop', built: handed, history, dryRun: false });
  }

  /** What a branch of the remote pins. */
  async pins(name: string): Promise<number> {
    const definition = await this.box.remote.text(['show', `${name}:apps/shop/app.ts`]);
    const number = this.commits.findIndex((commit) => definition.includes(commit));
    assert.ok(definition.includes(built(number)), `${name} pins an image and a commit that do not belong together`);
    return number;
  }

  async opened() {
    const found = (await this.box.context.forge?.opened('main')) ?? [];
    return found.map(({ iid, title, source }) => ({ iid, title, source }));
  }
}

async function scene(t: TestContext): Promise<Scene> {
  const box = await sandbox(t);
  const service = new Git(await mkdtemp(join(box.dir, 'service-')));
  await service.bytes(['init', '--quiet', '--initial-branch=main']);
  const commits: string[] = [];
  for (const subject of ['Begin', 'Sell', 'Sell more', 'Sell @everyone <b>more</b>', 'Sell all']) {
    await service.bytes(['commit', '--quiet', '--allow-empty', '-m', subject]);
    commits.push(await service.text(['rev-parse', 'HEAD']));
  }
  const made = new Scene(box, service, commits);
  await box.commit(made.definition());
  return made;
}

test('an image and its commit are written into the definition together, and only what comes after is', async (t) => {
  const made = await scene(t);
  const { box, service, commits } = made;
  const file = join(box.checkout.dir, 'apps', 'shop', 'app.ts');
  const { code, out } = await made.bump(2);
  assert.deepEqual([code, out], [0, `apps/shop/app.ts: ${built(0)} → ${built(2)}\n`]);
  const written = await readFile(file, 'utf8');
  assert.equal(
    written,
    fixtureApp('shop', {
      image: built(2),
      source: { repository: 'https://git.example.org/team/shop', commit: commits[2] },
      env: {},
    }),
  );

  await service.bytes(['switch', '--quiet', '--orphan', 'rewritten']);
  await service.bytes(['commit', '--quiet', '--allow-empty', '-m', 'Begin again']);
  const shallow = new Git(await mkdtemp(join(box.dir, 'shallow-')));
  await shallow.bytes(['clone', '--quiet', '--depth=1', '--branch=main', `file://${service.dir}`, '.']);
  const at = (number: number) => ['--source', commits[number] as string, '--history', service.dir];
  const table: [what: string, args: string[], code: number, said: RegExp][] = [
    ['the same again', [built(2), ...at(2)], 0, /^unchanged: apps\/shop\/app\.ts has that image already$/m],
    ['a later commit, the same image', [built(2), ...at(3)], 0, /^unchanged: /],
    [
      'an older one',
      [built(1), ...at(1)],
      3,
      /^superseded: apps\/shop\/app\.ts has a commit that comes after [0-9a-f]{12}; /,
    ],
    ['a second image of one commit', [built(3), ...at(2)], 1, /it cannot have a second image/],
    [
      'a branch that was rewritten',
      [built(3), '--source', 'rewritten', '--history', service.dir],
      1,
      /does not come after [0-9a-f]{40}/,
    ],
    [
      'a commit that nobody has',
      [built(3), '--source', 'f'.repeat(40), '--history', service.dir],
      1,
      /--source f{40} is not a commit of .*: fetch it/,
    ],
    [
      'a shallow clone',
      [built(4), '--source', 'HEAD', '--history', shallow.dir],
      1,
      /is a shallow clone and does not know .*GIT_DEPTH: 0/,
    ],
    [
      'no clone',
      [built(3), '--source', 'HEAD', '--history', join(box.dir, 'nowhere')],
      2,
      /--history .*nowhere is no clone/,
    ],
    ['no source', [built(3)], 2, /name the commit with --source SHA --history DIR/],
    ['no history', [built(3), '--source', 'HEAD'], 2, /--source SHA and --history DIR go together/],
    ['nobody knows the order', [built(3), '--open'], 2, /--open wants --source SHA and --history DIR/],
    [
      'another repository',
      [built(3).replace('shop:', 'bank:'), ...at(3)],
      2,
      /pins no registry\.example\.com\/bank; it pins/,
    ],
    ['no digest', [`${image}:1.3`, ...at(3)], 2, /write registry\/name:tag@sha256/],
  ];
  for (const [what, args, expected, said] of table) {
    const { code, out, err } = await made.run(args);
    assert.equal(code, expected, `${what}: ${err}`);
    assert.match(out + err.replace(/^slipway: /, ''), said, what);
    assert.equal(await readFile(file, 'utf8'), written, what);
  }
});

test('a hand-over is the one merge request of its app; a later one replaces it, and an older one is superseded', async (t) => {
  const made = await scene(t);
  const { box } = made;
  const main = await box.tip('main');
  const first = await made.bump(1, '--open');
  assert.equal(first.code, 0, first.err);
  assert.match(first.out, /^apps\/shop\/app\.ts: .* → .*\nopened merge request !1 http/);
  assert.deepEqual(await made.opened(), [{ iid: 1, title: 'Bump shop 1.0 → 1.1', source: branch }]);
  const tip = await box.tip(branch);

  const again = await made.bump(1, '--open');
  assert.match(again.out, /^unchanged: bump\/shop has that image already\nunchanged merge request !1/);
  assert.deepEqual([again.code, await box.tip(branch)], [0, tip]);

  // What a person wrote there stays.
  const { forge } = box.context;
  const request = await forge?.request(1);
  await forge?.update(1, { title: `Draft: ${request?.title}`, body: `${request?.body}\nAsk Ada first.\n` });
  const later = await made.bump(3, '--open', '--json');
  const { outcome, before, after, commit } = answerOf<Bumped>('bump', later.out);
  assert.deepEqual([outcome, before, after, commit], ['updated', [built(0)], built(3), made.commits[3]]);
  assert.deepEqual(await made.opened(), [{ iid: 1, title: 'Draft: Bump shop 1.0 → 1.3', source: branch }]);
  const body = (await forge?.request(1))?.body ?? '';
  assert.match(body, /3 commits between, newest first/);
  assert.match(body, /\) `Sell @ everyone ‹b>more‹\/b>`, by A Tester\n- /);
  assert.match(body, /<!-- \/slipway -->\n\nAsk Ada first\.\n$/);

  const older = await made.bump(2, '--open');
  assert.deepEqual([older.code, older.out], [3, '']);
  assert.match(older.err, /^superseded: bump\/shop has a commit that comes after .*\(merge request !1 http/);
  assert.deepEqual([await made.pins(branch), (await forge?.request(1))?.body], [3, body]);
  assert.equal(await box.remote.text(['rev-list', '--count', `${main}..${branch}`]), '1');
  assert.equal(await box.tip('main'), main, 'a person merges');
});

test('what was merged is unchanged and published with its source, and the branch is used again', async (t) => {
  const made = await scene(t);
  const { box } = made;
  await made.propose(1);
  const merged = await box.context.forge?.opened('main');
  await box.context.forge?.merge(1, merged?.[0]?.sha ?? '');
  assert.equal(await made.pins('main'), 1);
  assert.equal((await made.bump(1, '--open')).out, 'unchanged: apps/shop/app.ts of main has that image already\n');
  assert.equal((await made.bump(0, '--open')).code, 3);
  assert.deepEqual(await made.opened(), []);
  await box.checkout.bytes(['pull', '--quiet', 'origin', 'main']);
  await box.publish();
  const application = await box.remote.text(['show', 'env/dev:shop/application.yaml']);
  assert.match(
    application,
    new RegExp(`name: Source\\n\\s+value: https://git\\.example\\.org/team/shop at ${made.commits[1]}`),
  );
  const next = await made.propose(2);
  assert.deepEqual([next.outcome, next.request?.iid], ['opened', 2]);
  assert.deepEqual(
    [await made.pins(branch), await box.remote.text(['rev-list', '--count', `main..${branch}`])],
    [2, '1'],
  );
});

test('hand-overs at once end with the latest commit, in one request that says so', async (t) => {
  const made = await scene(t);
  const order = [3, 1, 4, 2];
  const results = await Promise.all(order.map((number) => made.propose(number)));
  assert.equal(await made.pins(branch), 4);
  assert.deepEqual(await made.opened(), [{ iid: 1, title: 'Bump shop 1.0 → 1.4', source: branch }]);
  const [request] = (await made.box.context.forge?.opened('main')) ?? [];
  assert.match(request?.body ?? '', /4 commits between/);
  for (const { outcome } of results) assert.match(outcome, /^(opened|updated|superseded|unchanged)$/);
});

test('a request that was worded for a commit which another run replaced meanwhile is worded again', async (t) => {
  const made = await scene(t);
  const { forge } = made.box.context;
  assert.ok(forge);
  let others = 1;
  const slow: Forge = {
    ...forge,
    async open(proposal) {
      // Between our push and our words, the pipeline of a later commit does all of its own.
      if (others-- > 0) await made.propose(4);
      return forge.open(proposal);
    },
  };
  const handed = { reference: built(2), commit: made.commits[2] as string };
  const context = { ...made.box.context, forge: slow };
  const { outcome, where } = await proposeBump(context, {
    app: 'shop',
    built: handed,
    history: made.service,
    dryRun: false,
  });
  assert.deepEqual([outcome, where], ['superseded', branch]);
  assert.equal(await made.pins(branch), 4);
  assert.deepEqual(await made.opened(), [{ iid: 1, title: 'Bump shop 1.0 → 1.4', source: branch }]);
});

test('a hand-over that was killed between its push and its request is completed by the next, the same or an older', async (t) => {
  const made = await scene(t);
  const { SLIPWAY_TOKEN: _, ...blind } = made.variables;
  const args = [built(2), '--source', made.commits[2] as string, '--history', made.service.dir, '--open'];
  const killed = await made.run(args, blind);
  assert.equal(killed.code, 0, killed.err);
  assert.match(killed.out, /\nproposed on bump\/shop: open a merge request of it onto main\n$/);
  assert.deepEqual(await made.opened(), []);
  const tip = await made.box.tip(branch);
  assert.equal((await made.bump(1, '--open')).code, 3, 'an older one leaves it, and words what is there');
  assert.deepEqual(await made.opened(), [{ iid: 1, title: 'Bump shop 1.0 → 1.2', source: branch }]);
  assert.equal((await made.bump(2, '--open')).code, 0);
  assert.equal(await made.box.tip(branch), tip);
});

test('a proposal is made anew when the definition changed on main, and left alone when anything else did', async (t) => {
  const made = await scene(t);
  const { box } = made;
  await made.propose(1);
  const tip = await box.tip(branch);
  await box.commit({ 'NOTES.md': 'words' });
  assert.equal((await made.propose(1)).outcome, 'unchanged');
  assert.equal(await box.tip(branch), tip);
  const moved = await box.commit(made.definition({ VALUE: '2' }));
  assert.equal((await made.propose(1)).outcome, 'updated');
  assert.equal(await box.remote.text(['rev-parse', `${branch}^`]), moved);
  assert.match(await box.remote.text(['show', `${branch}:apps/shop/app.ts`]), /VALUE/);
});

test('what a person put on the branch is neither written over nor taken for ours', async (t) => {
  const made = await scene(t);
  const { box } = made;
  await made.propose(1);
  const ours = (await box.tip(branch)) as string;
  const person = new Git(await mkdtemp(join(box.dir, 'person-')));
  await person.bytes(['clone', '--quiet', '--branch', branch, box.remote.dir, '.']);
  const work: [what: string, edit: () => Promise<unknown>][] = [
    ['a commit on top', async () => person.bytes(['commit', '--quiet', '--allow-empty', '-m', 'and more'])],
    [
      'another change in the definition',
      async () => {
        const file = join(person.dir, 'apps', 'shop', 'app.ts');
        await writeFile(file, (await readFile(file, 'utf8')).replace('3000', '3001'));
        await person.bytes(['commit', '--quiet', '--all', '--amend', '--no-edit']);
      },
    ],
  ];
  for (const [what, edit] of work) {
    await person.bytes(['reset', '--quiet', '--hard', ours]);
    await edit();
    await person.bytes(['push', '--quiet', '--force', 'origin', `HEAD:${branch}`]);
    const before = await box.tip(branch);
    await assert.rejects(
      made.propose(2),
      /^Refusal: bump\/shop holds something else than a bump of shop: merge it or delete it/,
      what,
    );
    assert.equal(await box.tip(branch), before, what);
  }
});

test('a dry run says what would be proposed, moves no branch and asks the forge for nothing', async (t) => {
  const made = await scene(t);
  const { code, out } = await made.bump(1, '--open', '--dry-run');
  assert.equal(code, 0);
  assert.match(out, /\(dry run\)\nwould have proposed on bump\/shop/);
  assert.deepEqual([await made.box.tip(branch), await made.opened()], [undefined, []]);
});
