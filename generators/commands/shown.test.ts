import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from './hydrate-commit.ts';
import { deliveredBox, type Sandbox } from './sandbox.fixture.ts';
import { documents, type Shown, shownIn } from './shown.fixture.ts';
import type { Ended } from './shown-run.fixture.ts';
import { optionsOf, verbs } from './usage.ts';

const shown = documents().flatMap(shownIn);
const of = (...start: readonly string[]) =>
  shown.filter(({ words }) => start.every((word, index) => words[index] === word));
const slipway = of('npx', 'slipway').filter(({ words }) => words.length > 2);

/** What a machine without accounts and clusters cannot run to its end, and the test that runs the verb as far as it can be. */
const elsewhere: Readonly<Record<string, string>> = {
  'slipway apply': 'generators/commands/apply.test.ts',
  'slipway bootstrap': 'generators/commands/bootstrap.test.ts',
  'slipway bump': 'generators/commands/bump.test.ts',
  'slipway image': 'generators/commands/image.test.ts',
  'slipway local': 'generators/commands/demo.test.ts',
  'slipway logs': 'generators/commands/logs.test.ts',
  'slipway metrics --listen': 'generators/commands/metrics.test.ts',
  'slipway monitoring': 'generators/commands/monitoring.test.ts',
  'slipway publish --from': 'generators/commands/bundle-jobs.test.ts',
  'slipway publish --remote local': 'generators/commands/demo.test.ts',
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
  for (const { page, line, words } of slipway) {
    const [, , name = '', ...rest] = words;
    if (name === 'help' || name === 'VERB') continue;
    const verb = verbs[name];
    assert.ok(verb, `${page}: ${line}`);
    for (const word of rest.filter((one) => one.startsWith('--')))
      assert.ok(optionsOf(verb)[word.slice(2)], `${page}: ${line}: ${word}`);
  }
});

test('what a document has npm run is a script', () => {
  const scripts = (folder: string) =>
    Object.keys((JSON.parse(readFileSync(join(program, folder, 'package.json'), 'utf8')) as Package).scripts);
  const known = { all: scripts('.'), service: scripts('service') };
  for (const { page, line, words } of of('npm')) {
    const [, verb = '', script = ''] = words;
    if (['ci', 'install'].includes(verb)) continue;
    const own = [...known.all, ...(page.startsWith('service/') || page.includes('bench/') ? known.service : [])];
    assert.ok(own.includes(verb === 'run' ? script : verb), `${page}: ${line}`);
  }
});

test('every slipway command that a document shows runs, and does what it is shown for', async (t) => {
  const box = await deliveredBox(t, 'production', { counter: '1' });
  await box.deliver({ counter: '2' });
  const lines = slipway.filter((one) => testOf(one) === undefined);
  const wanted = [...Map.groupBy(lines, ({ line }) => line).values()].flatMap(([one]) => one ?? []);
  const ended = await run(box, await Promise.all(wanted.map(({ words }) => typed(words.slice(2), box))));
  for (const [at, { page, line }] of wanted.entries()) {
    const { code, out, err } = ended[at] as Ended;
    const may = codes[line.replace(/^npx /, '')] ?? 0;
    assert.equal(code, may, `${page}: ${line}\n${out}${err}`);
  }
  assert.ok(wanted.length > 20);
});

test('what cannot run here has a test that is there', () => {
  for (const [start, file] of Object.entries(elsewhere)) {
    const [, verb = ''] = start.split(' ');
    assert.ok(existsSync(join(program, file)) && readFileSync(join(program, file), 'utf8').includes(verb), start);
    assert.ok(
      slipway.some((one) => one.words.slice(1).join(' ').startsWith(start)),
      `${start}: no document shows it any more`,
    );
  }
});

/** How the commands end that do not end with 0, and why. */
const codes: Readonly<Record<string, number>> = {};

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
    DIR: join(dir, 'out'),
    FILE: join(dir, 'file'),
  };
  return words.map((word, at) => {
    if (word === '…') return words[at - 1] === '--env' ? 'production' : 'counter';
    return values[word] ?? word;
  });
}

async function run({ checkout, variables }: Sandbox, commands: readonly (readonly string[])[]): Promise<Ended[]> {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(program, 'generators/commands/shown-run.fixture.ts')],
    {
      cwd: checkout.dir,
      env: { ...process.env, ...variables },
      input: JSON.stringify(commands),
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    },
  );
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Ended[];
}
