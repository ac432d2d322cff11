import type { Manifest } from './manifest.ts';

/** Where each kind of workload has its pod: https://kubernetes.io/docs/concepts/workloads/ */
const pods: Readonly<Record<string, readonly string[]>> = {
  Pod: ['spec'],
  CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  ...Object.fromEntries(
    ['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'ReplicationController', 'Job'].map((kind) => [
      kind,
      ['spec', 'template', 'spec'],
    ]),
  ),
};

/** The images that an object runs, by container. */
export function imagesIn(manifest: Manifest): [container: string, image: string][] {
  const path = pods[manifest.kind];
  const pod = path?.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], manifest);
  const { initContainers, containers } = (pod ?? {}) as Record<string, unknown>;
  const all = [initContainers, containers].flatMap((list) => (Array.isArray(list) ? list : []));
  return all.flatMap(({ name, image }) =>
    typeof name === 'string' && typeof image === 'string' ? [[name, image]] : [],
  );
}
