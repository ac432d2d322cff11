import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mark } from './marked.ts';
import type { Metadata } from './metadata.ts';
import { releaseClaim } from './release.ts';
import { claim, tableHead } from './request.ts';
import { type Done, judgeText, lineOf } from './request-claims.ts';

const at = (version: string): Metadata => ({
  repoURL: 'https://gitlab.com/example/slipway.git',
  drySha: 'a'.repeat(40),
  commands: ['npm ci'],
  version,
});
const done: readonly Done[] = ['counter', 'redis', 'shop'].map((name) => ({
  name,
  from: at('1.0.3'),
  to: at('1.0.4'),
  isAway: false,
}));
const rows = done.map(({ name, from, to }) => `${claim(name, from, to)} soaked |`);
const honest = mark(
  'promotion',
  ['Takes over what staging has.', '', ...tableHead, ...rows, '', 'Read it.'].join('\n'),
);
const promotion = { environment: 'staging', errand: { kind: 'promotion' }, done } as const;

test('an honest text that a forge cut anywhere is never called a lie', () => {
  assert.deepEqual(judgeText(honest, promotion), { wrong: [], doubts: [] });
  for (let length = 0; length < honest.length; length++)
    assert.deepEqual(judgeText(honest.slice(0, length), promotion).wrong, [], JSON.stringify(honest.slice(0, length)));
  const sentence = mark('release', releaseClaim('staging', lineOf(done[0] as Done)));
  const release = { environment: 'staging', errand: { kind: 'release' }, done: done.slice(0, 1) } as const;
  assert.deepEqual(judgeText(sentence, release), { wrong: [], doubts: [] });
  for (let length = 0; length < sentence.length; length++)
    assert.deepEqual(
      judgeText(sentence.slice(0, length), release).wrong,
      [],
      JSON.stringify(sentence.slice(0, length)),
    );
});

test('a text that is cut after a lie is still one', () => {
  const lie = honest.replace('redis | 1.0.3 | 1.0.4', 'redis | 1.0.3 | 1.0.5');
  assert.notEqual(lie, honest);
  for (const text of [lie, lie.slice(0, lie.indexOf('| shop') + 3)])
    assert.match(
      judgeText(text, promotion).wrong[0] ?? '',
      /it says "redis 1\.0\.3 → 1\.0\.5", and the branch does not/,
    );
});

test('a lie is one beside an honest table, too, which a comment may hide', () => {
  const table = [...tableHead, ...rows].join('\n');
  const lie = table.replace('redis | 1.0.3 | 1.0.4', 'redis | 1.0.3 | 1.0.5');
  for (const text of [`<!--\n${table}\n-->\n\n${lie}\n`, `${lie}\n\n${table}\n`])
    assert.deepEqual(judgeText(`<!-- slipway: promotion -->\n${text}<!-- /slipway -->\n`, promotion).wrong, [
      'it says "redis 1.0.3 → 1.0.5", and the branch does not do that',
    ]);
});
