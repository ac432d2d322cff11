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
const clusters = [{ name: 'c', profile: 'eks', registries: ['r'], storage: 'gp3', namespaces: {} }];

test('environments stand behind the one that they come after', () => {
  const { environments } = checkPath({
    repository,
    clusters,
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
    [[{ ...base, name: 'a', cluster: 'd' }], /a runs in d, which is not a cluster; did you mean c\?/],
    [
      [
        { ...base, name: 'a' },
        { ...base, name: 'b', scope: 'cluster', after: 'a' },
      ],
      /b comes after a, which is of another scope/,
    ],
  ];
  for (const [environments, message] of table)
    assert.throws(() => checkPath({ repository, clusters, environments }), message);
  assert.throws(
    () => checkPath({ repository: 'here', clusters, environments: [{ ...base, name: 'a' }] }),
    /repository.*is "here"/,
  );
});

test('a wrong cluster is refused by field', () => {
  const table: [unknown[], RegExp][] = [
    [[{ ...clusters[0], profile: 'ekss' }], /clusters\): field 0\.profile is "ekss".*did you mean eks\?/],
    [[{ ...clusters[0], namespaces: { a: 'open' } }], /field 0\.namespaces\.a is "open"/],
    [[{ ...clusters[0], network: '10.0.0.0' }], /field 0\.network is "10\.0\.0\.0": must be addresses/],
    [[...clusters, ...clusters], /two clusters are named c/],
    [[], /clusters/],
  ];
  for (const [wrong, message] of table)
    assert.throws(() => checkPath({ repository, clusters: wrong, environments: [{ ...base, name: 'a' }] }), message);
});

test('times are read in seconds', () => {
  assert.deepEqual(['30s', '5m', '2h', '1d'].map(seconds), [30, 300, 7200, 86400]);
});
