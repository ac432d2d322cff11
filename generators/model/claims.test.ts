import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bundle } from './bundle.ts';
import { checkClaims, checkKeys } from './claims.ts';
import { keyOf, type Sources } from './key.ts';
import type { Published } from './metadata.ts';
import type { Build } from './part.ts';

const id = (letter: string) => letter.repeat(40);
const sources: Sources = {
  shared: [id('1'), id('2'), id('3'), id('4')],
  everyApp: id('5'),
  apps: new Map([
    ['built', id('6')],
    ['pinned', id('7')],
    ['taken', id('8')],
    ['taken-built', id('9')],
  ]),
};
const build: Build = { tree: id('a'), version: '1.0.7', commit: id('b') };
const builds = { service: build };
const reference = `registry.example.com/built@sha256:${'0'.repeat(64)}`;
const image = { build: 'service', ...build, reference };

const part = (app: string, version: string, commit?: string) =>
  ({ environment: 'dev', app, files: {}, version, images: {}, ...(commit ? { commit } : {}) }) as const;

const outline = { owner: 'team-a' };

/** Everything true. */
const bundle: Bundle = {
  drySha: id('d'),
  base: id('e'),
  parts: [part('built', '1.0.7', id('b')), part('pinned', '8.2')],
  taken: ['taken', 'taken-built'],
  kept: [],
  summary: {
    repository: 'https://gitlab.example.com/group/slipway.git',
    environments: [{ name: 'dev', soak: 0 }],
    apps: ['built', 'pinned', 'taken', 'taken-built'],
    pipelines: {},
    images: { built: image },
    removed: {},
    outlines: { built: outline, pinned: outline },
    node: 'v24.21.0',
  },
};
const before: Published = {
  drySha: id('c'),
  node: 'v24.21.0',
  repository: bundle.summary.repository,
  environments: bundle.summary.environments,
  images: { 'taken-built': image },
  removed: {},
  outlines: { taken: outline, 'taken-built': outline },
  source: '',
  keys: {
    taken: keyOf(sources, 'taken', undefined) ?? '',
    'taken-built': keyOf(sources, 'taken-built', image) ?? '',
  },
  trees: {},
  kept: [],
};

test('what is true of a commit is believed, and what was recorded under its key as well', () => {
  checkClaims(bundle, sources, builds, before);
  checkKeys(before, sources, id('e'));
});

const summary = (fields: object): Bundle => ({ ...bundle, summary: { ...bundle.summary, ...fields } });
const imaged = (fields: object) => summary({ images: { built: { ...image, ...fields } } });
const recorded = (fields: object): Published => ({ ...before, ...fields });

