import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import type { Git } from '../git/git.ts';
import { commandsOf, readPages } from './apply-runbooks.fixture.ts';
import { branches, type Written } from './branches.fixture.ts';
import { folder, type Scope, serveForge } from './sandbox.fixture.ts';
import { documents, runShown, shownIn } from './shown.fixture.ts';

const run = promisify(execFile);

const path = ['dev', 'staging', 'production', 'platform-production'];
const apps = ['counter', 'redis', 'redis-backup', 'alertmanager', 'prometheus', 'argocd'];

/** Every app in every environment in two versions, and a third of the counter in dev and staging alone. */
function history(): Written[] {
  const parts = (value: string, names: readonly string[]) =>
    Object.fromEntries(
      path.flatMap((environment) =>
        names.map((app) => [
          `${environment}/${app}`,
          {
            [`configmap-${app}.yaml`]: `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${app}\ndata:\n  value: '${value}'\n`,
          },
        ]),
      ),
    );
  const published = (name: string, names: readonly string[], at: number): Written[] => [
    { main: name, files: { 'apps/index.ts': name }, words: `feat: ${name}`, at },
    {
      publish: name,
      parts: parts(name, names),
      versions: Object.fromEntries(names.map((app) => [app, name])),
      words: '',
      at: at + 1,
    },
  ];
  const taken = (of: string, names: readonly string[], into: readonly string[], at: number): Written[] =>
    into.map((onto) => ({ onto, of, apps: names, words: `${of} for ${onto}`, at }));
  const others = path.filter((name) => name !== 'production');
  const [, ...rest] = apps;
  const merged = { onto: 'production', of: '1.0.1', apps: rest, words: '1.0.1 for production', merges: true } as const;
  return [
    ...[...published('1.0.0', apps, 0), ...taken('1.0.0', apps, path, 10)],
    ...[...published('1.0.1', apps, 20), ...taken('1.0.1', apps, others, 30), { ...merged, at: 30 }],
    ...taken('1.0.1', ['counter'], ['production'], 35),
    ...[...published('1.0.2', ['counter'], 40), ...taken('1.0.2', ['counter'], ['dev', 'staging'], 50)],
  ];
}

async function repository(t: Scope): Promise<{ dir: string; remote: Git; checkout: Git }> {
  const { checkout } = await branches(t, path, history());
  const dir = await folder(t);
  const remote = await createRepository(join(dir, 'remote.git'), []);
  const proposal = `refs/heads/env/staging:refs/heads/env/staging-next`;
  await checkout.bytes(['push', '--quiet', remote.dir, 'refs/heads/*', proposal]);
  await checkout.bytes(['remote', 'set-url', 'origin', remote.dir]);
  return { dir, remote, checkout };
}

/** What a page is read after. */
const before: Readonly<Record<string, string>> = {
  'app-held-too-long.md': 'rollback --env production --app counter --now',
};

/** How the commands end that do not end with 0, and why. */
const codes: Readonly<Record<string, number>> = {
  // Nothing that runs can be asked here, and that is said.
  'npx slipway gate --env staging --app counter': 1,
};

test('the slipway commands of every page run, in their order, where it is as the page says', async (t) => {
  const { dir, remote, checkout } = await repository(t);
  const { variables } = await serveForge(t, remote, join(dir, 'forge.json'));
  const older = await checkout.text(['rev-parse', 'main~2']);

  // The checkout keeps the branches as they were written.
  const kept = 'refs/heads/env/*:refs/heads/env/*';
  const asBefore = { words: ['git', 'push', '--quiet', '--force', '--prune', 'origin', kept] };
  const seen = new Set<string>();
  const wanted = (await readPages()).flatMap((page): { name?: string; line?: string; words: readonly string[] }[] => {
    // What many pages show is run for the first of them; what needs a cluster's API runs in the tests of its verb.
    const lines = commandsOf(page).filter(({ line, words: [npx, , verb = ''] }) => {
      const isNew = !seen.has(line);
      seen.add(line);
      return isNew && npx === 'npx' && !['apply', 'bootstrap'].includes(verb);
    });
    if (lines.length === 0) return [];
    const first = before[page.name]?.split(' ');
    return [
      ...[asBefore, ...(first ? [{ words: ['npx', 'slipway', ...first] }] : [])],
      ...lines.map((one) => ({ ...one, words: one.words.map((word) => (word === 'COMMIT' ? older : word)) })),
    ];
  });
  const lines = wanted.filter(({ line }) => line !== undefined);
  assert.ok(lines.length > 20, String(lines.length));
  const ended = await runShown(
    checkout.dir,
    variables,
    wanted.map(({ words }) => words),
  );
  const wrong = wanted.flatMap(({ name, line }, at) => {
    const { code = 1, out, err } = ended[at] ?? {};
    return line === undefined || code === (codes[line] ?? 0) ? [] : [`${name}: ${line}: ${code}\n${out}${err}`];
  });
  assert.deepEqual(wrong, []);
});

test('the plain git that documents show does in a fresh clone what they say', async (t) => {
  const { remote } = await repository(t);
  const values: Readonly<Record<string, () => Promise<string>>> = {
    '<repository>': async () => remote.dir,
    '<it>': async () => 'remote',
    '<merge>': () => remote.text(['rev-list', '--merges', '--max-count=1', 'env/production']),
    '<commit>': () => remote.text(['rev-list', '--no-merges', '--max-count=1', 'env/production', '--', 'counter']),
    '<before>': () => remote.text(['rev-parse', 'env/production^1']),
    '<folder>': async () => 'apps',
    '<app>': async () => 'counter',
  };
  // Those of the other pages run in runbooks.test.ts and own.test.ts.
  const shown = documents()
    .filter((page) => !/^clusters\/(runbooks\/(?!README)|own\.md)/.test(page))
    .flatMap(shownIn)
    .filter(({ line }) => /^git (\S+ \S|push)/.test(line));
  assert.ok(shown.length > 10, String(shown.length));
  const wrong: string[] = [];
  for (const { page, line } of shown) {
    const dir = await folder(t);
    const env = { ...process.env, GIT_EDITOR: "echo 'by hand' >" };
    const sh = (script: string, cwd: string) => run('sh', ['-ec', script], { cwd, env, maxBuffer: 2 ** 26 });
    const names = Object.keys(values).filter((name) => line.includes(name));
    const found = await Promise.all(names.map(async (name) => [name, await values[name]?.()] as const));
    const typed = found.reduce((text, [name, value = '']) => text.replaceAll(name, value), line);
    const isClone = line.startsWith('git clone');
    const options = [
      ...(/^generators\/(commands\/README|decisions)/.test(page) ? ['--branch env/production'] : []),
      ...(line.endsWith('--unshallow') ? ['--depth 1'] : []),
    ];
    if (!isClone) await sh(`git clone --quiet ${options.join(' ')} file://${remote.dir}`, dir);
    await sh(typed, isClone ? dir : join(dir, 'remote')).catch(({ stderr }) =>
      wrong.push(`${page}: ${typed}: ${stderr}`),
    );
  }
  assert.deepEqual(wrong, []);
});
