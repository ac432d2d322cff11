import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fromExample, type Restore, withExample } from '../example.fixture.ts';
import { Git } from '../git/git.ts';
import type { App } from '../model/app.ts';
import { known, type Recorded } from '../monitoring/catalogue/known.ts';
import { shapeOf } from '../monitoring/catalogue/promql.ts';
import { alerts, installed, jobs, rules } from '../monitoring/catalogue/rendered.fixture.ts';
import { isAlert } from '../monitoring/rule.ts';
import { runbookPage } from '../monitoring/runbook.ts';
import { catalogues } from '../schemas/strictly.ts';
import { cloneOf, objectsOf } from './apply-clone.fixture.ts';
import { commandsOf, linesOf, readIndex, readPages } from './apply-runbooks.fixture.ts';
import { program } from './hydrate-commit.ts';
import { optionsOf, verbs } from './usage.ts';

const pages = await readPages();
const names = pages.map(({ name }) => name);
const commands = pages.flatMap(commandsOf);
const startingWith = (...start: readonly string[]) =>
  commands.filter(({ words }) => start.every((word, index) => words[index] === word));

/** The pages that no alert leads to. */
const symptoms = [
  ...['break-glass.md', 'certificate.md', 'crd-upgrade.md', 'lost-cluster.md', 'redis-restore.md'],
  ...['stateful-set-waits.md', 'stuck-sync.md'],
];

test('there is a page for each alert that is rendered anywhere, and each other page is known', withExample, () => {
  assert.ok(alerts.length > 30);
  assert.deepEqual(names, [...symptoms, ...alerts.map(runbookPage)].toSorted());
});

test('every page says meaning, impact, diagnosis, mitigation, and how it ends', () => {
  for (const { name, text } of pages) {
    const last = symptoms.includes(name) ? '## Way back' : '## How it ends';
    for (const part of ['# ', '**Meaning**: ', '**Impact**: ', '## Diagnosis', '## Mitigation', last])
      assert.ok(text.includes(`\n${part}`) || text.startsWith(part), `${name} has no ${part}`);
    assert.ok(text.split('\n').length < 80, `${name} is long`);
  }
  assert.ok(commands.length > 150);
});

test('an alert leads to its page, which begins with its name', () => {
  for (const { at, rule } of rules) {
    if (!isAlert(rule)) continue;
    const file = new URL(rule.annotations.runbook ?? 'none:').pathname.split('/').at(-1);
    const page = pages.find(({ name }) => name === file);
    assert.ok(page?.text.startsWith(`# ${rule.alert}: `), `${at}: ${rule.alert} leads to ${rule.annotations.runbook}`);
  }
});

test('the index leads to every page', async () => {
  const index = await readIndex();
  const linked = Array.from(index.matchAll(/\]\(([a-z-]+\.md)\)/g), ([, page]) => page);
  assert.deepEqual([...new Set(linked)].toSorted(), names);
});

test('what a page or an alert asks of Prometheus is there', withExample, () => {
  const recorded = rules.flatMap(({ rule }) => (isAlert(rule) ? [] : [rule as Recorded]));
  const series = known(jobs('pinned'), [...recorded, ...installed]);
  const asked = pages.flatMap((page) => linesOf(page, 'promql').map((line) => ({ name: page.name, line })));
  assert.ok(asked.length > 40);
  const wrong = asked.flatMap(({ name, line }) => shapeOf(line, series).wrong.map((why) => `${name}: ${line}: ${why}`));
  assert.deepEqual(wrong, []);
});

test('what an alert says to type is understood by the verb', () => {
  for (const { at, rule } of rules) {
    if (!isAlert(rule)) continue;
    for (const [line, verb = ''] of (rule.annotations.description ?? '').matchAll(
      /slipway ([a-z]+)((?: --[a-z-]+)|(?: [a-z-]+))*/g,
    )) {
      const known = verbs[verb];
      // "slipway metrics" begins a sentence, too: what is no verb is a word.
      assert.ok(known, `${at}: ${rule.alert}: ${line}`);
      for (const [, option = ''] of line.matchAll(/--([a-z-]+)/g))
        assert.ok(optionsOf(known)[option], `${at}: ${rule.alert}: ${line} has no --${option}`);
    }
  }
});

test('a page that another one names is there', () => {
  for (const { name, text } of pages)
    for (const [, other = ''] of text.matchAll(/\b([a-z-]+\.md)\b/g))
      assert.ok(names.includes(other), `${name}: ${other}`);
});

