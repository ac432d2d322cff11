import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { clusters, environments } from '../../clusters/environments.ts';
import { Cluster, type Definition, podMaker, skip } from '../cluster.fixture.ts';
import { paramsOf } from '../commands/bootstrap-sources.ts';
import { until } from '../control-plane.fixture.ts';
import { isHighlyAvailable } from '../model/environment.ts';
import { formatManifest, type Manifest } from '../model/manifest.ts';
import { isApplication, objectsOf, partsOfAll, podOf, type Rendered } from '../parts.fixture.ts';
import { fieldsOf } from '../policies/json.ts';
import { definitions } from '../schemas/crd.fixture.ts';
import { installation } from './argo-cd.ts';
import { apply, compare, established, type Phases, phasesOf } from './objects.ts';

const { SLIPWAY_ARGOCD: folder } = process.env;
const withoutRelease = folder
  ? false
  : "set SLIPWAY_ARGOCD to a folder with the manifests of Argo CD's release, as in its source";

const all = await partsOfAll();

describe('what bootstrap applies', { skip }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.open();
    // The CRDs of a release are other ones than those that stand in for them.
    if (folder) for (const one of definitions.filter(({ spec }) => spec.group === 'argoproj.io')) await vacate(one);
    else await cluster.define(definitions);
  });
  after(() => cluster?.close());

  /** Takes away what an earlier test made known in the place of a real CRD, which says whose part it is. */
  async function vacate(definition: Definition): Promise<void> {
    const { status, body } = await cluster.read(definition);
    if (status === 404 || (body.metadata as { labels?: object }).labels) return;
    await cluster.remove(definition);
    const gone = async () => (await cluster.read(definition)).status === 404;
    await until(gone, `${definition.metadata.name} does not go`);
  }

  for (const { name, profile } of clusters) {
    describe(`on ${name}`, () => {
      const here = environments.filter((one) => one.cluster === name);
      const platform = here.find(({ scope }) => scope === 'cluster');
      const part = all.find(({ environment, app }) => app === 'argocd' && environment === platform?.name);
      assert.ok(platform && part);
      const branch = objectsOf(part).filter((one) => !isApplication(one));
      const manifests = branch.map(({ manifest }) => manifest);
      const ha = isHighlyAvailable({ profile }, platform);
      const installed = installationOf(manifests, ha);
      const phases = phasesOf(installed, manifests, part.app);
      const order = [[...phases.namespaces, ...phases.crds], phases.configuration, phases.workloads, [phases.platform]];

      before(async () => {
        // What Argo CD left of the other cluster's part would stay beside what bootstrap applies.
        for (const manifest of manifests) if (manifest.kind !== 'Namespace') await cluster.remove(manifest);
      });

      test('is taken in the order in which bootstrap goes', async (t) => {
        for (const [index, objects] of order.entries()) {
          if (objects.length === 0) continue;
          const { argv, stdin } = apply([], textOf(objects));
          const { code, says } = await cluster.kubectl(argv.slice(1), stdin);
          assert.deepEqual([code, says], [0, '']);
          if (index === 0) await served(cluster, phases);
        }
        const kind = ha ? 'with several of everything' : 'with one of everything';
        t.diagnostic(`${order.flat().length} objects, ${installed.length} of them of the release ${kind}`);
      });

      /** Differences between the cluster and what bootstrap would apply, as kubectl prints them. */
      const differences = async () => {
        const said: string[] = [];
        for (const objects of order.filter(({ length }) => length > 0)) {
          const { argv, stdin } = compare([], textOf(objects));
          const { code, out, says } = await cluster.kubectl(argv.slice(1), stdin);
          if (code !== 0) said.push(`${out}${says}`);
        }
        return said;
      };

      test('and is there then', async () => {
        assert.deepEqual(await differences(), []);
      });

      test('Argo CD then applies the part as its own, and nothing of it becomes other', async (t) => {
        let same = 0;
        for (const { at, manifest } of branch) {
          const before = await cluster.read(manifest);
          const { message, warnings } = await cluster.apply(manifest, tracked(manifest));
          assert.deepEqual([message, ...warnings], [''], at);
          // The other roots are brought by the one that bootstrap applies.
          if (before.status === 404 && manifest.kind === 'Application') continue;
          assert.deepEqual(plain((await cluster.read(manifest)).body), plain(before.body), at);
          same++;
        }
        assert.ok(same > 20);
        t.diagnostic(`${same} objects of the part are the same, ${branch.length - same} are new`);
      });

      test('and neither has anything to change when it comes again', async () => {
        assert.deepEqual(await differences(), []);
        const all = order.flat() as Rendered['manifest'][];
        const versions = () => Promise.all(all.map((one) => cluster.version(one)));
        // A controller may write in between: whatever was left as it is once, rests.
        let restless = all.map((_, index) => index);
        for (let left = 5; left > 0 && restless.length > 0; left--) {
          const before = await versions();
          for (const objects of order.filter(({ length }) => length > 0)) {
            const { argv, stdin } = apply([], textOf(objects));
            await cluster.kubectl(argv.slice(1), stdin);
          }
          const after = await versions();
          restless = restless.filter((index) => before[index] === undefined || before[index] !== after[index]);
        }
        assert.deepEqual(
          restless.map((index) => `${all[index]?.kind}/${all[index]?.metadata.name}`),
          [],
        );
        for (const { at, manifest } of branch)
          assert.ok(await cluster.rests(manifest, () => cluster.apply(manifest, tracked(manifest))), at);
      });

      test('its pods are let in where the restricted standard is enforced', { skip: withoutRelease }, async (t) => {
        const namespace = await cluster.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'argocd' } });
        const { labels } = namespace.body.metadata as { labels: Readonly<Record<string, string>> };
        assert.equal(labels['pod-security.kubernetes.io/enforce'], 'restricted');
        const pods = phases.workloads.flatMap((one) => podOf(one as Rendered['manifest']) ?? []);
        for (const pod of pods) {
          const { message, warnings } = await cluster.create(pod, { dry: true, as: podMaker });
          assert.deepEqual([message, ...warnings], [''], pod.metadata.generateName);
          const hosted = { ...pod, spec: { ...pod.spec, hostPID: true } };
          assert.match((await cluster.create(hosted, { dry: true })).message, /violates PodSecurity "restricted/);
        }
        assert.ok(pods.length >= 4);
        t.diagnostic(`${pods.length} pods`);
      });
    });
  }
});

