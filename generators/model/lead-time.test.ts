import assert from 'node:assert/strict';
import { test } from 'node:test';
import { broughtAt } from './lead-time.ts';

test('commits of merged branches stand where their merge does, however the branches cross', () => {
  // m3 merges y, which merged x, which m2 had merged already; z left main before m1.
  const graph = [
    { sha: 'm3', parents: ['m2', 'y'] },
    { sha: 'y', parents: ['y0', 'x'] },
    { sha: 'y0', parents: ['m1'] },
    { sha: 'm2', parents: ['m1', 'x'] },
    { sha: 'x', parents: ['z'] },
    { sha: 'z', parents: ['m0'] },
    { sha: 'm1', parents: ['m0'] },
  ];
  const places = new Map(['m0', 'm1', 'm2', 'm3'].map((sha, place) => [sha, place]));
  assert.deepEqual(Object.fromEntries(broughtAt(places, graph)), { m1: 1, m2: 2, x: 2, z: 2, m3: 3, y: 3, y0: 3 });
});
