import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Excuse } from '../model/app.ts';
import type { Manifest } from '../model/manifest.ts';
import { excuse, excusedAnnotation, expired, marked, unknownPolicies } from './excuse.ts';
import { changed, good, production } from './good.fixture.ts';
import { judge } from './judge.ts';
import { container, volume } from './policy.ts';

const hostPath: Excuse = {
  policy: 'host-path',
  reason: 'It reads the logs of its node.',
  owner: 'team-platform',
  until: '2027-03-31',
};
const found = judge(
  changed(good, [
    ...volume({ emptyDir: undefined, hostPath: { path: '/var/log' } }),
    ...container({ 'securityContext.privileged': true }),
  ]),
  production,
).filter(({ severity }) => severity === 'error');

test('an excuse lets its own policy through and no other', () => {
  const { refused, excused, stale } = excuse(found, [hostPath]);
  assert.deepEqual(
    refused.map(({ policy }) => policy),
    ['privileged'],
  );
  assert.deepEqual(
    excused.map(({ violation, excuse: by }) => [violation.object, by.reason]),
    [['Deployment/web', hostPath.reason]],
  );
  assert.deepEqual(stale, []);
});

test('what is excused is written on the object and on all that is made of it', () => {
  const part = changed(good, volume({ emptyDir: undefined, hostPath: { path: '/var/log' } })) as Manifest[];
  const judged = excuse(judge(part, production), [hostPath]);
  const said = (manifest: unknown): unknown[] => {
    if (typeof manifest !== 'object' || manifest === null) return [];
    const own = (manifest as { annotations?: Record<string, unknown> }).annotations?.[excusedAnnotation];
    return [...(own === undefined ? [] : [own]), ...Object.values(manifest).flatMap(said)];
  };
  const found = marked(part, judged).map(
    (manifest) => [`${manifest.kind}/${manifest.metadata.name}`, said(manifest)] as const,
  );
  const breaking = new Set(judged.excused.map(({ violation }) => violation.object));
  assert.ok(breaking.has('Deployment/web'));
  for (const [id, ids] of found) {
    const places = id.startsWith('CronJob/') ? 3 : 2;
    assert.deepEqual(ids, breaking.has(id) ? Array(places).fill('host-path') : [], id);
  }
  assert.deepEqual(marked(part, { excused: [] }), part);
});

test('an excuse for one object does not excuse another', () => {
  const other = { ...hostPath, object: 'DaemonSet/agent' };
  const { refused, stale } = excuse(found, [other]);
  assert.ok(refused.some(({ policy }) => policy === 'host-path'));
  assert.deepEqual(stale, [other]);
});

test('an excuse that nothing needs is stale', () => {
  const needless = { ...hostPath, policy: 'host-network' };
  assert.deepEqual(excuse(found, [hostPath, needless]).stale, [needless]);
});

test('an excuse holds through its last day; a render never asks', () => {
  assert.deepEqual(expired([hostPath], '2027-03-31'), []);
  assert.deepEqual(expired([hostPath], '2027-04-01'), [hostPath]);
  assert.equal(excuse(found, [{ ...hostPath, until: '2001-01-01' }]).excused.length, 1);
});

test('an excuse for what is no policy is told with the nearest one', () => {
  assert.deepEqual(
    unknownPolicies([hostPath, { ...hostPath, policy: 'hostpath' }, { ...hostPath, policy: 'nonsense' }]),
    [
      { path: ['excuses', 1, 'policy'], says: 'is "hostpath", which is no policy; did you mean host-path?' },
      { path: ['excuses', 2, 'policy'], says: 'is "nonsense", which is no policy' },
    ],
  );
});
