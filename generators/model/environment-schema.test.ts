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

const weekend = { timeZone: 'Europe/Berlin', closed: ['Fri 16:00 - Mon 07:00'] };
const freeze = { from: '2026-12-20', until: '2027-01-04', reason: 'holidays' };
const later = (given: object) => ({ ...base, name: 'b', after: 'a', ...given });

test('a calendar, a reporter and a merge by itself are taken as they are given', () => {
  const given = { calendar: { ...weekend, freezes: [freeze] }, auto: true, reporter: 'project_4711_bot' };
  const { environments } = checkPath({ repository, clusters, environments: [{ ...base, name: 'a' }, later(given)] });
  assert.deepEqual(environments, [{ ...base, name: 'a' }, later(given)]);
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
    [[later({ calendar: { closed: [] } })], /field 0\.calendar\.timeZone is missing/],
    [
      [later({ calendar: { ...weekend, timeZone: 'Berlin' } })],
      /field 0\.calendar\.timeZone is "Berlin": must be a time zone/,
    ],
    [
      [later({ calendar: { ...weekend, closed: ['weekends'] } })],
      /calendar\.closed\.0 is "weekends": must be times of the/,
    ],
    [
      [later({ calendar: { ...weekend, closed: ['Mon 00:00 - Fri 00:00', 'Thu 00:00 - Mon 00:00'] } })],
      /field 0\.calendar\.closed is .*: must leave some time of the week open/,
    ],
    [
      [later({ calendar: { ...weekend, freezes: [{ ...freeze, from: '20.12.' }] } })],
      /freezes\.0\.from is "20\.12\.": must/,
    ],
    [
      [later({ calendar: { ...weekend, freezes: [{ ...freeze, until: '2026-12-01' }] } })],
      /calendar\.freezes\.0\.until is "2026-12-01": must not end before it begins/,
    ],
    [[later({ auto: 'yes' })], /field 0\.auto is "yes"/],
    [[later({ reporter: 'a bot' })], /field 0\.reporter is "a bot": must be an account's name/],
    [[{ ...base, name: 'a', auto: true }], /a has the field auto, but comes after no environment/],
    [[{ ...base, name: 'a', calendar: weekend }], /a has the field calendar, but comes after no environment/],
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
    [[{ ...clusters[0], monitoring: 'operater' }], /field 0\.monitoring is "operater".*did you mean operator\?/],
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
