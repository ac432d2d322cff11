import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seconds } from './environment.ts';
import { checkPath } from './environment-schema.ts';

const base = {
  cluster: 'c',
  domain: 'example.com',
  replicas: 1,
  resources: { cpu: '50m', memory: '64Mi' },
  soak: '1m',
};
const repository = 'https://example.com/r.git';

test('environments stand behind the one that they come after', () => {
  const { environments } = checkPath({
    repository,
    environments: [
      { ...base, name: 'c', after: 'b' },
      { ...base, name: 'b', after: 'a' },
      { ...base, name: 'a' },
    ],
  });
  assert.deepEqual(
    environments.map(({ name }) => name),
    ['a', 'b', 'c'],
  );
});

test('a wrong path is refused by name', () => {
  const table: [unknown[], RegExp][] = [
    [[{ ...base, name: 'a', after: 'x' }], /a comes after x, which is not an environment/],
    [
      [
        { ...base, name: 'a', after: 'b' },
        { ...base, name: 'b', after: 'a' },
      ],
      /a, b come after one another in a circle/,
    ],
    [
      [
        { ...base, name: 'a' },
        { ...base, name: 'a' },
      ],
      /two environments are named a/,
    ],
    [[{ ...base, name: 'dev-next' }], /must be a DNS label that does not read as a proposal branch/],
    [[{ ...base, name: 'a', soak: '5 minutes' }], /field 0\.soak is "5 minutes": must be a time/],
    [[{ ...base, name: 'a', replica: 3 }], /field 0\.replica is not known/],
    [[], /environments/],
  ];
  for (const [environments, message] of table) assert.throws(() => checkPath({ repository, environments }), message);
  assert.throws(
    () => checkPath({ repository: 'here', environments: [{ ...base, name: 'a' }] }),
    /repository.*is "here"/,
  );
});

test('times are read in seconds', () => {
  assert.deepEqual(['30s', '5m', '2h', '1d'].map(seconds), [30, 300, 7200, 86400]);
});
