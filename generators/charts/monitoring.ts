import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { type CheckedApp, isProgram } from '../model/app-schema.ts';
import { monitoringOf } from '../model/environment.ts';
import { formatYaml } from '../model/yaml.ts';
import { gathered } from '../monitoring/gather.ts';
import { podMonitorSpec, probeSpec, ruleSpec, teller } from '../monitoring/operator.ts';
import { askedOf, moduleName, modulesOf } from '../monitoring/probes.ts';
import type { RuleGroup } from '../monitoring/rule.ts';
import { rulesOf } from '../monitoring/rules.ts';
import type { Probe } from '../monitoring/scrape.ts';
import { hostsOf } from './hosts.ts';
import { objectMeta, type Subject, selector } from './place.ts';
import { metricsPort } from './pod.ts';

/**
 * What is watched of an app, in its own part: so it is promoted with the version that it belongs to, and taken back with
 * it. Under the operator of somebody else these are objects of its own; the exporter that asks from outside is ours there,
 * too, since nobody else's knows what an app must answer.
 */
export function monitoring(scope: Construct, app: CheckedApp, subject: Subject): void {
  const { at } = subject;
  const who = monitoringOf(at.cluster);
  if (who === 'none') return;
  const modules = modulesOf(app, at);
  if (Object.keys(modules).length > 0) fragment(scope, subject, 'probes', { modules });
  const groups = rulesOf(app, at);
  if (who === 'operator') operated(scope, app, subject, groups);
  else if (groups.length > 0) fragment(scope, subject, 'rules', { groups });
}

/** A ConfigMap that is gathered. The name of its file is its own on the whole cluster. */
function fragment(scope: Construct, subject: Subject, what: 'rules' | 'probes', value: object): void {
  const { name, at } = subject;
  const metadata = objectMeta(subject, `${name}-${what}`);
  new k8s.KubeConfigMap(scope, `configmap-${what}`, {
    metadata: { ...metadata, labels: { ...metadata.labels, [gathered[what]]: '1' } },
    data: { [`${at.namespace}-${name}.yaml`]: formatYaml(value, asWritten) },
  });
}

const asWritten = () => 0;

/** Objects of https://github.com/prometheus-operator/prometheus-operator */
function operated(scope: Construct, app: CheckedApp, subject: Subject, groups: readonly RuleGroup[]): void {
  const { name, at } = subject;
  const { namespace } = at;
  const object = (kind: string, called: string, spec: object) =>
    new ApiObject(scope, `${kind.toLowerCase()}-${called}`, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind,
      metadata: objectMeta(subject, called),
      spec,
    });
  if (groups.length > 0) object('PrometheusRule', name, ruleSpec(groups));
  const port = isProgram(app) ? metricsPort(app) : undefined;
  if (isProgram(app) && app.metrics && port)
    object(
      'PodMonitor',
      name,
      podMonitorSpec(selector(name), { port, path: app.metrics.path, speaks: name === teller }),
    );
  for (const [probe, path] of Object.entries(askedOf(app)) as [Probe, string][]) {
    const urls = app.kind === 'web' ? hostsOf(app, at).map((host) => `https://${host}${path}`) : [];
    const spec = probeSpec(probe, moduleName(namespace, name, probe), urls, { namespace, app: name });
    object('Probe', `${name}-${probe}`, spec);
  }
}
