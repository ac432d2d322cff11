import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { monitoringNamespace } from '../../model/monitoring.ts';
import { measuredIn } from '../../monitoring/cloud-watch.ts';
import { dashboards as all } from '../../monitoring/dashboards/index.ts';
import { gathered } from '../../monitoring/gather.ts';
import type { Placement } from '../place.ts';

/** A ConfigMap for each dashboard, as Grafana reads it; indented, so that a change is read line by line. */
export function dashboards(scope: Construct, { cluster }: Pick<Placement, 'cluster'>): void {
  for (const dashboard of all(measuredIn(cluster) !== undefined))
    new k8s.KubeConfigMap(scope, `configmap-${dashboard.uid}`, {
      metadata: {
        name: `dashboard-${dashboard.uid}`,
        namespace: monitoringNamespace,
        labels: { [gathered.dashboards]: '1' },
      },
      data: { [`${dashboard.uid}.json`]: `${JSON.stringify(dashboard, null, 1)}\n` },
    });
}
