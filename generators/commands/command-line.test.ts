import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { widthOf } from '../model/columns.ts';
import { Misuse } from '../model/refusal.ts';
import { askedAlone, askedOf, verbNamed } from './command-line.ts';
import { exitCodes, groups, help, helpOf, optionsOf, verbs } from './usage.ts';
import { valued, verbIn, wordsIn } from './verb-in.mjs';

const here = import.meta.dirname;
const ask = (...args: string[]) => {
  const { name = '', rest } = verbIn(args);
  return { name, ...askedOf(name, verbNamed(name), rest) };
};

test('options stand before the verb or behind it, and mean the same', () => {
  const wanted = { name: 'status', values: { remote: 'x', json: true }, words: [] };
  for (const args of [
    ['status', '--remote', 'x', '--json'],
    ['--remote', 'x', '--json', 'status'],
    ['--remote=x', 'status', '--json'],
    ['--json', '--remote', 'x', 'status'],
  ]) {
    const { name, values, words } = ask(...args);
    assert.deepEqual({ name, values: { ...values }, words }, wanted, args.join(' '));
  }
  assert.deepEqual(ask('local', '--', 'up').words, ['up']);
  assert.deepEqual(verbIn(['--json']), { rest: ['--json'] });
  assert.equal(ask('logs', 'counter', '-h').values.help, true);
  // The value of an option is no verb, also when there is one of that name.
  assert.deepEqual(verbIn(['--app', 'demo', 'status']), { name: 'status', rest: ['--app', 'demo'] });
  assert.deepEqual(wordsIn(['--app', 'a..b', 'a..c', '--json', '--env=x']), ['a..c']);
});

test('the launcher knows which options take a value', () => {
  const kinds = Map.groupBy(
    Object.values(verbs).flatMap(({ options }) => Object.entries(options)),
    ([name]) => `--${name}`,
  );
  // What is a flag of another verb has to stand behind its own.
  const wanted = [...kinds].filter(([, all]) => all.every(([, { type }]) => type === 'string')).map(([name]) => name);
  assert.deepEqual([...valued].sort(), wanted.sort());
});

test('options without a verb are told what is missing', () => {
  assert.deepEqual({ ...askedAlone(['--remote', 'local']).values }, { remote: 'local' });
  for (const [args, message] of [
    [
      ['--env', 'dev'],
      /^--env stands without a verb \(dev is its value\): name one, for example npx slipway status --env E$/,
    ],
    [['--dry-run'], /^--dry-run stands without a verb: name one, for example npx slipway \w+ --dry-run$/],
    [['--env'], /^--env stands without a verb: name one/],
    [['--remote', 'status'], /^--remote stands without a verb \(status is its value\): name one/],
    [['--jsn'], /^--jsn is not an option of slipway\. See npx slipway --help\.$/],
  ] as const)
    assert.throws(() => askedAlone(args), { name: Misuse.name, message }, args.join(' '));
});

test('what is nearly right is answered with what is right', () => {
  const table: [string[], RegExp][] = [
    [['pubish'], /^pubish is not a verb; did you mean publish\?$/],
    [['statsu'], /did you mean status\?/],
    [['toString'], /^toString is not a verb; npx slipway help lists them\.$/],
    [['status', '--jsn'], /^--jsn is not an option of status; did you mean --json\? See npx slipway status --help\.$/],
    [['publish', '--dryrun'], /did you mean --dry-run\?/],
    [['status', '-x'], /^-x is not an option of status\. See/],
    [['local', 'pu'], /^slipway local has no word pu; did you mean up\?$/],
    [['local', 'statsu'], /did you mean status\?/],
    [['local'], /^slipway local wants one of up, build, status, down; see npx slipway local --help\.$/],
    [['local', 'up', 'now'], /^slipway local up takes no word "now"; see/],
    [['gate', 'staging'], /^gate takes no word "staging"; see/],
    [['where'], /^slipway where wants COMMIT, !MR, VERSION or DIGEST, for example npx slipway where HEAD; see/],
    [['hist'], /did you mean history\?$/],
    [['doc'], /did you mean doctor\?$/],
    [['bogus'], /^bogus is not a verb; npx slipway help/],
    [['new', 'ap', 'shop'], /^slipway new wants app NAME, not "ap shop"; see/],
    [
      ['render', '--env'],
      /^--env needs a value: E, the environment that is to be printed\. See npx slipway render --help\.$/,
    ],
    [['status', '--env', '--json'], /^--env needs a value: E, only this environment\. See/],
  ];
  for (const [args, message] of table)
    assert.throws(() => ask(...args), { name: Misuse.name, message }, args.join(' '));
});

