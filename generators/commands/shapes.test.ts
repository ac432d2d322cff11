import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { pageOf } from './shapes/page.fixture.ts';
import { answerOf, shapes } from './shapes.ts';
import { verbs } from './usage.ts';

test('every verb that takes --json has a shape, and the page says it', async () => {
  const speaking = Object.entries(verbs).flatMap(([name, { options }]) => (options.json ? [name] : []));
  assert.deepEqual(Object.keys(shapes).sort(), speaking.sort());
  const file = join(import.meta.dirname, 'json.md');
  const page = pageOf(shapes, Object.keys(verbs));
  if (process.env.SLIPWAY_UPDATE) await writeFile(file, page);
  assert.equal(await readFile(file, 'utf8'), page, 'SLIPWAY_UPDATE=1 writes it anew');
});

test('a field that nobody promised is no answer, and neither is one without a version', () => {
  const answer = { version: 1, drySha: 'a'.repeat(40), excuses: [] };
  assert.deepEqual(answerOf('excuses', JSON.stringify(answer)), answer);
  assert.throws(() => answerOf('excuses', JSON.stringify({ ...answer, more: 1 })), /another shape.*"more"/s);
  assert.throws(() => answerOf('excuses', JSON.stringify({ ...answer, version: 2 })), /another shape/);
  assert.throws(() => answerOf('excuses', JSON.stringify({ ...answer, version: undefined })), /another shape/);
});
