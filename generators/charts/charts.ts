import { Chart, App as Root } from 'cdk8s';
import { type CheckedApp, isProgram, runsOn } from '../model/app-schema.ts';
import type { Manifest } from '../model/manifest.ts';
import { AgentChart } from './agent.ts';
import { ApplicationChart } from './application.ts';
import { JobChart } from './job.ts';
import { manifestsIn, type Read } from './manifests.ts';
import { monitoring } from './monitoring.ts';
import type { Placement } from './place.ts';
import { PlatformChart } from './platform/platform.ts';
import { StoreChart } from './store.ts';
import { WebChart } from './web.ts';
import { WorkerChart } from './worker.ts';

/** An app's manifests in one environment, in a stable order, before its patch; none where the app does not run. */
export function manifestsOf(app: CheckedApp, at: Placement, read: Read): Manifest[] {
  if (!runsOn(app, at.cluster)) return [];
  const manifests =
    app.kind === 'manifests' ? [...manifestsIn(app, at, read), ...watched(app, at)] : synthesize(chartOf(app, at));
  return manifests.map((manifest) => complete(manifest, isProgram(app) ? app.beside : []));
}

function chartOf(app: Exclude<CheckedApp, { kind: 'manifests' }>, at: Placement): Chart {
  // One cdk8s App per part: with many charts in one, the cost is quadratic.
  const root = new Root();
  if (app.kind === 'web') return new WebChart(root, app, at);
  if (app.kind === 'worker') return new WorkerChart(root, app, at);
  if (app.kind === 'job') return new JobChart(root, app, at);
  if (app.kind === 'store') return new StoreChart(root, app, at);
  if (app.kind === 'agent') return new AgentChart(root, app, at);
  return new PlatformChart(root, app, at);
}

/** Whether it arrives is watched also of what somebody else wrote. */
function watched(app: CheckedApp, at: Placement): Manifest[] {
  const chart = new Chart(new Root(), app.name, { disableResourceNameHashes: true });
  monitoring(chart, app, { name: app.name, at });
  return synthesize(chart);
}

/** The Argo CD Application of one app in one environment. */
export function applicationOf(app: CheckedApp, at: Placement): Manifest {
  const [application] = synthesize(new ApplicationChart(new Root(), app, at));
  if (!application) throw new Error(`no Application was rendered for ${app.name}`);
  return application;
}

const synthesize = (chart: Chart): Manifest[] => chart.toJson();

interface Pod {
  readonly initContainers?: readonly { readonly name: string }[];
}

/** What cdk8s's serialiser leaves out, since it is older than the fields. */
function complete(manifest: Manifest, beside: readonly { readonly name: string }[]): Manifest {
  if (manifest.kind === 'StatefulSet') return typedClaims(beside.length > 0 ? sidecars(manifest, beside) : manifest);
  return beside.length > 0 ? sidecars(manifest, beside) : manifest;
}

/**
 * The API server writes these two fields into every volume claim template. Where they are missing the StatefulSet would
 * differ from its manifest for ever, under server-side apply.
 */
function typedClaims(manifest: Manifest): Manifest {
  const spec = manifest.spec as { volumeClaimTemplates?: object[] };
  const typed = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
  return {
    ...manifest,
    spec: { ...spec, volumeClaimTemplates: spec.volumeClaimTemplates?.map((claim) => ({ ...typed, ...claim })) },
  };
}

/**
 * What runs beside an app is an init container that never ends:
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
 */
function sidecars(manifest: Manifest, beside: readonly { readonly name: string }[]): Manifest {
  const names = new Set(beside.map(({ name }) => name));
  const lasting = (pod: Pod): Pod => ({
    ...pod,
    initContainers: (pod.initContainers ?? []).map((one) =>
      names.has(one.name) ? { ...one, restartPolicy: 'Always' } : one,
    ),
  });
  const within = (value: Readonly<Record<string, unknown>>, path: readonly string[]): Record<string, unknown> => {
    const [step = '', ...rest] = path;
    const inner = value[step];
    if (typeof inner !== 'object' || inner === null) return value;
    const changed = rest.length === 0 ? lasting(inner) : within(inner as Record<string, unknown>, rest);
    return { ...value, [step]: changed };
  };
  const template = ['spec', 'template', 'spec'];
  const path = manifest.kind === 'CronJob' ? ['spec', 'jobTemplate', ...template] : template;
  const runs = ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].includes(manifest.kind);
  return runs ? (within(manifest, path) as unknown as Manifest) : manifest;
}
