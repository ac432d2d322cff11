import { type Chart, App as Root } from 'cdk8s';
import type { CheckedApp } from '../model/app-schema.ts';
import type { Environment } from '../model/environment.ts';
import type { Manifest } from '../model/manifest.ts';
import { ApplicationChart } from './application.ts';
import type { Placement } from './container.ts';
import { StoreChart } from './store.ts';
import { WebChart } from './web.ts';

/** An app's manifests in one environment, in a stable order. */
export function manifestsOf(app: CheckedApp, at: Placement): Manifest[] {
  // One cdk8s App per part: with many charts in one, the cost is quadratic.
  const root = new Root();
  return synthesize(app.kind === 'web' ? new WebChart(root, app, at) : new StoreChart(root, app, at));
}

/** The Argo CD Application of one app in one environment. */
export function applicationOf(app: string, environment: Environment, repoURL: string): Manifest {
  const [application] = synthesize(new ApplicationChart(new Root(), app, environment, repoURL));
  if (!application) throw new Error(`no Application was rendered for ${app}`);
  return application;
}

const synthesize = (chart: Chart): Manifest[] => chart.toJson().map(typedClaims);

/**
 * The API server writes these two fields into every volume claim template. cdk8s's serialiser leaves them out, and
 * under server-side apply the StatefulSet would then differ from its manifest for ever.
 */
function typedClaims(manifest: Manifest): Manifest {
  if (manifest.kind !== 'StatefulSet') return manifest;
  const spec = manifest.spec as { volumeClaimTemplates?: object[] };
  const typed = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
  return {
    ...manifest,
    spec: { ...spec, volumeClaimTemplates: spec.volumeClaimTemplates?.map((claim) => ({ ...typed, ...claim })) },
  };
}
