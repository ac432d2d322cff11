import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import * as own from '../../clusters/environments.ts';
import { withExample } from '../example.fixture.ts';
import type { Path } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';
import { Misuse } from '../model/refusal.ts';
import { objectsOf, partsOfAll } from '../parts.fixture.ts';
import { localCluster, targetOf } from './bootstrap-target.ts';

const path = checkPath(own);

/** What is said of a cluster that cannot be bootstrapped at a context. */
function said(name: string, at: Path = path): string {
  try {
    targetOf({ path: at, files: new Map() }, name, 'kind-home');
  } catch (error) {
    assert.ok(error instanceof Misuse);
    return error.message;
  }
  return assert.fail('it was not refused');
}

/** `clusters/environments.ts` after somebody did what a refusal says. */
async function pasted(t: TestContext, message: string): Promise<Pick<typeof own, 'clusters' | 'environments'>> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-target-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  let text = await readFile(new URL('../../clusters/environments.ts', import.meta.url), 'utf8');
  for (const list of ['clusters', 'environments'] as const) {
    const entries = new RegExp(`^in ${list}\\n((?: {2}.*\\n?)+)`, 'm').exec(message)?.[1];
    assert.ok(entries, message);
    const begin = text.indexOf(`export const ${list}:`);
    const end = text.indexOf('\n];', begin);
    assert.ok(begin > 0 && end > begin);
    text = `${text.slice(0, end)}\n${entries}${text.slice(end)}`;
  }
  const file = join(dir, 'environments.ts');
  await writeFile(file, text);
  return import(pathToFileURL(file).href);
}

test(
  'the lines that are told for a cluster of your own can be pasted, and every own app is rendered on it',
  withExample,
  async (t) => {
    const places = await pasted(t, said('home'));
    const { cluster, environments } = localCluster('home');
    assert.deepEqual(places.clusters.at(-1), { ...cluster, registries: own.clusters[0]?.registries });
    assert.deepEqual(places.environments.slice(-2), environments);

    const parts = await partsOfAll(places);
    const there = new Set(environments.map(({ name }) => name));
    const here = parts.filter(({ environment }) => there.has(environment));
    assert.deepEqual(new Set(here.map(({ app }) => app)), new Set(parts.map(({ app }) => app)));
    for (const { at, manifest } of here.flatMap(objectsOf)) {
      assert.ok(!['IngressClassParams', 'NodePool', 'SecretProviderClass'].includes(manifest.kind), at);
      assert.doesNotMatch(manifest.apiVersion, /amazonaws|karpenter|secrets-store/, at);
    }
    const objects = new Map(here.map(({ app, files }) => [app, Object.keys(files).length - 1]));
    for (const app of ['runner', 'redis-backup', 'classes']) assert.equal(objects.get(app), 0, app);
    for (const app of ['counter', 'redis', 'collector', 'namespaces', 'argocd']) assert.ok(objects.get(app), app);

    // What the other clusters have stays as it was.
    const before = await partsOfAll();
    assert.deepEqual(
      parts.filter(({ environment }) => !there.has(environment)),
      before,
    );
  },
);

test('a cluster of your own is bootstrapped once its lines are there', async (t) => {
  const places = await pasted(t, said('nonprod'));
  const target = targetOf({ path: checkPath({ ...own, ...places }), files: new Map() }, 'home', 'kind-home');
  assert.partialDeepStrictEqual(target, { platform: 'platform-home', ha: false, way: ['--context', 'kind-home'] });
});

test('without an environment for its platform, a cluster of your own is told the one that is missing', () => {
  const { cluster, environments } = localCluster('home');
  const [apps, platform] = environments;
  const clusters = [...own.clusters, { ...cluster, registries: ['r'] }];
  const message = said('home', checkPath({ ...own, clusters, environments: [...own.environments, apps] }));
  const fields = /Add one: (\{.*\})$/.exec(message)?.[1] ?? '';
  for (const value of [platform?.name, platform?.domain]) assert.ok(fields.includes(`'${value}'`), message);
});

test('a name that something has already, or that nothing may have, is not told as one to add', () => {
  for (const [name, says] of [
    ['dev', /choose another name: dev is an environment already\.$/],
    ["home'", /choose a name that is a DNS label/],
    ['home-next', /choose a name that is a DNS label/],
    ['a-name-whose-platform-has-more-letters', /choose a name that is a DNS label/],
  ] as const) {
    assert.match(said(name), says);
    assert.doesNotMatch(said(name), /in clusters/);
  }
});
