import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dump, load } from 'js-yaml';
import { apps } from '../../apps/index.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { type Cluster, type Path, scopeOf } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';
import { Misuse } from '../model/refusal.ts';
import { changed } from './change.fixture.ts';
import { good, path } from './cluster.fixture.ts';
import { clusterRules } from './cluster-rules.ts';
import { type DnsFilter, passes } from './dns-filter.ts';
import { eksctlOf } from './eksctl.ts';
import type { Change } from './rule.ts';

const shop = path.clusters.get('shop') as Cluster;
const file = 'clusters/shop/eksctl.yaml';
const made = (text: string, cluster: Cluster = shop, on: Path = path) => eksctlOf(text, file, cluster, on);

/** What is said of a text, a line for each mistake. */
function said(text: string, cluster?: Cluster, on?: Path): string[] {
  try {
    made(text, cluster, on);
    return [];
  } catch (error) {
    assert.ok(error instanceof Misuse, String(error));
    return error.message.split('\n');
  }
}
const after = (change: Change) => said(dump(changed(load(made(good).text), change)));

const real = checkPath({ repository, clusters, environments });
const realFile = (name: string) => `clusters/${name}/eksctl.yaml`;
const realText = (name: string) => readFileSync(join(import.meta.dirname, '../..', realFile(name)), 'utf8');