test('every command is of a tool that is known here', () => {
  const tools = new Set(['npx', 'git', 'kubectl', 'aws', 'openssl', 'dig', 'curl']);
  for (const { name, line, words } of commands) {
    assert.ok(tools.has(words[0] ?? ''), `${name}: ${line}`);
    assert.doesNotMatch(line, /[|;&<>`]|\$\(/, `${name}: one command a line`);
  }
});

test('every slipway command is understood by the verb', async () => {
  const lines = startingWith('npx', 'slipway');
  assert.ok(lines.length > 8);
  for (const { name, line, words } of lines) {
    const [, , verb = '', ...rest] = words;
    assert.ok(verbs[verb], `${name}: ${line}`);
    const taking = Object.entries(optionsOf(verbs[verb])).filter(([, { type }]) => type === 'string');
    for (const [option] of taking) {
      const at = rest.indexOf(`--${option}`);
      assert.ok(at < 0 || (rest[at + 1] ?? '--').startsWith('--') === false, `${name}: --${option} in ${line}`);
    }
  }
  // With --help the verb reads all of its options, and does nothing; each set of them once.
  const kinds = Map.groupBy(lines, ({ words }) =>
    words.filter((word, at) => at === 2 || word.startsWith('-')).join(' '),
  );
  for (const [one] of kinds.values()) {
    const said = await run([...(one?.words.slice(2) ?? []), '--help']);
    assert.deepEqual([said.code, said.err], [0, ''], `${one?.name}: ${one?.line}`);
  }
});

const run = (args: readonly string[]) =>
  new Promise<{ code: number; err: string }>((done) => {
    const child = execFile(
      process.execPath,
      [join(program, 'generators/commands/slipway.mjs'), ...args],
      (_, __, err) => done({ code: child.exitCode ?? 1, err }),
    );
  });

test('every kubectl command has a verb of kubectl, and names kinds that exist', () => {
  const known = new Set(
    catalogues.flatMap(({ kinds }) =>
      Object.keys(kinds).flatMap((key) => {
        const kind = key.slice(key.lastIndexOf(' ') + 1).toLowerCase();
        return [kind, `${kind}s`, `${kind}es`];
      }),
    ),
  );
  // These are never applied, and so in no catalogue.
  for (const kind of ['node', 'event', 'pvc']) for (const one of [kind, `${kind}s`]) known.add(one);
  const taking = new Set(['-n', '-l', '-L', '-o', '-p', '-c', '--type']);
  const lines = startingWith('kubectl');
  assert.ok(lines.length > 15);
  for (const { name, line, words } of lines) {
    const plain = words.slice(1).filter((word, at, all) => !word.startsWith('-') && !taking.has(all[at - 1] ?? ''));
    const [verb = '', ...objects] = plain;
    assert.match(verb, /^(get|describe|delete|patch|annotate|logs|rollout|top|exec|create)$/, `${name}: ${line}`);
    if (verb === 'logs' || verb === 'exec') continue;
    const [kinds = ''] = verb === 'rollout' ? objects.slice(1) : objects;
    for (const kind of kinds.split(',')) assert.ok(known.has(kind), `${name}: ${kind} in ${line}`);
    const json = words[words.indexOf('-p') + 1] ?? '';
    if (words.includes('-p')) assert.doesNotThrow(() => JSON.parse(json), `${name}: ${line}`);
  }
});

test('the git commands of the pages run, in their order, and do what the page says', async (t) => {
  const clone = await cloneOf(t, 'production', 'counter');
  const older = await clone.publish(objectsOf('production', '1', { app: 'counter' }));
  const newer = await clone.publish(objectsOf('production', '2', { app: 'counter' }));
  const dir = await mkdtemp(join(tmpdir(), 'slipway-runbooks-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const remote = clone.git.with({});
  await remote.bytes(['init', '--quiet', '--bare', join(dir, 'remote.git')]);
  await remote.bytes(['push', '--quiet', join(dir, 'remote.git'), 'refs/remotes/origin/*:refs/heads/*']);
  for (const { name } of pages) {
    const lines = startingWith('git').filter((one) => one.name === name);
    if (lines.length === 0) continue;
    const work = join(dir, name);
    await clone.git.bytes(['clone', '--quiet', join(dir, 'remote.git'), work]);
    const git = new Git(work, gitIdentity);
    for (const { words } of lines)
      await git.bytes(words.slice(1).map((word) => (word === 'COMMIT' ? newer.taken : word)));
    assert.equal(await git.text(['rev-parse', 'origin/env/production:counter']), older.part);
  }
});

const gitIdentity = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'A Tester'],
    [`GIT_${role}_EMAIL`, 'tester@localhost.invalid'],
  ]),
);

test('the restore that the page shows is the one that the app takes', withExample, async () => {
  const { restoring } = await fromExample<Restore>('apps/redis/restore.ts');
  const { app: redis } = await fromExample<{ readonly app: App }>('apps/redis/app.ts');
  const { app: backup } = await fromExample<{ readonly app: App }>('apps/redis-backup/app.ts');
  const { text = '' } = pages.find(({ name }) => name === 'redis-restore.md') ?? {};
  const [, bucket = '', at = ''] = /in: \{ production: restoring\('([^']+)', '([^']+)'\) \}/.exec(text) ?? [];
  assert.ok(redis.kind === 'store' && backup.kind === 'job');
  assert.ok(backup.in?.production?.args?.[2]?.includes(`store:${bucket}/`), bucket);
  const { before } = restoring(bucket, at);
  assert.deepEqual(
    before.map(({ name }) => name),
    ['fetch', 'restore'],
  );
  assert.ok(text.includes(`logs redis-0 -c ${before[1]?.name}`));
  assert.ok(text.includes(`appendonlydir-before-${before[1]?.command?.at(-1)}`));
  // "15 2 * * *" is a quarter past two.
  const [minute = '', hour = ''] = backup.schedule.split(' ');
  assert.ok(text.includes(`${hour.padStart(2, '0')}:${minute} UTC`));
});
