import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { boundLog, lastWords, logSize, olderLog } from './log-file.ts';

async function log(t: TestContext, text: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-log-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const file = join(dir, 'a.log');
  await writeFile(file, text);
  return file;
}

test('a log that becomes too long begins anew, and one before it is kept', async (t) => {
  const file = await log(t, 'first\n');
  boundLog(file, 10);
  assert.equal(logSize(file), 6);
  await appendFile(file, 'second\n');
  boundLog(file, 10);
  assert.deepEqual([logSize(file), await readFile(olderLog(file), 'utf8')], [0, 'first\nsecond\n']);
  await appendFile(file, 'third, and long\n');
  boundLog(file, 10);
  assert.equal(await readFile(olderLog(file), 'utf8'), 'third, and long\n');
});

test('the last words of a run are its own, three lines at most', async (t) => {
  const file = await log(t, 'before\n');
  const from = logSize(file);
  assert.equal(await lastWords(file, from), 'it said nothing');
  await appendFile(file, 'one\n\n two\nthree\nfour');
  assert.equal(await lastWords(file, from), 'two / three / four');
  // Shorter than it was: it was begun anew.
  await writeFile(file, 'new\n');
  assert.equal(await lastWords(file, 100), 'new');
  assert.equal(await lastWords(`${file}.none`, 0), 'it said nothing');
});
