import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clusters, environments } from '../clusters/environments.ts';
import { Cluster, podMaker, skip } from './cluster.fixture.ts';
import { commandsOf, readPages } from './commands/apply-runbooks.fixture.ts';
import { withExample } from './example.fixture.ts';
import type { Part } from './model/part.ts';
import { isApplication, objectsOf, partsOfAll, podOf, type Rendered, wavesOf } from './parts.fixture.ts';
import { definitions } from './schemas/crd.fixture.ts';
import { leave, stage, standIns } from './stage.fixture.ts';

/** What is known by the trimmed schemas of this repository only, where nobody installed the CRD itself. */
const trimmed = new Set(definitions.map(({ spec }) => spec.names.kind));

/** What wants a node, or the metrics of one, or does not end by itself. */
const needsMore = / (logs|exec|top|rollout) | -w$/;
/** What only controllers and nodes write, what `bootstrap` installs, and what an add-on of EKS runs. */
const mayBeNone =
  / (events|endpointslices|nodes)\b| jobs -l| -n argocd |slipway\.dev\/rules|kube-state-metrics|prometheus-node-exporter/;
/** One of those that are made below. */
const pod = 'counter-0';

describe('the API server', { skip }, () => {
  let cluster: Cluster;
  let parts: Part[];
  before(async () => {
    cluster = await Cluster.open();
    parts = await partsOfAll();
    await cluster.define(definitions);
  });
  after(() => cluster?.close());

  for (const { name: own } of clusters) {
    describe(`of ${own}`, () => {
      const here = environments.filter((one) => one.cluster === own);
      let objects: Rendered[];
      /** Argo CD would act on an Application, and nobody would end its deletion where there is none. */
      let applied: Rendered[];
      before(async () => {
        const ours = parts.filter(({ environment }) => here.some(({ name }) => name === environment));
        objects = ours.flatMap(objectsOf);
        applied = objects.filter((one) => !isApplication(one));
        // What the other cluster had under these names may never change.
        for (const { manifest } of objects) if (manifest.kind === 'StorageClass') await cluster.remove(manifest);
      });

      test('takes everything that is rendered for it, wave by wave', async (t) => {
        const waves = wavesOf(parts.filter(({ environment }) => here.some(({ name }) => name === environment)));
        const quotas = new Set(here.filter(({ quota }) => quota).map(({ name }) => name));
        for (const { wave, objects } of waves) {
          const pods = objects.flatMap(({ manifest }) => podOf(manifest) ?? []);
          for (const name of new Set(pods.map(({ metadata }) => String(metadata.namespace)))) {
            const there = async (apiVersion: string, kind: string) =>
              (await cluster.read({ apiVersion, kind, metadata: { name, namespace: name } })).status === 200;
            const silent = { name: `default-deny-${name}`, namespace: name };
            const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: silent };
            assert.equal((await cluster.read(policy)).status, 200, `wave ${wave}: anybody may call pods of ${name}`);
            if (!quotas.has(name)) continue;
            assert.ok(await there('v1', 'ResourceQuota'), `wave ${wave}: pods before the quota of ${name}`);
            assert.ok(await there('v1', 'LimitRange'), `wave ${wave}: pods before the limits of ${name}`);
          }
          await cluster.sync(objects);
        }
        const known = objects.filter(({ manifest }) => trimmed.has(manifest.kind)).length;
        t.diagnostic(
          `${applied.length} objects of ${here.map(({ name }) => name).join(', ')} in the waves ${waves.map(({ wave }) => wave).join(', ')}; ${known} of all held against our catalogues' CRDs`,
        );
      });

      test('takes the Applications themselves', async (t) => {
        const applications = objects.filter(isApplication);
        for (const { at, manifest, text } of applications) {
          const { message, warnings } = await cluster.apply(manifest, text, { dry: true });
          assert.deepEqual([message, ...warnings], [''], at);
        }
        t.diagnostic(`${applications.length} Applications`);
      });

      test('would refuse them if a field were unknown, or if they broke a policy', async (t) => {
        const asked: string[] = [];
        for (const { name: environment, scope } of here) {
          const deployment = objects.find(
            ({ at, manifest }) => at.startsWith(`${environment}/`) && manifest.kind === 'Deployment',
          );
          if (!deployment) continue;
          const { manifest, text } = deployment;
          const misspelt = text.replace('\nspec:\n', '\nspec:\n  replica: 2\n');
          const unknown = await cluster.apply(manifest, misspelt, { dry: true });
          assert.match(unknown.message, /\.spec\.replica: field not declared in schema/);
          // The policies are about the environments' namespaces; elsewhere Pod Security is what there is.
          if (scope === 'cluster') continue;
          const hosted = text.replace('\n    spec:\n', '\n    spec:\n      hostPID: true\n');
          const wrong = await cluster.apply(manifest, hosted, { dry: true });
          assert.equal(wrong.status, 422);
          assert.match(wrong.message, /'slipway-host-pid'/);
          asked.push(environment);
        }
        t.diagnostic(`asked in ${asked.join(', ')}`);
      });

      test('has nothing to change when it is applied again', async (t) => {
        const restless: string[] = [];
        for (const { at, manifest, text } of applied)
          if (!(await cluster.rests(manifest, () => cluster.apply(manifest, text)))) restless.push(at);
        assert.deepEqual(restless, []);
        t.diagnostic(`${applied.length} objects`);
      });

      test('shows every field as it was written', async () => {
        for (const { at, manifest } of applied)
          assert.partialDeepStrictEqual((await cluster.read(manifest)).body, manifest, at);
      });

      test('takes the pods that controllers make of it', async (t) => {
        const pods = applied.flatMap(({ at, manifest }) => {
          const pod = podOf(manifest);
          return pod ? [{ at, pod }] : [];
        });
        assert.ok(pods.length > 0);
        for (const { manifest } of applied) if (manifest.kind === 'ResourceQuota') await cluster.counted(manifest);
        for (const { at, pod } of pods) {
          const { message, warnings } = await cluster.create(pod, { dry: true, as: podMaker });
          assert.deepEqual([message, ...warnings], [''], at);
        }
        t.diagnostic(`${pods.length} pods`);
      });

      // They say production.
      if (here.some(({ name }) => name === 'production'))
        test('understands every kubectl command of the runbooks, and has what they ask for', withExample, async (t) => {
          if (await cluster.isControlled())
            return t.skip('controllers are there, and would act on what is made up here');
          const made = standIns(objects);
          const commands = (await readPages()).map((page) =>
            commandsOf(page).filter(({ line }) => /^kubectl /.test(line) && !needsMore.test(line)),
          );
          const wrong: string[] = [];
          for (const lines of commands.filter(({ length }) => length > 0)) {
            await stage(cluster, made);
            for (const { name, line, words } of lines) {
              const { code, says } = await cluster.kubectl(words.slice(1).map((word) => (word === 'POD' ? pod : word)));
              if (code !== 0 || (/^No resources found/.test(says) && !mayBeNone.test(line)))
                wrong.push(`${name}: ${line}: ${says}`);
            }
          }
          await leave(cluster, made);
          assert.deepEqual(wrong, []);
          t.diagnostic(`${commands.flat().length} commands`);
        });
    });
  }
});
