import { applicationOf, manifestsOf } from '../charts/charts.ts';
import type { Placement } from '../charts/place.ts';
import { checkApp } from '../model/app-check.ts';
import { checkPath } from '../model/environment-schema.ts';
import { formatManifest } from '../model/manifest.ts';
import { review } from '../review.ts';

// One side of the render benchmark: `node render-side.ts alone|checked COUNT`. It prints milliseconds by phase.

const [, , side, count] = process.argv;
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const base = { cluster: 'c', replicas: 2, resources: { cpu: '50m', memory: '64Mi' }, soak: '1m', production: true };
const path = checkPath({
  repository: 'https://git.example.org/r.git',
  clusters: [{ name: 'c', profile: 'eks', registries: ['r'], storage: 'gp3', namespaces: {} }],
  environments: ['dev', 'staging', 'production'].map((name) => ({ ...base, name, domain: `${name}.example.org` })),
});

/** As in a busy repository: most answer HTTP, some work, a few keep data or run by the clock. */
function definition(index: number): { name: string; [field: string]: unknown } {
  const name = `app-${index}`;
  const common = { name, owner: 'team-bench', image: `r/${name}:1.0@${digest}`, env: { LOG_LEVEL: 'info' } };
  const kind = index % 10;
  if (kind < 6) return { ...common, kind: 'web', port: 3000, calls: ['app-9'], metrics: {} };
  if (kind < 8) return { ...common, kind: 'worker', port: 3000, files: { '/etc/a.yaml': 'a: 1\n' } };
  if (kind === 8) return { ...common, kind: 'job', schedule: '0 1 * * *', deadline: '5m', scratch: { '/tmp': '8Mi' } };
  return { ...common, kind: 'store', port: 6379, volume: { path: '/data', size: '1Gi' }, single: true };
}

const phases: Record<string, number> = { 'node: start and load': performance.now() };
const timed = <T>(phase: string, work: () => T): T => {
  const began = performance.now();
  const result = work();
  phases[phase] = (phases[phase] ?? 0) + performance.now() - began;
  return result;
};
let bytes = 0;
for (let index = 0; index < Number(count); index++) {
  const { name, ...fields } = definition(index);
  const declared = timed('definitions', () => checkApp(name, { name, ...fields }, path));
  for (const [environment, app] of declared.in) {
    const cluster = path.clusters.get('c');
    if (!cluster) throw new Error('there is no cluster');
    const image = `r/${name}:1.0@${digest}`;
    const at: Placement = {
      environment,
      cluster,
      path,
      namespace: environment.name,
      image,
      version: '1.0',
      identity: {},
    };
    const drawn = timed('charts', () => manifestsOf(app, at, () => ''));
    const { manifests } =
      side === 'checked' ? timed('types and policies', () => review(app, at, drawn)) : { manifests: drawn };
    const all = [applicationOf(app, at), ...manifests];
    bytes += timed('YAML', () => all.reduce((sum, manifest) => sum + formatManifest(manifest).length, 0));
  }
}
if (bytes === 0) throw new Error('nothing was rendered');
console.log(JSON.stringify(phases));