/** Those of the real release, where it is at hand. */
function installationOf(part: readonly Manifest[], ha: boolean): Manifest[] {
  if (!folder) return [];
  const text = readFileSync(join(folder, ha ? 'ha/install.yaml' : 'install.yaml'), 'utf8');
  return installation(text, { ha, params: paramsOf(part) });
}

const textOf = (manifests: readonly Manifest[]) => manifests.map(formatManifest).join('---\n');

/** As bootstrap, which asks again: kubectl does not wait for what has no condition yet. */
async function served(cluster: Cluster, { crds }: Phases): Promise<void> {
  if (crds.length === 0) return;
  const { argv } = established([], crds);
  await until(async () => (await cluster.kubectl(argv.slice(1))).code === 0, 'the CRDs are not established');
}

/**
 * Argo CD marks what it syncs, and bootstrap does not: neither takes that from the other.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
 */
const trackingId = 'argocd.argoproj.io/tracking-id';
const tracked = (manifest: Manifest) =>
  formatManifest({
    ...manifest,
    metadata: {
      ...manifest.metadata,
      annotations: {
        ...fieldsOf(manifest.metadata.annotations),
        [trackingId]: `platform_argocd:${manifest.metadata.name}`,
      },
    },
  });

/** An object without what says who wrote it when, and what became of it. */
function plain({ status, ...body }: Readonly<Record<string, unknown>>): object {
  const { managedFields, resourceVersion, generation, ...metadata } = body.metadata as Record<string, unknown>;
  const { [trackingId]: mark, ...annotations } = (metadata.annotations ?? {}) as Record<string, unknown>;
  return { ...body, metadata: { ...metadata, annotations } };
}
