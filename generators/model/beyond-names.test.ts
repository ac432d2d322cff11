import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { beyondNames } from './beyond-names.ts';
import { formatDifferences, formatPath } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { domainsIn } from './outline.ts';

const object = (environment: string, more: object = {}): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: `settings-${environment}`, namespace: environment, labels: { 'slipway.dev/rules': environment } },
  data: { [`at.${environment}`]: '1', url: `http://redis.${environment}.svc:6379`, disk: '/dev/shm', ...more },
});
const told = (one: Manifest[], other: Manifest[], names: readonly [string, string] = ['dev', 'production']) =>
  formatDifferences(beyondNames(one, other, names));

test('two environments that differ in their names do not differ', () => {
  assert.deepEqual(told([object('dev')], [object('production')]), []);
  const application = (environment: string): Manifest => ({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Application',
    metadata: { name: 'a', namespace: `argocd-${environment}` },
    spec: {
      project: environment,
      source: { repoURL: 'r', path: 'a', targetRevision: `env/${environment}` },
      destination: { namespace: environment, server: 'x' },
    },
  });
  assert.deepEqual(told([application('dev')], [application('production')]), []);
});

test('what else differs is told, also where it holds the name', () => {
  assert.deepEqual(told([object('dev', { size: '1' })], [object('production', { size: '2', only: 'production' })]), [
    '~ ConfigMap "settings-<environment>"',
    '  data.only: (missing) → production',
    '  data.size: "1" → "2"',
  ]);
  // The same words are not the same thing: one points at itself, the other elsewhere.
  assert.deepEqual(told([object('dev', { peer: 'production' })], [object('production', { peer: 'production' })]), []);
  assert.deepEqual(told([object('dev', { peer: 'dev' })], [object('production', { peer: 'dev' })]), []);
  assert.deepEqual(told([object('dev', { peer: 'production' })], [object('production', { peer: 'dev' })]), [
    '~ ConfigMap "settings-<environment>"',
    '  data.peer: production → dev',
  ]);
  assert.deepEqual(told([object('dev')], []), ['- ConfigMap "settings-<environment>"']);
});

const routes = { staging: ['a.staging.example.com/', 'elsewhere.example.net/'], production: ['a.example.com/in'] };
const outlines = { a: { owner: 'web', routes }, b: { owner: 'web', routes: ['b.example.org/'] } };

test('a host that differs by the domain of its environment alone does not differ', () => {
  const hosts = (own: string, mail = 'mail.example.com') =>
    object('x', { host: `a.${own}`, url: `https://a.${own}/login`, mail });
  const said = (one: Manifest, other: Manifest) =>
    formatDifferences(
      beyondNames(
        [one],
        [other],
        ['staging', 'production'],
        [domainsIn('staging', outlines), domainsIn('production', outlines)],
      ),
    );
  assert.deepEqual(said(hosts('staging.example.com'), hosts('example.com')), []);
  assert.deepEqual(said(hosts('staging.example.com'), hosts('example.com', 'mail.example.org')), [
    '~ ConfigMap settings-x',
    '  data.mail: mail.example.com → mail.example.org',
  ]);
  const elsewhere = said(hosts('staging.example.com'), hosts('dev.example.com'));
  assert.deepEqual(elsewhere[1], '  data.host: a.staging.example.com → a.dev.example.com');
});

test('what has its name from its environment is told by its fields', () => {
  const rules = (environment: string, seconds: number): Manifest => ({
    ...object(environment),
    data: { [`${environment}-a.yaml`]: { groups: [{ name: `${environment}-a`, interval: seconds, limit: 1 }] } },
  });
  assert.deepEqual(told([rules('dev', 30)], [rules('production', 60)]), [
    '~ ConfigMap "settings-<environment>"',
    '  data["production-a.yaml"].groups[production-a].interval: 30 → 60',
  ]);
});

test('within one environment every difference is one', () => {
  assert.deepEqual(told([object('dev')], [object('dev', { url: 'production' })], ['dev', 'dev']), [
    '~ ConfigMap dev/settings-dev',
    '  data.url: "http://redis.dev.svc:6379" → production'.replaceAll('"', ''),
  ]);
});

test('whatever two objects hold, they differ as they would in one environment', () => {
  const text = fc.constantFrom('a', 'b', '1', '{}', 'x.{}.svc', '/dev/{}', '{}-{}', 'slipway.dev/x');
  const data = fc.dictionary(fc.constantFrom('k', 'l', 'at-{}', 'm.{}'), text, { maxKeys: 4 });
  const filled = (values: Readonly<Record<string, string>>, environment: string): Manifest => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'c', namespace: environment },
    data: Object.fromEntries(
      Object.entries(values).map((pair) => pair.map((one) => one.replaceAll('{}', environment))),
    ),
  });
  fc.assert(
    fc.property(data, data, (one, other) => {
      const apart = beyondNames([filled(one, 'east')], [filled(other, 'west')], ['east', 'west']);
      const same = beyondNames([filled(one, 'east')], [filled(other, 'east')], ['east', 'east']);
      const places = (found: typeof same) =>
        new Set(
          found
            .flatMap((each) => (each.change === 'changed' ? each.fields : []))
            .map(({ path }) => formatPath(path).replace(/east|west/g, '{}')),
        );
      assert.deepEqual(places(apart), places(same));
    }),
    { numRuns: 200, seed: 12 },
  );
});
