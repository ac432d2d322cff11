import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer, Kubernetes } from '../live/kubernetes.ts';
import type { Manifest } from '../model/manifest.ts';
import { isMapping } from '../model/mapping.ts';
import { appliedIn } from '../model/pause.ts';
import { annotationsOf } from '../model/sync-order.ts';
import { type ApplyRequest, apply, type Emergency, goOn } from './apply.ts';
import { type Clone, cloneOf, migrationOf, objectsOf } from './apply-clone.fixture.ts';
import { argoCd } from './apply-objects.ts';

/** An API server with namespaces of the test's own, where Argo CD's account may do everything. */
export interface Place {
  readonly kubernetes: Kubernetes;
  /** A new environment: its namespace and the one of its Applications are there. */
  environment(): Promise<string>;
}

export interface Standing {
  readonly clone: Clone;
  readonly emergency: Emergency;
  readonly lines: string[];
  request(from: string, more?: Partial<ApplyRequest>): ApplyRequest;
  /** An object of the app; undefined when it is not there. */
  read(kind: keyof typeof paths, name?: string): Promise<Answer['body'] | undefined>;
  /** Applies what a branch says, as Argo CD does. */
  sync(manifests: readonly Manifest[]): Promise<void>;
}

const paths = {
  Deployment: 'apis/apps/v1 deployments',
  ConfigMap: 'api/v1 configmaps',
  Service: 'api/v1 services',
  ServiceAccount: 'api/v1 serviceaccounts',
  Job: 'apis/batch/v1 jobs',
  Application: 'apis/argoproj.io/v1alpha1 applications',
} as const;

const pathOf = (kind: keyof typeof paths, namespace: string, name: string) => {
  const [group, plural] = paths[kind].split(' ');
  return `/${group}/namespaces/${namespace}/${plural}/${name}`;
};

export async function standing(t: { after(end: () => unknown): void }, place: Place): Promise<Standing> {
  const { kubernetes } = place;
  const environment = await place.environment();
  const clone = await cloneOf(t, environment);
  const lines: string[] = [];
  const namespaceOf = (kind: string) => (kind === 'Application' ? `argocd-${environment}` : environment);
  return {
    clone,
    lines,
    emergency: { clone: clone.git, kubernetes, now: () => Date.UTC(2026, 10, 22, 3), say: (line) => lines.push(line) },
    request: (from, more = {}) => ({ environment, app: clone.app, from, ...more }),
    async read(kind, name = clone.app) {
      const { status, body } = await kubernetes.ask(pathOf(kind, namespaceOf(kind), name));
      return status === 200 ? body : undefined;
    },
    async sync(manifests) {
      for (const manifest of manifests) {
        const { kind, apiVersion, metadata } = manifest;
        const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : [];
        const id = `argocd-${environment}_${clone.app}:${group}/${kind}:${environment}/${metadata.name}`;
        const annotations = { ...annotationsOf(manifest), 'argocd.argoproj.io/tracking-id': id };
        const { status, message } = await kubernetes.ask(
          pathOf(kind as keyof typeof paths, namespaceOf(kind), metadata.name),
          {
            method: 'PATCH',
            type: 'application/apply-patch+yaml',
            query: { fieldManager: 'argocd-controller', force: 'true' },
            body: kind === 'Application' ? manifest : { ...manifest, metadata: { ...metadata, annotations } },
            as: argoCd,
          },
        );
        assert.ok(status < 300, `${kind}: ${message}`);
      }
    },
  };
}

const metadataOf = (object: Answer['body'] | undefined) => (isMapping(object?.metadata) ? object.metadata : {});
export const versionOf = (object: Answer['body'] | undefined) => metadataOf(object).resourceVersion;
export const annotationsIn = (object: Answer['body'] | undefined) =>
  annotationsOf(object as Pick<Manifest, 'metadata'>);
const outcomes = (objects: readonly { readonly object: string; readonly outcome: string }[]) =>
  Object.fromEntries(objects.map(({ object, outcome }) => [object, outcome]));
const all = (outcome: string) => ({
  'ServiceAccount/shop': outcome,
  'ConfigMap/shop': outcome,
  'Service/shop': outcome,
  'Deployment/shop': outcome,
});

