import assert from 'node:assert/strict';
import { test } from 'node:test';
import { App, Chart } from 'cdk8s';
import { app as grafana } from '../../../apps/grafana/app.ts';
import { clusters } from '../../../clusters/environments.ts';
import type { Cluster } from '../../model/environment.ts';
import { dashboards as all } from '../../monitoring/dashboards/index.ts';
import { gathered } from '../../monitoring/gather.ts';
import { grafanaSettings } from '../../monitoring/grafana.ts';
import { dashboards } from './dashboards.ts';

interface ConfigMap {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: object };
  readonly data: Readonly<Record<string, string>>;
}

const [nonprod] = clusters as readonly [Cluster];
const renderedOn = (cluster: Cluster): ConfigMap[] => {
  const chart = new Chart(new App(), 'dashboards', { disableResourceNameHashes: true });
  dashboards(chart, { cluster });
  return chart.toJson();
};
const rendered = renderedOn(nonprod);
const gatherer = grafana.kind === 'web' ? grafana.beside?.[0] : undefined;

test('each dashboard is a ConfigMap where the gatherer of Grafana looks for it', () => {
  assert.deepEqual(
    rendered.map(({ kind, metadata: { name } }) => `${kind} ${name}`),
    all().map(({ uid }) => `ConfigMap dashboard-${uid}`),
  );
  for (const { metadata } of rendered) {
    assert.equal(metadata.namespace, 'monitoring');
    assert.deepEqual(metadata.labels, { [gathered.dashboards]: '1' });
  }
});

test('it holds one file with the dashboard, and no two would be the same file', () => {
  const files = rendered.flatMap(({ data }) => Object.entries(data));
  assert.deepEqual(
    files.map(([name, text]) => [name, JSON.parse(text)]),
    all(true).map((dashboard) => [`${dashboard.uid}.json`, dashboard]),
  );
});

test('AWS is asked where it measures and our Grafana may ask it, and nowhere else', () => {
  assert.match(JSON.stringify(rendered), /cloudwatch/);
  for (const other of [
    { profile: 'local' },
    { monitoring: 'operator' },
    { ingress: 'nginx' },
    { aws: undefined },
  ] as const)
    assert.doesNotMatch(JSON.stringify(renderedOn({ ...nonprod, ...other })), /cloudwatch/i, JSON.stringify(other));
});

test('Grafana begins with one of them', () => {
  const { dashboards: settings } = grafanaSettings({ cluster: {}, host: 'a.b', repository: 'https://gitlab.com/a/b' });
  const [, file] = /^\/dashboards\/(.+)$/.exec(settings?.default_home_dashboard_path ?? '') ?? [];
  assert.ok(rendered.some(({ data }) => Object.hasOwn(data, file ?? '')));
  assert.deepEqual(gatherer?.command?.slice(2, 4), ['dashboards', '/dashboards']);
});
