import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { tookOut } from '../example.fixture.ts';
import { program } from './hydrate-commit.ts';
import { deliveredBox, type Sandbox } from './sandbox.fixture.ts';
import { documents, runShown, type Shown, shownIn } from './shown.fixture.ts';
import type { Ended } from './shown-run.fixture.ts';
import { optionsOf, verbs } from './usage.ts';

const everything = documents().flatMap(shownIn);
const isSlipway = ({ words }: Shown) => words[0] === 'npx' && words[1] === 'slipway' && words.length > 2;
// A page of the runbooks names many apps and environments: runbooks.test.ts holds those against what there is. own.test.ts
// takes the whole way of clusters/own.md.
const shown = everything.filter(({ page }) => !/^clusters\/(runbooks\/(?!README)|own\.md)/.test(page));
const slipway = shown.filter(isSlipway);

/** What a machine without accounts and clusters cannot run to its end, and the test that runs the verb as far as it can be. */
const elsewhere: Readonly<Record<string, string>> = {
  'slipway apply': 'generators/commands/apply.test.ts',
  'slipway bootstrap': 'generators/commands/bootstrap.test.ts',
  'slipway bump': 'generators/commands/bump.test.ts',
  'slipway dev': 'generators/commands/dev.test.ts',
  'slipway image': 'generators/commands/image.test.ts',
  'slipway local': 'clusters/local/story.test.ts',
  'slipway metrics --listen': 'generators/commands/metrics.test.ts',
  'slipway monitoring': 'generators/commands/monitoring.test.ts',
  'slipway open': 'generators/commands/open.test.ts',
  'slipway owners': 'generators/commands/owners.test.ts',
  'slipway publish --from': 'generators/commands/bundle-jobs.test.ts',
  'slipway publish --remote local': 'clusters/local/story.test.ts',
  'slipway render --all': 'generators/commands/bundle-jobs.test.ts',
  'slipway tools': 'generators/commands/tools.test.ts',
  'slipway verify --rendered': 'generators/commands/verify.test.ts',
  'slipway verify --all': 'generators/commands/verify-all.test.ts',
  'slipway verify --env production --proposal': 'generators/commands/verify-proposal.test.ts',
  'slipway release --env platform-production': 'generators/commands/release.test.ts',
};
const testOf = ({ words }: Shown): string | undefined =>
  Object.entries(elsewhere).find(([start]) => words.slice(1).join(' ').startsWith(start))?.[1];

test('every verb and option that a document shows is there', () => {
  assert.ok(slipway.length > 50);
  for (const { page, line, words } of everything.filter(isSlipway)) {
    const [, , name = '', ...rest] = words;
    if (['help', '--help', 'VERB'].includes(name)) continue;
    const verb = verbs[name];
    assert.ok(verb, `${page}: ${line}`);
    for (const word of rest.filter((one) => one.startsWith('--')))
      assert.ok(optionsOf(verb)[word.slice(2)], `${page}: ${line}: ${word}`);
  }
});

test('what a document has npm run is a script', () => {
  const scripts = (folder: string) =>
    Object.keys((JSON.parse(readFileSync(join(program, folder, 'package.json'), 'utf8')) as Package).scripts);
  const service = tookOut('service/package.json') ? undefined : scripts('service');
  const all = scripts('.');
  for (const { page, line, words } of everything.filter((one) => one.words[0] === 'npm')) {
    const [, verb = '', script = ''] = words;
    if (['ci', 'install'].includes(verb)) continue;
    const tellsOfIt = page.startsWith('service/') || page.includes('bench/');
    // The example may be gone, and what documents say of it with it.
    if (tellsOfIt && !service) continue;
    const own = [...all, ...(tellsOfIt && service ? service : [])];
    assert.ok(own.includes(verb === 'run' ? script : verb), `${page}: ${line}`);
  }
});

test('the commands that documents show run in their order, and do what they are shown for', async (t) => {
  const box = await deliveredBox(t, 'production', { counter: '1' });
  await box.deliver({ counter: '2' });
  const commits = shown.filter(({ words }) => words[0] === 'git' && words[1] === 'commit' && words.length === 2);
  const lines = [...slipway, ...commits].filter((one) => testOf(one) === undefined);
  const inOrder = shown.filter((one) => lines.includes(one));
  const wanted = [...Map.groupBy(inOrder, ({ line }) => line).values()].flatMap(([one]) => one ?? []);
  const ended = await runShown(
    box.checkout.dir,
    box.variables,
    await Promise.all(wanted.map(({ words }) => typed(words, box))),
  );
  const wrong = wanted.flatMap(({ page, line }, at) => {
    const { code, out, err } = ended[at] as Ended;
    return code === (codes[line.replace(/^npx /, '')] ?? 0) ? [] : [`${page}: ${line}: ${code}\n${out}${err}`];
  });
  assert.deepEqual(wrong, []);
  assert.ok(wanted.length > 15);
});

test('what cannot run here has a test that is there', () => {
  for (const [start, file] of Object.entries(elsewhere)) {
    const [, verb = ''] = start.split(' ');
    const text = existsSync(join(program, file)) ? readFileSync(join(program, file), 'utf8') : '';
    assert.match(text, new RegExp(`['"\`]${verb}\\b|\\b${verb}\\w*\\(`), `${start}: ${file} runs no ${verb}`);
    assert.ok(
      slipway.some((one) => one.words.slice(1).join(' ').startsWith(start)),
      `${start}: no document shows it any more`,
    );
  }
});

/** How the commands end that do not end with 0, and why. */
const codes: Readonly<Record<string, number>> = {
  // A sandbox has no pipeline and no app of the platform.
  'slipway doctor': 1,
  // Nothing that runs can be asked here, and that is said.
  'slipway gate --env staging': 1,
  'slipway gate --env …': 1,
  'slipway gate --env staging --report': 1,
};

interface Package {
  readonly scripts: Readonly<Record<string, string>>;
}

/** What a person types where a document has a word for it. */
async function typed(words: readonly string[], { checkout, dir }: Sandbox): Promise<string[]> {
  const dry = await checkout.text(['rev-parse', 'HEAD']);
  const values: Readonly<Record<string, string>> = {
    VERB: 'status',
    E: 'production',
    A: 'counter',
    '<sha>': dry,
    '4f2a91c': dry.slice(0, 10),
    COMMIT: dry,
    DIR: join(dir, 'out'),
    FILE: join(dir, 'file'),
  };
  return words.map((word, at) => {
    if (word === '…') return words[at - 1] === '--env' ? 'production' : 'counter';
    return values[word] ?? word;
  });
}