/** What holds of every API server, be it played or real. @param open once the tests run */
export function contract(open: () => Place): void {
  test('an older part is put back by hand, Argo CD leaves it alone, and owns its fields afterwards', async (t) => {
    const { clone, emergency, request, read, sync, lines } = await standing(t, open());
    const { environment, publish, application } = clone;
    const older = await publish(objectsOf(environment, '1', { only: true }));
    const newer = await publish(objectsOf(environment, '2'));
    await sync([application, ...objectsOf(environment, '2')]);
    const before = await read('ConfigMap');

    const dry = await apply(emergency, request(older.taken, { dryRun: true }));
    const changes = { ...all('unchanged'), 'ConfigMap/shop': 'changed', 'Deployment/shop': 'changed' };
    assert.deepEqual(outcomes(dry.objects), changes);
    assert.deepEqual([dry.begun, dry.application], [false, 'running']);
    assert.deepEqual(await read('ConfigMap'), before);
    assert.deepEqual(lines, []);

    const result = await apply(emergency, request(older.taken, { reason: '5xx, and GitLab is down' }));
    assert.deepEqual(outcomes(result.objects), changes);
    assert.deepEqual([result.begun, result.application, result.part], [true, 'paused', older.part]);
    assert.match(result.wayBack.join('\n'), /git revert/);
    const map = await read('ConfigMap');
    assert.deepEqual(map?.data, { value: '1', text: 'a\n  b: 1\n', only: 'here' });
    assert.equal(
      annotationsIn(map)['argocd.argoproj.io/tracking-id'],
      `argocd-${environment}_shop:/ConfigMap:${environment}/shop`,
    );
    const annotations = annotationsIn(await read('Application'));
    assert.equal(annotations['argocd.argoproj.io/skip-reconcile'], 'true');
    const applied = appliedIn(annotations);
    assert.ok(applied?.by);
    assert.deepEqual(applied, {
      ...{ by: applied.by, at: '2026-11-22T03:00:00.000Z', from: older.taken, part: older.part },
      reason: '5xx, and GitLab is down',
    });

    const versions = async () => [versionOf(await read('ConfigMap')), versionOf(await read('ServiceAccount'))];
    const once = await versions();
    const twice = await apply(emergency, request(older.rendered, { reason: '5xx, and GitLab is down' }));
    assert.deepEqual(outcomes(twice.objects), all('unchanged'));
    assert.deepEqual(await versions(), once);

    await sync(objectsOf(environment, '2'));
    assert.deepEqual((await read('ConfigMap'))?.data, { value: '2', text: 'a\n  b: 2\n' });
    assert.doesNotMatch(JSON.stringify(((await read('Deployment')) as Manifest).spec), /ONLY/);
    assert.notEqual(newer.part, older.part);
  });

  test('Argo CD goes on when the branch has what was applied, and by force when it has not', async (t) => {
    const { clone, emergency, request, read, sync } = await standing(t, open());
    const { environment, publish, application, app } = clone;
    const older = await publish(objectsOf(environment, '1'));
    const newer = await publish(objectsOf(environment, '2'));
    await sync([application, ...objectsOf(environment, '2')]);
    assert.equal((await goOn(emergency, { environment, app })).outcome, 'unchanged');

    await apply(emergency, request(older.dry));
    await assert.rejects(goOn(emergency, { environment, app }), {
      message: new RegExp(
        `part ${older.part.slice(0, 12)} was applied, and env/${environment} at ${newer.taken.slice(0, 12)} .*has part ${newer.part.slice(0, 12)}.* --yes`,
      ),
    });
    assert.equal((await goOn(emergency, { environment, app, yes: true, dryRun: true })).outcome, 'resumed');
    assert.equal(annotationsIn(await read('Application'))['argocd.argoproj.io/skip-reconcile'], 'true');

    await clone.revert(older.taken);
    assert.equal((await goOn(emergency, { environment, app })).outcome, 'resumed');
    const { 'argocd.argoproj.io/refresh': refresh, ...others } = annotationsIn(await read('Application'));
    assert.equal(refresh, 'hard');
    assert.deepEqual(
      Object.keys(others).filter((name) => /skip-reconcile|slipway/.test(name)),
      [],
    );
    assert.equal((await goOn(emergency, { environment, app })).outcome, 'unchanged');

    const again = await apply(emergency, request(newer.taken));
    assert.equal(again.application, 'paused');
    assert.equal((await goOn(emergency, { environment, app, yes: true })).outcome, 'resumed');
  });

  test('where there is no Argo CD, everything is made from the part, and nothing is paused', async (t) => {
    const { clone, emergency, request, read, lines } = await standing(t, open());
    const { environment, publish, app } = clone;
    const { taken, part } = await publish(objectsOf(environment, '1'));
    const result = await apply(emergency, request(taken));
    assert.deepEqual(outcomes(result.objects), all('created'));
    assert.deepEqual([result.application, result.part, result.begun], ['absent', part, true]);
    assert.match(lines.join('\n'), /nothing is paused/);
    assert.doesNotMatch(result.wayBack.join('\n'), /--resume/);
    assert.deepEqual((await read('ConfigMap'))?.data, { value: '1', text: 'a\n  b: 1\n' });
    // A lost cluster and the branch, twice: the same objects.
    assert.deepEqual(outcomes((await apply(emergency, request(taken))).objects), all('unchanged'));
    await assert.rejects(goOn(emergency, { environment, app }), { message: /there is nothing to resume/ });
  });

  test('one object that the server refuses keeps all of the part away, and Argo CD goes on', async (t) => {
    const { clone, emergency, request, read, sync } = await standing(t, open());
    const { environment, publish, application } = clone;
    await publish(objectsOf(environment, '1'));
    await sync([application, ...objectsOf(environment, '1')]);
    const wrong = objectsOf(environment, '2').map((one) =>
      one.kind === 'Service' ? { ...one, spec: { ...(one.spec as object), unknownField: 1 } } : one,
    );
    const { taken } = await publish(wrong);
    const result = await apply(emergency, request(taken));
    assert.deepEqual([result.begun, result.application], [false, 'running']);
    const service = result.objects.find(({ object }) => object === 'Service/shop');
    assert.equal(service?.outcome, 'refused');
    assert.match(service?.says ?? '', /unknownField/);
    assert.deepEqual((await read('ConfigMap'))?.data, { value: '1', text: 'a\n  b: 1\n' });
    assert.equal(annotationsIn(await read('Application'))['argocd.argoproj.io/skip-reconcile'], undefined);
  });

  test('what belongs to another Application is not taken from it', async (t) => {
    const { clone, emergency, request, read, sync } = await standing(t, open());
    const { environment, publish } = clone;
    const { taken } = await publish(objectsOf(environment, '2'));
    const [, map] = objectsOf(environment, '1') as [Manifest, Manifest];
    await sync([map]);
    const path = pathOf('ConfigMap', environment, 'shop');
    const body = {
      metadata: { annotations: { 'argocd.argoproj.io/tracking-id': `argocd-${environment}_other:/ConfigMap:x/shop` } },
    };
    const patch = { method: 'PATCH', type: 'application/merge-patch+json', body } as const;
    assert.equal((await emergency.kubernetes.ask(path, patch)).status, 200);
    const result = await apply(emergency, request(taken));
    assert.match(JSON.stringify(result.objects), /belongs to another Application, argocd-[a-z0-9-]+_other/);
    assert.equal(result.begun, false);
    assert.deepEqual((await read('ConfigMap'))?.data, { value: '1', text: 'a\n  b: 1\n' });
    assert.equal(await read('Service'), undefined);
  });

  test('hooks are not run, and what is not in the part stays and is named', async (t) => {
    const { clone, emergency, request, read, sync } = await standing(t, open());
    const { environment, publish } = clone;
    const { taken } = await publish([...objectsOf(environment, '2'), migrationOf(environment)]);
    const [, map] = objectsOf(environment, '1') as [Manifest, Manifest];
    await sync([{ ...map, metadata: { ...map.metadata, name: 'shop-old' } }]);
    const result = await apply(emergency, request(taken));
    assert.deepEqual(result.hooks, ['Job/shop-migrate-2']);
    assert.equal(await read('Job', 'shop-migrate-2'), undefined);
    assert.deepEqual(result.left, ['ConfigMap/shop-old']);
    assert.ok(await read('ConfigMap', 'shop-old'));
  });
}
