import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isForeign, type Place } from './kinds.ts';

const platform: Place = { name: 'platform-c', scope: 'cluster', app: 'shop' };
const argocd: Place = { ...platform, app: 'argocd' };
const object = (kind: string, namespace?: string, apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: { name: 'a', ...(namespace === undefined ? {} : { namespace }) },
});
const argo = (kind: string, namespace?: string) => object(kind, namespace, 'argoproj.io/v1alpha1');

test('where Argo CD takes its orders from, one app of scope cluster alone puts anything', () => {
  const table: [file: string, manifest: object, place: Place, why: RegExp | undefined][] = [
    ['a.yaml', object('ConfigMap', 'agents'), platform, undefined],
    ['a.yaml', object('Namespace'), platform, undefined],
    ['a.yaml', object('ConfigMap', 'argocd'), platform, /only the app argocd puts anything there/],
    ['a.yaml', object('Role', 'argocd-dev'), platform, /only the app argocd puts anything there/],
    ['a.yaml', object('ConfigMap', 'argocdx'), platform, undefined],
    ['a.yaml', argo('AppProject', 'argocd'), platform, /is a AppProject of Argo CD/],
    ['a.yaml', object('ConfigMap', 'argocd'), argocd, undefined],
    ['a.yaml', object('Role', 'argocd-dev'), argocd, undefined],
    ['a.yaml', argo('AppProject', 'argocd'), argocd, undefined],
    ['a.yaml', argo('Application', 'argocd'), argocd, undefined],
    // What is made there is for the environment's own branch.
    ['a.yaml', argo('Application', 'argocd-dev'), argocd, /must be in argocd$/],
    ['a.yaml', argo('ApplicationSet', 'argocd'), argocd, /is a ApplicationSet of Argo CD/],
    ['a.yaml', argo('AppProject'), argocd, /must be in argocd$/],
    ['application.yaml', argo('Application', 'argocd-platform-c'), argocd, undefined],
    ['application.yaml', argo('Application', 'argocd'), argocd, /must be in argocd-platform-c/],
    ['application.yaml', argo('AppProject', 'argocd'), argocd, /is a AppProject of Argo CD/],
    // Its name means nothing on an environment's branch.
    ['a.yaml', argo('AppProject', 'argocd'), { name: 'dev', app: 'argocd' }, /is a AppProject of Argo CD/],
    ['a.yaml', object('ConfigMap', 'argocd'), { name: 'dev', app: 'argocd' }, /it must be in dev/],
    ['a.yaml', object('NodePool', 'dev', 'karpenter.sh/v1'), { name: 'dev' }, /belongs to a cluster/],
  ];
  for (const [file, manifest, place, why] of table) {
    const said = isForeign(file, manifest, place);
    const at = `${file} ${JSON.stringify(manifest)} of ${place.app} in ${place.name}`;
    if (why) assert.match(said ?? 'nothing', why, at);
    else assert.equal(said, undefined, at);
  }
});
