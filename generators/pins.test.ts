import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { withExample } from './example.fixture.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const json = <T>(path: string) => JSON.parse(read(path)) as T;

type Dependencies = Readonly<Record<string, string>>;
interface Package {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly resolved?: string;
  readonly inBundle?: boolean;
  readonly dependencies?: Dependencies;
  readonly devDependencies?: Dependencies;
  readonly optionalDependencies?: Dependencies;
}

const packages = globSync('{package.json,*/package.json}', { cwd: root }).filter(
  (path) => !path.startsWith('node_modules'),
);

test('every dependency is pinned to one version', () => {
  assert.ok(packages.length >= 1);
  for (const path of packages) {
    const { dependencies, devDependencies, optionalDependencies } = json<Package>(path);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      assert.match(version, /^\d+\.\d+\.\d+$/, `${path}: ${name}`);
    }
  }
});

test('lockfiles are whole on every platform, have integrity, and name no download address', () => {
  for (const path of packages.map((file) => file.replace('package.json', 'package-lock.json'))) {
    const locked = json<{ packages: Record<string, Package> }>(path).packages;
    for (const [at, { version, integrity, inBundle, resolved, dependencies, optionalDependencies }] of Object.entries(
      locked,
    )) {
      if (at === '') continue;
      assert.ok(version && (integrity || inBundle), `${path}: ${at} has no integrity`);
      assert.equal(resolved, undefined, `${path}: ${at}`);
      for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
        assert.ok(resolvable(locked, at, name), `${path}: ${at} needs ${name}, which is not locked`);
      }
    }
  }
});

/** Node's own rule: the nearest node_modules on the way up. */
function resolvable(locked: Record<string, Package>, at: string, name: string): boolean {
  for (let dir = at; dir !== ''; dir = dir.slice(0, Math.max(0, dir.lastIndexOf('/node_modules/')))) {
    if (locked[`${dir}/node_modules/${name}`]) return true;
  }
  return locked[`node_modules/${name}`] !== undefined;
}

test('images are pinned by digest', () => {
  const images = [
    ...globSync('*/Dockerfile', { cwd: root }).flatMap((path) =>
      [...read(path).matchAll(/^ARG \w+=(\S+)/gm)].map(([, image]) => image),
    ),
    ...globSync('{apps,generators/charts}/**/*.ts', { cwd: root }).flatMap(
      (path) => read(path).match(/[\w./-]+:[\w.-]+@sha256:\w+/g) ?? [],
    ),
  ];
  assert.ok(images.length >= 5);
  for (const image of images) assert.match(image ?? '', /^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/);
});

// Renovate's manager of Dockerfiles follows an ARG that stands before the first FROM:
// https://github.com/renovatebot/renovate/blob/main/lib/modules/manager/dockerfile/extract.ts
test(
  'the images that the service is built on are arguments before the first FROM, each used once, and fit',
  withExample,
  () => {
    assert.match(read('service/Dockerfile'), /^# check=error=true\n/, 'BuildKit reads it in the first line alone');
    const [before = '', ...stages] = read('service/Dockerfile').split(/^FROM /m);
    const names = [...before.matchAll(/^ARG (\w+)=\S+@sha256:/gm)].map(([, name]) => `$${name}`);
    assert.deepEqual(
      stages.map((stage) => stage.split(/\s/)[0]),
      names,
    );
    assert.equal(names.length, 2);
  },
);