interface Lie {
  readonly what: string;
  readonly bundle?: Bundle;
  readonly sources?: Sources;
  readonly builds?: Readonly<Record<string, Build>>;
  /** What was published at the bundle's base; `null` for nothing. */
  readonly before?: Published | null;
  readonly said: RegExp;
}
const lies: readonly Lie[] = [
  {
    what: 'an app that has no folder',
    bundle: summary({ apps: [...bundle.summary.apps, 'ghost'] }),
    said: /of ghost that it is an app, and apps\/ has no such folder/,
  },
  {
    what: 'an image of another tree',
    bundle: imaged({ tree: id('f') }),
    said: /of built that service is 1\.0\.7 of tree f{40}/,
  },
  {
    what: 'an image of another version',
    bundle: imaged({ version: '9.0.0' }),
    said: /of built that service is 9\.0\.0/,
  },
  { what: 'an image of another commit', bundle: imaged({ commit: id('f') }), said: /of built that service/ },
  { what: 'an image of another folder', bundle: imaged({ build: 'apps' }), said: /of built that apps is 1\.0\.7/ },
  {
    what: 'a part of another version than its image',
    bundle: { ...bundle, parts: [part('built', '9.0.0', id('b'))] },
    said: /of built that it is version 9\.0\.0 of commit b{40}/,
  },
  {
    what: 'a part of another commit than its image',
    bundle: { ...bundle, parts: [part('built', '1.0.7', id('f'))] },
    said: /of built that it is version 1\.0\.7 of commit f{40}/,
  },
  {
    what: 'a part of no commit, though its image is built here',
    bundle: { ...bundle, parts: [part('built', '1.0.7')] },
    said: /of built that it is version 1\.0\.7 of commit none/,
  },
  {
    what: 'a part of a commit, though its image is built elsewhere',
    bundle: { ...bundle, parts: [part('pinned', '8.2', id('b'))] },
    said: /of pinned that it is version 8\.2 of commit b{40}/,
  },
  {
    what: 'a taken app whose folder changed',
    sources: { ...sources, apps: new Map([...sources.apps, ['taken', id('f')]]) },
    said: /of taken that it is unchanged since e{40}/,
  },
  {
    what: 'a taken app whose folder is gone',
    sources: { ...sources, apps: new Map([...sources.apps].filter(([app]) => app !== 'taken')) },
    bundle: summary({ apps: ['built', 'pinned', 'taken-built'] }),
    said: /of taken that it is unchanged/,
  },
  {
    what: 'taken apps, though a chart changed',
    sources: { ...sources, shared: [id('f'), ...sources.shared.slice(1)] },
    said: /of taken that it is unchanged/,
  },
  {
    what: 'a taken app whose image has another tree now',
    bundle: { ...summary({ images: {} }), parts: [part('pinned', '8.2')] },
    builds: { service: { ...build, tree: id('f') } },
    said: /of taken-built that it is unchanged/,
  },
  {
    what: 'a taken app whose image is counted otherwise now',
    bundle: { ...summary({ images: {} }), parts: [part('pinned', '8.2')] },
    builds: { service: { ...build, version: '1.0.8' } },
    said: /of taken-built that it is unchanged/,
  },
  {
    what: 'a taken app whose image is not built any more',
    bundle: { ...summary({ images: {} }), parts: [part('pinned', '8.2')] },
    builds: {},
    said: /of taken-built that it is unchanged/,
  },
  {
    what: 'a taken app that was kept before, and has no key',
    before: recorded({ keys: { 'taken-built': before.keys['taken-built'] }, kept: ['taken'] }),
    said: /of taken that it is unchanged/,
  },
  {
    what: 'a taken app with the key of another',
    before: recorded({ keys: { ...before.keys, taken: keyOf(sources, 'pinned', undefined) } }),
    said: /of taken that it is unchanged/,
  },
  { what: 'a taken app, though nothing was published', before: null, said: /of taken that it is unchanged/ },
];
for (const { what, said, ...lie } of lies) {
  test(`a bundle that claims ${what} is refused`, () => {
    const known = lie.before === null ? undefined : (lie.before ?? before);
    assert.throws(
      () => checkClaims(lie.bundle ?? bundle, lie.sources ?? sources, lie.builds ?? builds, known),
      (error: Error) => {
        assert.match(error.message, said);
        assert.match(error.message, /^The bundle says .*: it was not rendered from d{40}\. Render it again\.$/);
        return true;
      },
    );
  });
}

test('a key that its commit does not give is refused with app, key and next step', () => {
  const forged = recorded({ keys: { ...before.keys, taken: '0'.repeat(32) } });
  assert.throws(
    () => checkKeys(forged, sources, id('e')),
    /published\.json of rendered at e{40} records the key 0{32} for taken, and c{40} gives [0-9a-f]{32}: .*revert that commit/,
  );
  const ghost = recorded({ keys: { ...before.keys, ghost: '0'.repeat(32) } });
  assert.throws(() => checkKeys(ghost, sources, id('e')), /for ghost, and c{40} gives none/);
  const otherImage = recorded({ images: { 'taken-built': { ...image, reference: `${reference.slice(0, -1)}1` } } });
  assert.throws(() => checkKeys(otherImage, sources, id('e')), /records the key [0-9a-f]{32} for taken-built/);
});
