import assert from 'node:assert/strict';
import type { Cluster, Identity } from './cluster.fixture.ts';
import { claimsOf, isApplication, podOf, type Rendered } from './parts.fixture.ts';

/**
 * What stands on a server beside what is applied, where no controllers make it: the first pod of each workload with its
 * claims, and Applications in the middle of a sync. Runbooks ask for it.
 */
export const standIns = (objects: readonly Rendered[]): Identity[] =>
  objects.flatMap((one) => (isApplication(one) ? applicationOf(one) : workloadOf(one)));

const operation = { sync: { revision: 'a'.repeat(40) }, initiatedBy: { automated: true } };
const operationState = { operation, phase: 'Running', startedAt: '2026-11-22T03:00:00Z', message: 'waiting' };

function applicationOf({ manifest }: Rendered): Identity {
  // Nobody would end its deletion.
  const { finalizers: _, ...metadata } = manifest.metadata;
  return { ...manifest, metadata, operation, status: { operationState } };
}

function workloadOf({ manifest }: Rendered): Identity[] {
  const pod = podOf(manifest);
  const { name, namespace } = manifest.metadata;
  if (!pod || namespace === undefined) return [];
  const { generateName: _, ...metadata } = pod.metadata;
  const claims = claimsOf(manifest).map(
    (claim): Identity => ({
      ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', spec: claim.spec },
      metadata: { name: claim.name, namespace },
    }),
  );
  return [{ ...pod, metadata: { ...metadata, name: `${name}-0` } }, ...claims];
}

/** Makes what is missing of them: what one page deletes, the next one asks for. What a page makes is taken away. */
export async function stage(cluster: Cluster, made: readonly Identity[]): Promise<void> {
  for (const one of made) {
    if ((await cluster.read(one)).status !== 404) continue;
    await cluster.replace(one);
    if (one.kind === 'PersistentVolumeClaim') await bind(cluster, one.metadata);
  }
  await cluster.kubectl(withoutJob);
}

/** Takes all of it away. */
export async function leave(cluster: Cluster, made: readonly Identity[]): Promise<void> {
  await cluster.kubectl(withoutJob);
  for (const one of made) await cluster.remove(one);
}

/** Pages make it. Without controllers, what the API itself deletes is not gone. */
const withoutJob = ['-n', 'production', 'delete', 'job', 'redis-backup-by-hand', '--ignore-not-found'];

/** Only a claim that has its volume may grow. */
async function bind(cluster: Cluster, { namespace, name }: Identity['metadata']): Promise<void> {
  const { status, message } = await cluster.ask(
    `/api/v1/namespaces/${namespace}/persistentvolumeclaims/${name}/status`,
    { method: 'PATCH', type: 'application/merge-patch+json', body: { status: { phase: 'Bound' } } },
  );
  assert.equal(status, 200, message);
}
