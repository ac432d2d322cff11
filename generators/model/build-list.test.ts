import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BuildList, formatBuildList, parseBuildList } from './build-list.ts';
import { Refusal } from './refusal.ts';

const [dry, tree] = ['d'.repeat(40), 'e'.repeat(64)];
const entry = { app: 'counter', repository: 'registry.example.com:5000/group/counter', folder: 'service', tree };
const list: BuildList = { dry, builds: [entry, { ...entry, app: 'worker' }] };

test('a list is read as it was written', () => {
  for (const one of [list, { dry, builds: [] }]) assert.deepEqual(parseBuildList(formatBuildList(one), 'f'), one);
});

test('a list that is none is refused, by file, place and field, and nothing of it is quoted', () => {
  const wrong: readonly (readonly [says: RegExp, text: unknown])[] = [
    [/^f is no JSON: let slipway image builds --out f write it anew\.$/, 'TOKEN=a-secret'],
    [/no list of version 1/, []],
    [/no list of version 1/, { version: 2, dry, builds: [] }],
    [/no list of version 1/, { version: 1, dry }],
    [/no commit in dry/, { version: 1, dry: 'HEAD', builds: [] }],
    [/has counter twice/, { version: 1, dry, builds: [entry, entry] }],
    ...Object.entries({
      app: ['../a', 'a=b', 'a\nb', 1],
      repository: ['registry/a:1', `registry/a@sha256:${tree}`, '--help', 'a b', 'https://a/b', undefined],
      folder: ['..', '.', '/etc', 'service/../..', '-x', ':(top)', null],
      tree: ['HEAD', 'E'.repeat(40), '--all', 1],
    }).flatMap(([field, values]) =>
      values.map(
        (value) =>
          [
            new RegExp(`^f has at 1 no legal ${field}: `),
            {
              version: 1,
              dry,
              builds: [
                { ...entry, app: 'before' },
                { ...entry, [field]: value },
              ],
            },
          ] as const,
      ),
    ),
    [/has at 0 no legal app/, { version: 1, dry, builds: ['counter'] }],
  ];
  for (const [says, text] of wrong) {
    assert.throws(
      () => parseBuildList(typeof text === 'string' ? text : JSON.stringify(text), 'f'),
      (error: Error) => error instanceof Refusal && says.test(error.message) && !error.message.includes('a-secret'),
      JSON.stringify(text),
    );
  }
});
