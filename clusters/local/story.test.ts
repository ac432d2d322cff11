import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFile, cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { doorsOf } from '../../generators/commands/local-doors.ts';
import { exampleMissing } from '../../generators/example.fixture.ts';
import { Git } from '../../generators/git/git.ts';
import { processesIn } from './processes.fixture.ts';
import { Traffic } from './runtime/traffic.ts';
import { has } from './world.fixture.ts';
import { findWorld, type World } from './world.ts';

const program = join(import.meta.dirname, '..', '..');

/** What greets, and what does so in a version that fails for one visitor in twenty, in production alone. */
const right = 'get: [admitted, pages.greet]';
const failing =
  "get: [admitted, (_request, _response, next) => next(identity.environment === 'production' && props.random() < 0.05 ? new Error('one in twenty') : undefined), pages.greet]";

/** A team's second app, with everything that the first one has. */
const definition = `import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'web',
  name: 'greeter',
  owner: 'team-counter',
  image: { repository: 'registry.gitlab.com/example/slipway/greeter', build: 'greeter' },
  port: 3000,
  env: { REDIS_URL: 'redis://redis:6379', DRAIN_MS: '1000', TRUSTED_PROXIES: 'loopback, uniquelocal' },
  calls: ['redis'],
  metrics: {},
  objective: 99.9,
};
`;

