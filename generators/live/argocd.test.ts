import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { argocd } from './argocd.ts';

/** What Argo CD 3.5 answers, without what nobody reads. */
const answered = {
  metadata: { resourceVersion: '4711' },
  items: [
    {
      metadata: { name: 'counter', namespace: 'argocd-dev' },
      status: {
        sync: { status: 'Synced', revision: 'c'.repeat(40) },
        health: { status: 'Healthy', lastTransitionTime: '2026-11-20T10:01:00Z' },
        history: [
          { id: 0, revision: 'a'.repeat(40), deployedAt: '2026-11-20T09:00:00Z', initiatedBy: { automated: true } },
          { id: 1, revision: 'b'.repeat(40), deployedAt: '2026-11-20T10:00:30Z', initiatedBy: { automated: true } },
        ],
      },
    },
    { metadata: { name: 'redis', namespace: 'argocd-dev' } },
  ],
};

test('what Argo CD says of an environment: what it compared, what it synced and when, and where to see it', async (t) => {
  const asked: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url, request.headers.authorization);
    response.end(JSON.stringify(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const found = await argocd({ server: address, token: 's3cret' })('dev');
  assert.deepEqual(asked, ['/api/v1/applications?projects=dev&appNamespace=argocd-dev', 'Bearer s3cret']);
  assert.deepEqual(found, [
    {
      app: 'counter',
      sync: 'Synced',
      revision: 'c'.repeat(40),
      health: 'Healthy',
      message: undefined,
      since: Date.parse('2026-11-20T10:01:00Z'),
      deployed: [
        { revision: 'a'.repeat(40), time: Date.parse('2026-11-20T09:00:00Z') },
        { revision: 'b'.repeat(40), time: Date.parse('2026-11-20T10:00:30Z') },
      ],
      url: `${address}/applications/argocd-dev/counter`,
    },
    {
      app: 'redis',
      sync: 'Unknown',
      revision: undefined,
      health: 'Unknown',
      message: undefined,
      since: undefined,
      deployed: [],
      url: `${address}/applications/argocd-dev/redis`,
    },
  ]);
});
