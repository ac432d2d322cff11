import { type Cluster, monitoringOf } from '../model/environment.ts';

type Place = Pick<Cluster, 'aws' | 'ingress' | 'monitoring' | 'profile'>;

/** Where AWS measures load balancers of ours, and our Grafana may ask: the region. Undefined elsewhere. */
export const measuredIn = (cluster: Place): string | undefined =>
  cluster.profile === 'eks' && cluster.ingress === undefined && monitoringOf(cluster) === 'slipway'
    ? cluster.aws?.region
    : undefined;

/**
 * CloudWatch as a data source: with the rights of the pod's role, and nothing that is secret.
 * https://grafana.com/docs/grafana/latest/datasources/aws-cloudwatch/#provision-the-data-source
 */
export function cloudWatch(cluster: Place) {
  const region = measuredIn(cluster);
  const source = {
    name: 'CloudWatch',
    uid: 'cloudwatch',
    type: 'cloudwatch',
    access: 'proxy',
    editable: false,
  } as const;
  return {
    apiVersion: 1,
    prune: true,
    datasources:
      region === undefined ? [] : [{ ...source, jsonData: { authType: 'default', defaultRegion: region } } as const],
  };
}