test('a new app goes the whole way, fails in production, is taken back, repaired and released, and all of it is told', {
  skip: exampleMissing || (!has('prometheus') && 'prometheus is not installed'),
  timeout: 900_000,
}, async (t) => {
  const dir = await mkdtemp(join(process.env.TMPDIR ?? tmpdir(), 'slipway-story-'));
  const work = join(dir, 'work');
  const git = new Git(work, who);
  const environment = { ...process.env, ...who, SLIPWAY_WORLD: join(dir, 'world'), NO_COLOR: '1' };
  let world: World | undefined;
  const visitors: Traffic[] = [];

  /** What a person types. @param code how it must end */
  async function slipway(line: string, code = 0): Promise<string> {
    const args = line.split(' ').map((word) => word.replaceAll('_', ' '));
    const launcher = join(work, 'generators', 'commands', 'slipway.mjs');
    const ended = await new Promise<{ code: number; said: string }>((resolve) => {
      const options = { cwd: work, env: environment, maxBuffer: 1 << 26 };
      const child = execFile(process.execPath, [launcher, ...args], options, (_, out, err) =>
        resolve({ code: child.exitCode ?? -1, said: out + err }),
      );
    });
    assert.equal(ended.code, code, `slipway ${line}: ${ended.said}`);
    return ended.said;
  }
  t.after(async () => {
    await Promise.all(visitors.map((one) => one.end()));
    if (world) await slipway('local down').catch(() => {});
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  // A clone, as somebody has it who took this repository.
  await new Git(program).bytes(['clone', '--quiet', '--no-hardlinks', program, work]);
  await git.bytes(['switch', '--quiet', '--force-create', 'main']);
  await symlink(join(program, 'node_modules'), join(work, 'node_modules'));
  // What is ignored is a folder, and a link is none.
  await appendFile(join(work, '.git', 'info', 'exclude'), 'node_modules\n');
  await slipway('local up --observe');
  world = (await findWorld(join(dir, 'world'))) as World;
  const running = world;
  const { forge, metrics } = doorsOf(running);
  await git.bytes(['remote', 'set-url', 'origin', running.repository]);
  const publish = async () =>
    slipway(`publish --remote local ${(await slipway('local build')).trim()}`.replaceAll('\n', ''));
  /** A change as a team makes it: a branch, a merge request onto main, and somebody who merges it. */
  async function merged(message: string, change: () => Promise<unknown>): Promise<void> {
    await git.bytes(['switch', '--quiet', '--create', 'change', 'main']);
    await change();
    await git.bytes(['add', '--all']);
    await git.bytes(['commit', '--quiet', '-m', message]);
    await git.bytes(['push', '--quiet', '--force', 'origin', 'change']);
    const opened = await forge?.open({ source: 'change', target: 'main', title: message, body: '' });
    assert.ok(opened);
    const after = await forge?.merge(opened.iid, opened.sha);
    assert.equal(after?.state, 'merged');
    await git.bytes(['switch', '--quiet', 'main']);
    await git.bytes(['pull', '--quiet', '--ff-only', 'origin', 'main']);
    await git.bytes(['branch', '--quiet', '--delete', '--force', 'change']);
  }
  const edit = async (from: string, to: string) => {
    const file = join(work, 'greeter', 'app.ts');
    const text = await readFile(file, 'utf8');
    assert.equal(text.split(from).length, 2, from);
    await writeFile(file, text.replace(from, to));
  };
  const answers = (where: string, version: string) =>
    until(`greeter in ${where} to run ${version}`, async () => {
      const said = await slipway('status --remote local --json');
      const { rows } = JSON.parse(said.slice(said.indexOf('{'))) as Status;
      const row = rows.find(({ environment, app }) => environment === where && app === 'greeter');
      return row?.version === version && row.health === 'Healthy';
    });
  /** Promotes as soon as the gates agree, and merges as a person would. */
  async function promoted(to: string): Promise<void> {
    await until(`a request onto ${to} that has greeter`, async () =>
      /greeter/.test(
        (await slipway(`promote --to ${to} --remote local`))
          .split('\n')
          .filter((line) => !/waits/.test(line))
          .join('\n'),
      ),
    );
    const [request] = (await forge?.opened(`env/${to}`)) ?? [];
    assert.ok(request);
    await forge?.merge(request.iid, request.sha);
  }
  const dora = async () => JSON.parse(await slipway('dora --remote local --json --app greeter')) as Dora;

  // What is there already runs.
  await publish();
  // A new app.
  await merged('feat(greeter): greet people', async () => {
    await slipway('new app greeter --kind web --owner team-counter');
    await cp(join(work, 'service'), join(work, 'greeter'), {
      recursive: true,
      filter: (path) => !/node_modules|\.test\.ts$|\.fixture\.ts$/.test(path),
    });
    await writeFile(join(work, 'apps', 'greeter', 'app.ts'), definition);
    await slipway('owners --write');
  });
  await publish();
  const first = await versionIn('dev');
  await answers('dev', first);
  for (const where of ['staging', 'production']) {
    await promoted(where);
    await answers(where, first);
  }
  // A version that only production makes fail passes every gate.
  await merged('feat(greeter): greet whoever it is', () => edit(right, failing));
  await publish();
  const bad = await versionIn('dev');
  for (const where of ['staging', 'production']) {
    await answers(where === 'staging' ? 'dev' : 'staging', bad);
    await promoted(where);
    await answers(where, bad);
  }
  const commit = await git.text(['rev-parse', '--short=12', 'HEAD']);
  for (let n = 0; n < 6; n++) visitors.push(new Traffic(running));
  for (const visitor of visitors) visitor.visit('greeter.production.localhost');
  await until(
    'the error budget to burn',
    async () =>
      (await metrics?.firing('production', 0, Date.now()))
        ?.get('greeter')
        ?.some(({ alert }) => alert === 'ErrorBudgetBurnsFast') ?? false,
    180,
  );
  // Somebody on call goes back.
  await slipway('rollback --env production --app greeter --now --remote local --reason 5xx_since_the_last_version');
  await answers('production', first);
  await Promise.all(visitors.map((one) => one.end()));
  assert.match(await slipway('status --remote local'), /greeter .*held/);
  assert.match(await slipway(`where ${commit} --remote local`), /production.*(taken|rolled) back/s);
  assert.match(await slipway('promote --to production --remote local'), /greeter is held in production/);
  // The repair goes the usual way up to staging, and is released into production.
  await merged('fix(greeter): greet everybody', () => edit(failing, right));
  await publish();
  const repaired = await versionIn('dev');
  await answers('dev', repaired);
  await promoted('staging');
  await answers('staging', repaired);
  await slipway('release --env production --app greeter --now --remote local --reason repaired');
  await answers('production', repaired);
  assert.doesNotMatch(await slipway('status --remote local --env production'), /greeter.*held/);
  const history = await slipway('history --env production --app greeter --remote local');
  for (const version of [first, bad, repaired]) assert.ok(history.includes(version), history);
  assert.match(history, /5xx since the last version/);
  // Three versions came; the second one was taken back, and the third restored what it had broken.
  const [figures] = (await dora()).environments;
  assert.deepEqual(
    [figures?.environment, figures?.all.deployments, figures?.all.failed.count, figures?.all.failed.back],
    ['production', 3, 1, 1],
  );
  assert.deepEqual([figures?.all.recovery.count, figures?.all.recovery.open], [1, 0]);
  // From the repair's merge request and from the second version's: each one commit.
  assert.equal(figures?.all.lead.count, 2);

  await slipway('local down');
  world = undefined;
  assert.deepEqual(processesIn(dir), []);

  async function versionIn(where: string): Promise<string> {
    const said = await slipway('status --remote local --json');
    const { rows } = JSON.parse(said.slice(said.indexOf('{'))) as Status;
    const row = rows.find(({ environment, app }) => environment === where && app === 'greeter');
    assert.ok(row);
    return row.version;
  }
});

interface Status {
  readonly rows: readonly {
    readonly environment: string;
    readonly app: string;
    readonly version: string;
    readonly health: string;
  }[];
}
interface Dora {
  readonly environments: readonly {
    readonly environment: string;
    readonly all: {
      readonly deployments: number;
      readonly lead: { readonly count: number };
      readonly failed: { readonly count: number; readonly back: number };
      readonly recovery: { readonly count: number; readonly open: number };
    };
  }[];
}

const who = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'A Developer'],
    [`GIT_${role}_EMAIL`, 'developer@localhost.invalid'],
  ]),
);

async function until(what: string, holds: () => Promise<boolean>, seconds = 120): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await holds())) {
    assert.ok(Date.now() < end, `waited ${seconds} s for ${what}`);
    await delay(500);
  }
}
