import assert from 'node:assert/strict';
import { test } from 'node:test';
import { announcements, branchPage, type Reach, reachOf, type StandingPart } from './announcement.ts';
import type { Live } from './gate.ts';

const standing = (app: string, place: number, version: string, reach: Reach = 'success'): StandingPart => ({
  app,
  place,
  reach,
  metadata: { repoURL: '', commands: [], drySha: `${place}`.repeat(40), version },
});

test('each commit of which something stands there is told once, with its parts', () => {
  const found = announcements('staging', [
    standing('redis', 1, '8.2'),
    standing('counter', 2, '1.0.4'),
    standing('agent', 1, '3'),
  ]);
  assert.deepEqual(found, [
    {
      environment: 'staging',
      commit: '2'.repeat(40),
      state: 'success',
      description: 'deployed to staging: counter 1.0.4',
      newest: true,
    },
    {
      environment: 'staging',
      commit: '1'.repeat(40),
      state: 'success',
      description: 'deployed to staging: agent 3, redis 8.2',
      newest: false,
    },
  ]);
});

test('the worst of its parts is said, and what was taken out is not', () => {
  const table: [Reach[], Reach, string][] = [
    [['success', 'pending'], 'pending', 'on its way to x: 0 v, 1 v'],
    [['pending', 'failed', 'success'], 'failed', 'Degraded in x: 0 v, 1 v, 2 v'],
  ];
  for (const [reaches, state, description] of table) {
    const parts = reaches.map((reach, index) => standing(String(index), 1, 'v', reach));
    const removed = standing('gone', 2, 'v', 'failed');
    const [said, ...more] = announcements('x', [
      ...parts,
      { ...removed, metadata: { ...removed.metadata, removed: true } },
    ]);
    assert.deepEqual([said?.state, said?.description, said?.newest, more], [state, description, true, []]);
  }
  assert.deepEqual(announcements('x', []), []);
});

test('a part is live where Argo CD compared a revision that holds it', () => {
  const live: Live = { app: 'a', sync: 'Synced', health: 'Healthy', revision: 'r' };
  const table: [Partial<Live> | undefined, string | undefined, Reach][] = [
    [{}, 'part', 'success'],
    [{}, 'another', 'pending'],
    [{}, undefined, 'pending'],
    [undefined, undefined, 'pending'],
    [{ health: 'Degraded' }, 'part', 'failed'],
    [{ health: 'Degraded' }, 'another', 'pending'],
    [{ health: 'Progressing' }, 'part', 'pending'],
    [{ sync: 'OutOfSync' }, 'part', 'pending'],
  ];
  for (const [given, partAtRevision, reach] of table) {
    assert.equal(reachOf('part', given && { ...live, ...given }, partAtRevision), reach, JSON.stringify(given));
  }
});

test('the page of an environment branch', () => {
  const table: [string, string | undefined][] = [
    ['https://gitlab.example.com/group/sub/slipway.git', 'https://gitlab.example.com/group/sub/slipway/-/tree/env/dev'],
    ['https://oauth2:secret@gitlab.example.com/g/s.git/', 'https://gitlab.example.com/g/s/-/tree/env/dev'],
    ['https://github.com/group/slipway', 'https://github.com/group/slipway/tree/env/dev'],
    ['git@gitlab.example.com:group/slipway.git', undefined],
    ['/srv/git/slipway.git', undefined],
  ];
  for (const [repository, page] of table) assert.equal(branchPage(repository, 'dev'), page);
});
