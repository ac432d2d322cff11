import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleFields, examplesIn } from './example.ts';

const found = (text: string) => examplesIn(text).map(({ line, column, value }) => `${line}:${column} ${value}`);

test('what is legal and belongs to nobody is found, with its place', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ["account: '000000000000'", ['1:11 000000000000']],
    ["version: '00000000-0000-0000-0000-000000000000'", ['1:11 00000000-0000-0000-0000-000000000000']],
    ["repository = 'https://gitlab.com/example/slipway.git'", ['1:15 https://gitlab.com/example/slipway.git']],
    ['git@gitlab.com:example/slipway.git', ['1:5 gitlab.com:example/slipway.git']],
    ["  'registry.gitlab.com/example/slipway',", ['1:4 registry.gitlab.com/example/slipway']],
    ["domain: 'example.com'", ['1:10 example.com']],
    ["domain: 'dev.example.org'", ['1:10 dev.example.org']],
    ["host: 'git.example.internal'", ['1:8 git.example.internal']],
    ["  sources: ['203.0.113.0/24', '198.51.100.7']", ['1:14 203.0.113.0/24', '1:32 198.51.100.7']],
    ['bucket: example-backups', ['1:9 example-backups']],
    ["'s3://example-backups/redis'", ['1:7 example-backups']],
    ["  client: 'example',", ['1:12 example']],
    ["one\n  admins: ['example/platform', 'acme/on-call']", ['2:13 example/platform']],
  ];
  for (const [text, expected] of table) assert.deepEqual(found(text), expected, text);
});

test('what belongs to somebody, and what only people read, is none', () => {
  for (const text of [
    "account: '123456789012'",
    "id: '0000000000001'",
    "domain: 'example.company'",
    "domain: 'counterexample.com'",
    "network: '10.10.0.0/16'",
    "network: '203.0.114.0/24'",
    "import { examples } from './example.ts';",
    "repository = 'https://gitlab.com/acme/example.git'",
    "// such as '203.0.113.0/24'",
    ' * `example.com`',
    '# account: 000000000000',
  ])
    assert.deepEqual(found(text), [], text);
});

test('the fields of a definition are named by their paths', () => {
  const cluster = {
    name: 'c',
    aws: { account: '000000000000', operators: ['192.0.2.0/24', '10.0.0.0/8'] },
    replicas: 2,
  };
  assert.deepEqual(exampleFields(cluster, 'clusters[0]'), [
    { field: 'clusters[0].aws.account', value: '000000000000' },
    { field: 'clusters[0].aws.operators[0]', value: '192.0.2.0/24' },
  ]);
});

test('what a value says is known, so that a person knows what to put there', () => {
  const subjects = Object.fromEntries(
    [
      '000000000000',
      'dev.example.com',
      '203.0.113.0/24',
      'https://gitlab.com/example/x',
      'example-bucket',
      'example',
    ].map((value) => [value, examplesIn(`x = '${value}'`)[0]?.subject]),
  );
  assert.deepEqual(subjects, {
    '000000000000': 'AWS account',
    'dev.example.com': 'domain',
    '203.0.113.0/24': 'addresses',
    'https://gitlab.com/example/x': 'repository',
    'example-bucket': 'bucket',
    example: 'group or application',
  });
});
