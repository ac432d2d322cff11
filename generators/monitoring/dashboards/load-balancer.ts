import type { CloudQuery, Panel, Variable } from './grafana.ts';
import { type Section, sized } from './layout.ts';
import { type Graph, graph } from './panel.ts';
import { source } from './source.ts';

// What CloudWatch is asked. No test of this repository asks AWS: names are those of
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html

const namespace = 'AWS/ApplicationELB';

/**
 * The load balancer of the chosen environment, as CloudWatch names it: `app/k8s-dev-0123456789/0123456789abcdef`. All
 * Ingresses of an environment share one, whose group has the environment's name; what is neither letter nor digit is not
 * in it, and it ends after 17 characters.
 * https://github.com/kubernetes-sigs/aws-load-balancer-controller/blob/main/pkg/ingress/model_build_load_balancer.go
 */
export const balancer = (): Variable => ({
  type: 'query',
  name: 'balancer',
  label: 'Load balancer',
  description: 'The load balancer of the environment, as CloudWatch names it.',
  datasource: source('cloudwatch'),
  query: {
    queryType: 'dimensionValues',
    refId: 'balancer',
    region: 'default',
    namespace,
    metricName: 'RequestCount',
    dimensionKey: 'LoadBalancer',
    dimensionFilters: {},
  },
  regex: '/^app\\/k8s-$namespace-/',
  refresh: 2,
  sort: 1,
  multi: false,
  includeAll: false,
});

interface Measured {
  readonly metric: string;
  readonly statistic: 'Sum' | 'Minimum' | 'Maximum' | 'p50' | 'p95' | 'p99';
  readonly legend: string;
  /** Whether there is one for each app behind the load balancer. @default false */
  readonly perTarget?: boolean;
}

/** A minute is what CloudWatch measures of load balancers. */
const query = ({ metric, statistic, legend, perTarget }: Measured, index: number): CloudQuery => ({
  refId: String.fromCharCode('A'.charCodeAt(0) + index),
  id: '',
  datasource: source('cloudwatch'),
  queryMode: 'Metrics',
  // By name and dimensions, as Grafana's builder has them.
  metricQueryType: 0,
  metricEditorMode: 0,
  region: 'default',
  namespace,
  metricName: metric,
  dimensions: { LoadBalancer: '$balancer', ...(perTarget ? { TargetGroup: '*' } : {}) },
  matchExact: true,
  statistic,
  period: '60',
  label: legend,
});

const measured = ({ asked, ...of }: Omit<Graph, 'asked'> & { readonly asked: readonly Measured[] }): Panel => ({
  ...graph({ ...of, asked: [] }),
  datasource: source('cloudwatch'),
  targets: asked.map(query),
});

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
const target = (what: string) => `${what} $\{PROP('Dim.TargetGroup')}`;

/** What AWS measures where visitors come in: of all apps of the environment together, for they share a load balancer. */
export const balanced: Section = {
  title: 'The load balancer of the environment, as AWS measures it',
  panels: [
    sized(
      6,
      8,
      measured({
        title: 'Requests to the load balancer',
        description:
          'What came in for all apps of the environment. Fewer here than before: visitors do not find it. As many here, and fewer at the pods: it sends them on no longer.',
        asked: [{ metric: 'RequestCount', statistic: 'Sum', legend: 'requests' }],
        unit: 'reqpm',
      }),
    ),
    sized(
      6,
      8,
      measured({
        title: '5xx, by whose they are',
        description:
          'What the load balancer answered itself, since it found no pod or none answered in time, and what pods answered. Nothing is drawn while there are none.',
        asked: [
          { metric: 'HTTPCode_ELB_5XX_Count', statistic: 'Sum', legend: 'its own' },
          { metric: 'HTTPCode_Target_5XX_Count', statistic: 'Sum', legend: 'of pods' },
        ],
        unit: 'reqpm',
      }),
    ),
    sized(
      6,
      8,
      measured({
        title: 'How long pods take to answer it',
        description:
          'From the last byte that it sent to the first that came back. Slower than what pods say of themselves: the network, or connections that wait for a pod.',
        asked: [
          { metric: 'TargetResponseTime', statistic: 'p50', legend: 'p50' },
          { metric: 'TargetResponseTime', statistic: 'p95', legend: 'p95' },
          { metric: 'TargetResponseTime', statistic: 'p99', legend: 'p99' },
        ],
        unit: 's',
      }),
    ),
    sized(
      6,
      8,
      measured({
        title: 'Pods that it sends requests to',
        description:
          'By target group, whose name begins with namespace and app. Fewer than are ready: it asks another path than Kubernetes does, or the network policy keeps it out.',
        asked: [
          { metric: 'HealthyHostCount', statistic: 'Minimum', legend: target('well:'), perTarget: true },
          { metric: 'UnHealthyHostCount', statistic: 'Maximum', legend: target('not well:'), perTarget: true },
        ],
        unit: 'none',
      }),
    ),
  ],
};
