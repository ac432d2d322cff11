import { app, asked, own, pods, quantile, rate, requests } from './chosen.ts';
import { framed } from './frame.ts';
import type { Dashboard } from './grafana.ts';
import { type Section, sized } from './layout.ts';
import { toRule } from './link.ts';
import { balanced, balancer } from './load-balancer.ts';
import { marks } from './mark.ts';
import { figure, found, log, table } from './panel.ts';
import { outside, visitors } from './service-requests.ts';
import { redis, saturation } from './service-uses.ts';
import { sourceVariable } from './source.ts';
import { apps, namespaces, oneOf, scraped, versions } from './variable.ts';

const glance: Section = {
  title: 'At a glance',
  panels: [
    sized(
      4,
      4,
      figure({
        title: 'Requests',
        description: 'Requests per second of visitors, now. None where there were some: look at what is outside first.',
        asked: [{ expr: `sum(${rate(`${requests}_count`, asked)})`, legend: 'requests' }],
        unit: 'reqps',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Failed',
        description:
          'The share of requests that were answered with 5xx, now. Compare with the last roll-out: is it that?',
        asked: [
          {
            expr: `(sum(${rate(`${requests}_count`, `${asked}, http_response_status_code=~"5.."`)}) or vector(0)) / sum(${rate(`${requests}_count`, asked)})`,
            legend: 'failed',
          },
        ],
        unit: 'percentunit',
        decimals: 2,
        colours: ['green', [0.001, 'orange'], [0.0144, 'red']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Slowest 5 %',
        description: '95 of 100 requests are answered within this time, now.',
        asked: [{ expr: quantile(0.95, requests, asked), legend: 'p95' }],
        unit: 's',
        decimals: 3,
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Budget left',
        description: 'What is left of 30 days of allowed failures: 100 % is all, below 0 the promise is broken.',
        asked: [{ expr: `slo:budget_left:ratio30d{${app}}`, legend: '{{slo}}' }],
        unit: 'percentunit',
        decimals: 1,
        colours: ['red', [0, 'orange'], [0.25, 'green']],
        otherwise: 'no objective',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Runs since',
        description: 'When this environment took the version that it runs.',
        asked: [
          { expr: `max by (namespace) (slipway_app_since_timestamp_seconds{${own}}) * 1000`, legend: '{{namespace}}' },
        ],
        unit: 'dateTimeFromNow',
        otherwise: 'unknown',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Pods that answer',
        description: 'How many pods Prometheus reads, by version: two versions are a roll-out, or one that is stuck.',
        asked: [{ expr: `sum by (version) (up{${pods}})`, legend: '{{version}}' }],
        unit: 'none',
        colours: ['red', [1, 'green']],
      }),
    ),
    sized(
      24,
      5,
      table({
        title: 'Alerts that fire',
        description: 'What fires for this app here, and since when. A click leads to the rule, with its runbook.',
        exprs: [
          `max by (alertname, severity) (ALERTS_FOR_STATE{${own}}) * 1000 and on (alertname, severity) ALERTS{${own}, alertstate="firing"}`,
        ],
        columns: [
          { field: 'alertname', title: 'Alert', links: [toRule] },
          { field: 'severity', title: 'Severity', width: 120 },
          { field: 'Value #A', title: 'Since', unit: 'dateTimeFromNow', width: 200 },
        ],
        sort: ['Since', true],
        otherwise: 'nothing fires',
      }),
    ),
  ],
};

const told: Section = {
  title: 'What it says',
  panels: [
    sized(
      14,
      12,
      log({
        title: 'Log',
        description: 'What the app logged, newest first. Its trace stands in the details of a line.',
        expr: '{k8s_namespace_name="$namespace", service_name="$app"}',
      }),
    ),
    sized(
      10,
      12,
      found({
        title: 'Traces that failed, or took longer than a quarter of a second',
        description: 'What the collector kept of them. A click shows where the time went.',
        query:
          '{ resource.service.name = "$app" && resource.deployment.environment.name = "$namespace" && (status = error || duration > 250ms) }',
      }),
    ),
  ],
};

/**
 * One app in one environment: what visitors see, what it uses, what stands behind it, what it says.
 * @param aws whether Grafana may ask AWS what it measures of load balancers
 */
export const service = (aws: boolean): Dashboard =>
  framed('service', {
    description:
      'One app in one environment. Blue marks are roll-outs, orange ones rollbacks, red bands alerts that page.',
    from: 'now-3h',
    variables: [
      namespaces(scraped),
      apps(scraped),
      versions(),
      oneOf('cut', 'Cut by', 'What graphs draw a line for.', ['version', 'pod', 'app']),
      sourceVariable('prometheus'),
      sourceVariable('loki'),
      sourceVariable('tempo'),
      ...(aws ? [sourceVariable('cloudwatch'), balancer()] : []),
    ],
    marks: marks(own),
    sections: [glance, visitors, outside, ...(aws ? [balanced] : []), saturation, redis, told],
  });