test('every verb is a file with a door, and is described in one group', () => {
  for (const name of Object.keys(verbs))
    assert.match(
      readFileSync(join(here, `${name}.ts`), 'utf8'),
      /export (?:async )?function run\(|export const run\b/,
      name,
    );
  // glance is what slipway prints alone, and a verb may have another file for some of its words.
  const doors = readdirSync(here)
    .filter(
      (file) =>
        /^[a-z-]+\.ts$/.test(file) && /^export (?:async )?function run\(/m.test(readFileSync(join(here, file), 'utf8')),
    )
    .map((file) => file.replace('.ts', ''));
  const others = ['glance', 'diff-between'];
  assert.deepEqual(doors.filter((door) => !others.includes(door)).sort(), Object.keys(verbs).sort());
  const grouped = Object.values(groups).flatMap((group) => Object.keys(group));
  assert.deepEqual(grouped, Object.keys(verbs), 'no verb stands in two groups');
});

/** One thing has one name in every verb: what takes its value, and how that is called. */
const same: Readonly<Record<string, { type: string; value?: readonly string[] }>> = {
  env: { type: 'string', value: ['E'] },
  app: { type: 'string', value: ['A'] },
  to: { type: 'string', value: ['E'] },
  dry: { type: 'string', value: ['SHA'] },
  remote: { type: 'string', value: ['URL'] },
  reason: { type: 'string', value: ['TEXT'] },
  out: { type: 'string', value: ['FILE', 'DIR'] },
  json: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  all: { type: 'boolean' },
  yes: { type: 'boolean' },
};

test('what has the same name means the same in every verb, and is said', () => {
  for (const [name, verb] of Object.entries(verbs)) {
    for (const [option, { type, value, help, short }] of Object.entries(optionsOf(verb))) {
      const where = `${name} --${option}`;
      assert.match(option, /^[a-z][a-z-]+$/, where);
      assert.equal(type === 'string', value !== undefined, `${where}: a value has a name`);
      assert.match(help, /^\S.*[^.\s]$/s, `${where}: help that ends without a full stop`);
      if (short) assert.equal(option, 'help');
      const rule = same[option];
      if (!rule) continue;
      assert.equal(type, rule.type, where);
      if (rule.value) assert.ok(rule.value.includes(value ?? ''), `${where} ${value}`);
    }
  }
});

test('every verb has examples, and they can be typed', () => {
  for (const [name, { examples, summary, about }] of Object.entries(verbs)) {
    assert.ok(examples.length > 0 && summary !== '' && about !== '', name);
    for (const example of examples) {
      if (example.startsWith('npm ')) continue;
      const [program, ...args] = shellWords(example);
      assert.equal(program, 'slipway', example);
      assert.ok(Object.hasOwn(verbs, ask(...args).name) && example.includes(`slipway ${name}`), example);
    }
  }
});

/** The words of a command; what a shell would put in stands for nothing. */
const shellWords = (command: string): string[] =>
  [...command.replace(/\$\([^)]*\)/g, '').matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');

test('help fits the terminal at 80 and 100 columns, and loses no word', () => {
  const words = (text: string) => text.replace(/ \\\n/g, ' ').split(/\s+/).filter(Boolean).join(' ');
  for (const [name, text] of [
    ['help', help],
    ...Object.entries(verbs).map(([name, verb]) => [name, (width: number) => helpOf(name, verb, width)] as const),
  ] as const) {
    assert.equal(words(text(80)), words(text(1000)), name);
    for (const width of [80, 100])
      for (const line of text(width).split('\n')) {
        // A word alone cannot be broken, such as an image, and neither can an option with its value.
        const isOne = /^ *(?:--\S+ )?\S+(?: \\)?$/.test(line);
        assert.ok(isOne || widthOf(line) <= width, `${name} at ${width}: ${line}`);
      }
    assert.equal(stripVTControlCharacters(text(80)), text(80));
  }
});

test('the exit codes of the help are those of the page', () => {
  const page = readFileSync(join(here, 'exit-codes.md'), 'utf8');
  const rows = [...page.matchAll(/^\| (\d+) \| (.*?)[;|:,.(]/gm)].map(([, code]) => code);
  assert.deepEqual(
    rows,
    exitCodes.map(([code]) => code),
  );
  assert.ok(existsSync(join(here, 'json.md')));
});