test('a file is filled in with what is said of its cluster, and what eksctl reads is the same', () => {
  const { config, text } = made(good);
  assert.deepEqual(config.metadata, {
    name: 'shop',
    region: 'eu-west-1',
    version: '1.36',
    tags: { slipway: 'shop' },
  });
  assert.equal(config.vpc?.cidr, '10.30.0.0/16');
  assert.deepEqual(config.vpc?.publicAccessCIDRs, ['198.51.100.0/24', '203.0.113.7/32']);
  assert.equal(config.secretsEncryption?.keyARN, 'arn:aws:kms:eu-west-1:000000000000:alias/slipway-cluster-shop');
  assert.deepEqual(load(text), config);
  assert.doesNotMatch(text, /\$\{/);
});

test('a placeholder that nobody fills in is refused, with the name that was meant', () => {
  const cases: readonly [Change, string][] = [
    [
      { 'vpc.cidr': `\${netwrok}` },
      `${file}: vpc.cidr has the placeholder \${netwrok}, which is not known; did you mean \${network}?`,
    ],
    [
      { 'metadata.tags.slipway': `x\${}` },
      `${file}: metadata.tags.slipway has the placeholder \${}, which is not known; known are \${name}, \${network}, \${account}, \${region}, \${operators}, \${domains}, \${foreignDomains}`,
    ],
    [
      { 'metadata.tags.slipway': `the \${operators}` },
      `${file}: metadata.tags.slipway has the placeholder \${operators}, which is a list: it must stand alone`,
    ],
    [
      { 'metadata.name': `\${toString}` },
      `${file}: metadata.name has the placeholder \${toString}, which is not known; known are \${name}, \${network}, \${account}, \${region}, \${operators}, \${domains}, \${foreignDomains}`,
    ],
  ];
  for (const [change, message] of cases) assert.deepEqual(after(change), [message]);
});

test('what is filled in is text, whatever it looks like', () => {
  const odd = { ...shop, aws: { account: '012345678901', region: 'eu-west-1', operators: ['198.51.100.0/24'] } };
  const { config, text } = made(good, odd as Cluster);
  assert.match(String(config.autoModeConfig?.permissionsBoundaryARN), /^arn:aws:iam::012345678901:/);
  assert.deepEqual(load(text), config);
});

test('an unknown field, a wrong type and a wrong word are refused, with the field and the nearest legal name', () => {
  const cases: readonly [Change, readonly string[]][] = [
    [{ 'vpc.natt': {} }, [`${file}: field vpc.natt is not a field of ClusterVPC; did you mean nat?`]],
    [{ zonalShift: true }, [`${file}: field zonalShift is not a field of ClusterConfig`]],
    [
      { 'addons[0].podIdentityAssociations': [{ namespace: 'a', serviceAccount: 'b' }] },
      [`${file}: field addons[0].podIdentityAssociations[0].serviceAccount is not a field of PodIdentityAssociation`],
    ],
    [{ 'metadata.version': 1.36 }, [`${file}: field metadata.version is 1.36: expected a string; put it in quotes`]],
    [
      { 'vpc.nat.gateway': 'single', 'metadata.region': undefined },
      [
        `${file}: field metadata.region is missing: ClusterMeta needs it`,
        `${file}: field vpc.nat.gateway is "single": expected HighlyAvailable, Single or Disable; did you mean Single?`,
      ],
    ],
    [
      { kind: 'Cluster' },
      [`${file}: field kind eksctl.io/v1alpha5 Cluster is not served, and no CRD that is known here declares it`],
    ],
  ];
  for (const [change, messages] of cases) assert.deepEqual(after(change), messages);
});

test('what is no YAML, no object, or two documents is refused', () => {
  assert.match(said('a: [')[0] ?? '', /^clusters\/shop\/eksctl\.yaml: is no YAML: /);
  assert.match(said('- a')[0] ?? '', /^clusters\/shop\/eksctl\.yaml: is not an object/);
  assert.match(said('')[0] ?? '', /^clusters\/shop\/eksctl\.yaml: is n/);
  assert.match(said(`${good}\n---\n${good}`)[0] ?? '', /^clusters\/shop\/eksctl\.yaml: is no YAML: /);
});

test('a cluster that does not say where it is cannot be filled in', () => {
  const { aws: _, ...nowhere } = shop;
  assert.deepEqual(said(good, nowhere), [
    `clusters/environments.ts (clusters): shop has no aws: ${file} cannot be filled in.`,
  ]);
  const { network: __, ...unconnected } = shop;
  assert.deepEqual(said(good, unconnected), [
    `clusters/environments.ts (clusters): shop has no network: ${file} cannot be filled in.`,
  ]);
});

test('rules have names of their own, a sentence and an authority', () => {
  assert.equal(new Set(clusterRules.map(({ id }) => id)).size, clusterRules.length);
  for (const { id, says, source } of clusterRules) {
    assert.match(id, /^[a-z-]+$/);
    assert.match(says, /\.$/, id);
    assert.match(source, /^https:\/\//, id);
  }
});

for (const { id, says, fails } of clusterRules) {
  test(`${id}: what breaks it is refused, with the field and the rule`, () => {
    assert.ok(fails.length > 0);
    for (const change of fails) {
      const lines = after(change);
      const own = lines.filter((line) => line.endsWith(`(${id})`));
      assert.ok(own.length > 0, `${JSON.stringify(change)}\n${lines.join('\n')}`);
      for (const line of own) {
        assert.ok(line.startsWith(`${file}: `), line);
        assert.ok(line.includes(says), line);
      }
    }
  });
}

test('all that breaks a rule is said at once', () => {
  const lines = after({
    'vpc.nat.gateway': 'Single',
    'metadata.version': '1.34',
    'vpc.publicAccessCIDRs': ['0.0.0.0/0'],
  });
  assert.deepEqual(
    lines.map((line) => /\(([a-z-]+)\)$/.exec(line)?.[1]),
    ['version', 'nat-gateway', 'operators'],
  );
  assert.match(lines[0] ?? '', /^clusters\/shop\/eksctl\.yaml: metadata\.version is "1\.34": It must be/);
});

test('everybody is refused as an operator, even where clusters/environments.ts says so', () => {
  for (const operators of [['0.0.0.0/0'], ['0.0.0.0/1', '128.0.0.0/1']]) {
    const open = { ...shop, aws: { account: '000000000000', region: 'eu-west-1', operators } };
    assert.match(said(good, open).join(), /vpc\.publicAccessCIDRs is .*\(operators\)$/);
  }
});

test('what people do not depend on may have one gateway and a month of logs', () => {
  const calm = { ...path, environments: path.environments.map((one) => ({ ...one, production: false })) };
  const text = dump(
    changed(load(good), { 'vpc.nat.gateway': 'Single', 'cloudWatch.clusterLogging.logRetentionInDays': 30 }),
  );
  assert.equal(eksctlOf(text, file, shop, calm).config.vpc?.nat?.gateway, 'Single');
});

test('every cluster in AWS has a file, and it keeps every rule', () => {
  const inAws = clusters.filter(({ aws }) => aws);
  assert.ok(inAws.length > 0);
  for (const cluster of inAws) eksctlOf(realText(cluster.name), realFile(cluster.name), cluster, real);
});

test('no zone of another cluster passes what a cluster tells external-dns, and every zone of its own does', () => {
  let foreign = 0;
  for (const cluster of real.clusters.values()) {
    const { config } = eksctlOf(realText(cluster.name), realFile(cluster.name), cluster, real);
    const addon = config.addons?.find(({ name }) => name === 'external-dns');
    const filter = load(addon?.configurationValues ?? '') as DnsFilter;
    assert.ok(filter.domainFilters.length > 0);
    for (const { name, domain, cluster: owner } of real.environments) {
      assert.equal(passes(domain, filter), owner === cluster.name, `${cluster.name}: ${name} ${domain}`);
      assert.equal(passes(`app.${domain}`, filter), owner === cluster.name, `${cluster.name}: app.${domain}`);
      if (owner !== cluster.name) foreign++;
    }
    assert.ok(!passes('example.net', filter));
  }
  assert.ok(foreign > 0);
});

test('a domain is within itself and what it ends with, label by label; without a filter all are', () => {
  const cases: readonly [string, readonly string[], readonly string[], boolean][] = [
    ['example.com', ['example.com'], [], true],
    ['a.b.example.com', ['example.com'], [], true],
    ['badexample.com', ['example.com'], [], false],
    ['com', ['example.com'], [], false],
    ['dev.example.com', ['example.com'], ['dev.example.com'], false],
    ['app.dev.example.com', ['example.com'], ['dev.example.com'], false],
    ['mydev.example.com', ['example.com'], ['dev.example.com'], true],
    ['example.net', [], [], true],
    ['example.net', [], ['example.net'], false],
  ];
  for (const [domain, domainFilters, excludeDomains, expected] of cases)
    assert.equal(passes(domain, { domainFilters, excludeDomains }), expected, domain);
});

test('a domain that lies beneath that of another cluster, and both beneath one of its own, cannot be served', () => {
  const [live] = path.environments;
  assert.ok(live);
  const between = { ...live, name: 'deep', domain: 'deep.other.shop.example.org' };
  const lines = said(good, shop, { ...path, environments: [...path.environments, between] });
  assert.match(lines.join('\n'), /^clusters\/shop\/eksctl\.yaml: addons\[1\]\.configurationValues is .* \(dns-own\)$/);
});

test('every app that says it has an identity has one, in each environment that it runs in', async () => {
  const loaded = await Promise.all(Object.values(apps).map(async (app) => (await app()).app));
  const needing = loaded.filter((app) => 'identity' in app || 'secrets' in app);
  assert.ok(needing.length > 0);
  for (const cluster of clusters) {
    const { config } = eksctlOf(realText(cluster.name), realFile(cluster.name), cluster, real);
    const given = (config.iam?.podIdentityAssociations ?? []).map(
      (one) => `${one.namespace}/${one.serviceAccountName}`,
    );
    for (const environment of real.environments.filter((one) => one.cluster === cluster.name)) {
      for (const { name, scope = 'environment', namespace = environment.name } of needing)
        if (scope === scopeOf(environment)) assert.ok(given.includes(`${namespace}/${name}`), `${namespace} ${name}`);
    }
  }
});
