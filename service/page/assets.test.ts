import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import express from 'express';
import request from 'supertest';
import { type Assets, loadAssets } from './assets.ts';

const IMMUTABLE = 'public, max-age=31536000, immutable';

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** A version of the service with these static files. */
function version(files: Record<string, string>): { assets: Assets; app: express.Express } {
  const folder = mkdtempSync(join(tmpdir(), 'counter-assets-'));
  folders.push(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  const assets = loadAssets([[folder, Object.keys(files).filter((name) => !/secret/.test(name))]]);
  const app = express();
  app.get('/assets/:file', assets.serve);
  return { assets, app };
}

test('every static file of the page has an address with its hash, a type, and may be kept for a year', async () => {
  const assets = loadAssets([[import.meta.dirname, ['icon.svg', 'page.js', 'style.css']]]);
  const app = express().get('/assets/:file', assets.serve);
  for (const [name, type] of [
    ['style.css', 'text/css; charset=utf-8'],
    ['page.js', 'text/javascript; charset=utf-8'],
    ['icon.svg', 'image/svg+xml; charset=utf-8'],
  ] as const) {
    const url = assets.url(name);
    assert.match(url, /^\/assets\/\w+\.[0-9a-f]{16}\.\w+$/);
    const answer = await request(app).get(url).expect(200).expect('Cache-Control', IMMUTABLE).buffer(true);
    assert.equal(answer.headers['content-type'], type);
  }
  assert.throws(() => assets.url('page.ts'), { message: 'There is no asset named page.ts.' });
});

test('the same content has the same address everywhere, and other content another one', () => {
  const [a, b, c] = [version({ 'style.css': 'a {}' }), version({ 'style.css': 'a {}' }), version({ 'style.css': '' })];
  assert.equal(a.assets.url('style.css'), b.assets.url('style.css'));
  assert.notEqual(a.assets.url('style.css'), c.assets.url('style.css'));
});

test('while two versions are served, none is ever kept under the address of the other', async () => {
  const [a, b] = [version({ 'style.css': 'a {}' }), version({ 'style.css': 'b {}' })];
  await request(a.app).get(a.assets.url('style.css')).expect(200, 'a {}').expect('Cache-Control', IMMUTABLE);
  await request(b.app).get(a.assets.url('style.css')).expect(200, 'b {}').expect('Cache-Control', 'no-store');
  await request(b.app).get(b.assets.url('style.css')).expect(200, 'b {}').expect('Cache-Control', IMMUTABLE);
});

test('HEAD says what GET would', async () => {
  const { assets, app } = version({ 'style.css': 'a {}' });
  await request(app).head(assets.url('style.css')).expect(200).expect('Content-Length', '4');
});

test('a file that should be there and is not is told at the start', () => {
  assert.throws(() => loadAssets([[import.meta.dirname, ['icon.svg', 'gone.css']]]), /ENOENT.*gone\.css/);
});

test('what is not an asset is not answered, and nothing but an asset is read', async () => {
  const { app } = version({ 'style.css': 'a {}', 'secret.ts': 'no' });
  for (const file of [
    'style.css',
    'style.0123456789abcde.css',
    'style.0123456789ABCDEF.css',
    'style.0123456789abcdef.js',
    'other.0123456789abcdef.css',
    'secret.0123456789abcdef.ts',
    '..%2fsecret.0123456789abcdef.ts',
    '__proto__.0123456789abcdef.css',
  ]) {
    const { status } = await request(app).get(`/assets/${file}`);
    assert.equal(status, 404, file);
  }
});
