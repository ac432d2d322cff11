import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Write } from './commit.ts';
import type { Published } from './metadata.ts';
import type { Part } from './part.ts';
import { formatPreview, type Preview, partChange, touchedBy } from './preview.ts';
import type { Present } from './publication.ts';

const yaml = (kind: string, value: string) => `apiVersion: v1\nkind: ${kind}\nmetadata: { name: x }\nvalue: ${value}\n`;
const old = new Map([
  ['1', yaml('Service', 'one')],
  ['2', yaml('Secret', 'two')],
]);
const file = (id: string) => ({ mode: '100644', id });
const present: Present = {
  format: 'sha1',
  trees: new Map(),
  folders: new Map(),
  pipelines: new Map(),
  files: new Map([
    [
      'dev/a',
      new Map([
        ['service-x.yaml', file('1')],
        ['secret-x.yaml', file('2')],
        ['hydrator.metadata', file('3')],
      ]),
    ],
    ['dev/gone', new Map([['hydrator.metadata', file('3')]])],
  ]),
};
const published = {
  environments: [
    { name: 'staging', soak: 0 },
    { name: 'dev', soak: 0, after: 'staging' },
  ],
};

function touched(changed: readonly string[], writes: readonly Write[]) {
  const commit = { message: '', writes };
  const parts = changed.map((path): Part => {
    const [environment = '', app = ''] = path.split('/');
    const texts = writes.flatMap((write) =>
      'bytes' in write ? [[write.path.slice(path.length + 1), String(write.bytes)]] : [],
    );
    return { environment, app, files: Object.fromEntries(texts), version: '', images: {} };
  });
  return touchedBy({ commit, changed, published: published as unknown as Published }, present, parts);
}
const provenance = (path: string): Write => ({ path: `${path}/hydrator.metadata`, bytes: '{}' });

test('a part is added, changed or removed by what stands there before and after, its provenance aside', () => {
  const bytes = yaml('Service', 'new');
  const cases: [string, Write[], string][] = [
    ['dev/a', [{ path: 'dev/a/service-x.yaml', bytes }, provenance('dev/a')], 'changed'],
    ['dev/a', [{ path: 'dev/a/secret-x.yaml', deleted: true }, provenance('dev/a')], 'changed'],
    [
      'dev/a',
      [
        { path: 'dev/a/secret-x.yaml', deleted: true },
        { path: 'dev/a/service-x.yaml', deleted: true },
        { path: 'dev/a/node-x.yaml', bytes },
        provenance('dev/a'),
      ],
      'changed',
    ],
    [
      'dev/a',
      [
        { path: 'dev/a/secret-x.yaml', deleted: true },
        { path: 'dev/a/service-x.yaml', deleted: true },
        provenance('dev/a'),
      ],
      'removed',
    ],
    ['dev/gone', [{ path: 'dev/gone/service-x.yaml', bytes }, provenance('dev/gone')], 'added'],
    ['dev/new', [{ path: 'dev/new/service-x.yaml', bytes }, provenance('dev/new')], 'added'],
  ];
  for (const [path, writes, change] of cases) {
    const [part] = touched([path], writes);
    assert.equal(part?.change, change, `${path} ${writes.map((write) => write.path).join()}`);
    assert.ok(![...(part?.before.keys() ?? []), ...(part?.after.keys() ?? [])].includes('hydrator.metadata'));
  }
});

test('parts stand in the order of the path, and a part whose name begins another is not that one', () => {
  const bytes = yaml('Service', 'new');
  const names = ['dev/a', 'dev/ab', 'staging/a', 'dev/.gitlab-ci.yml'];
  const found = touched(
    names,
    names.map((path) => ({ path: `${path}/service-x.yaml`, bytes })),
  );
  assert.deepEqual(
    found.map(({ environment, app, after }) => `${environment}/${app} ${after.size}`),
    ['staging/a 1', 'dev/a 1', 'dev/ab 1'],
  );
});

test('a changed part is told by its objects, and a file that is no YAML by its name', () => {
  const writes: Write[] = [
    { path: 'dev/a/service-x.yaml', bytes: yaml('Service', 'new') },
    { path: 'dev/a/secret-x.yaml', deleted: true },
  ];
  const [part] = touched(['dev/a'], writes);
  assert.ok(part);
  const { objects } = partChange(part, old, () => []);
  assert.deepEqual(
    objects.map(({ change, kind }) => `${change} ${kind}`),
    ['removed Secret', 'changed Service'],
  );
  assert.throws(
    () => partChange(part, new Map([...old, ['1', 'a: [']]), () => []),
    /dev\/a\/service-x\.yaml is not YAML/,
  );
});

test('nothing to change, one part and several are said in one last line', () => {
  const none: Preview = {
    drySha: 'a'.repeat(40),
    base: 'b'.repeat(40),
    parts: [],
    pipelines: [],
    notBuilt: [],
    failed: [],
    expired: [],
    removals: [],
  };
  assert.deepEqual(formatPreview(none), ['aaaaaaaaaaaa against rendered at bbbbbbbbbbbb: nothing would change']);
  assert.deepEqual(formatPreview({ ...none, base: undefined, pipelines: ['dev'] }), [
    '~ dev/.gitlab-ci.yml',
    'aaaaaaaaaaaa against nothing published yet: 1 part would change',
  ]);
  const failed = [{ app: 'a', message: 'one\ntwo', exitCode: 1 }];
  assert.deepEqual(formatPreview({ ...none, failed, pipelines: ['dev', 'qa'] }).slice(2), [
    '! one',
    '! two',
    'aaaaaaaaaaaa against rendered at bbbbbbbbbbbb: 2 parts would change',
  ]);
});

test('what an app may break, what only warns and what has ended are said to whoever reviews', () => {
  const remark = { policy: 'host-path', object: 'DaemonSet/a', field: 'spec', says: 'A pod must not read its node.' };
  const excuse = { policy: 'host-path', reason: 'it reads its logs', owner: 'team-a', until: '2027-01-31' };
  const lines = formatPreview({
    drySha: 'a'.repeat(40),
    base: undefined,
    parts: [
      {
        environment: 'dev',
        app: 'a',
        change: 'added',
        objects: [],
        remarks: [{ ...remark, excuse }, remark],
        refused: ['x.yaml: it cannot change'],
      },
    ],
    ...{ pipelines: [], notBuilt: [], failed: [], expired: ['apps/a/app.ts: the excuse ended'], removals: [] },
  });
  assert.deepEqual(lines.slice(0, -1), [
    '+ dev/a',
    '  ! DaemonSet/a: host-path is excused until 2027-01-31 (team-a): it reads its logs',
    '  ! DaemonSet/a: A pod must not read its node. (host-path)',
    '  ! x.yaml: it cannot change',
    '! apps/a/app.ts: the excuse ended',
  ]);
});
