import { app, asked, by, cut, quantile, rate, requests } from './chosen.ts';
import { type Section, sized } from './layout.ts';
import { figure, graph, table } from './panel.ts';

/** What visitors ask, and how they are answered. */
export const visitors: Section = {
  title: 'Requests',
  panels: [
    sized(
      8,
      9,
      graph({
        title: 'Rate',
        description: 'Requests per second of visitors. A fall to nothing is as bad as errors.',
        asked: [{ expr: by(rate(`${requests}_count`, asked)), legend: cut }],
        unit: 'reqps',
        stacked: true,
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      8,
      9,
      graph({
        title: 'Failures',
        description:
          'The share that was answered with 5xx, beside what the objective allows. One version alone: take it back.',
        asked: [
          {
            expr: `(${by(rate(`${requests}_count`, `${asked}, http_response_status_code=~"5.."`))} or 0 * ${by(rate(`${requests}_count`, asked))}) / ${by(rate(`${requests}_count`, asked))}`,
            legend: cut,
          },
          { expr: `1 - slo:objective:ratio{${app}, slo="availability"}`, legend: 'allowed' },
        ],
        unit: 'percentunit',
        limits: 'allowed',
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      8,
      9,
      graph({
        title: 'Duration',
        description:
          'Half, 95 and 99 of 100 requests were answered within this time. The dots are traces: click on a slow one.',
        asked: [
          { expr: quantile(0.5, requests, asked), legend: 'p50' },
          { expr: quantile(0.95, requests, asked), legend: 'p95', exemplar: true },
          { expr: quantile(0.99, requests, asked), legend: 'p99' },
        ],
        unit: 's',
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      12,
      8,
      graph({
        title: 'Slowest 5 %, cut',
        description:
          '95 of 100 requests were answered within this time, by what is chosen above: is one version or pod slower?',
        asked: [{ expr: quantile(0.95, requests, asked, '$cut'), legend: cut }],
        unit: 's',
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      12,
      8,
      table({
        title: 'Routes',
        description: 'Over the whole time that is shown: which route is asked most, fails, or is slow.',
        exprs: [
          `sum by (http_request_method, http_route) (rate(${requests}_count{${asked}}[$__range]))`,
          `sum by (http_request_method, http_route) (rate(${requests}_count{${asked}, http_response_status_code=~"5.."}[$__range])) / sum by (http_request_method, http_route) (rate(${requests}_count{${asked}}[$__range])) or 0 * sum by (http_request_method, http_route) (rate(${requests}_count{${asked}}[$__range]))`,
          `histogram_quantile(0.95, sum by (le, http_request_method, http_route) (rate(${requests}_bucket{${asked}}[$__range])))`,
        ],
        columns: [
          { field: 'http_request_method', title: 'Method', width: 100 },
          { field: 'http_route', title: 'Route' },
          { field: 'Value #A', title: 'Requests', unit: 'reqps', width: 120 },
          {
            field: 'Value #B',
            title: 'Failed',
            unit: 'percentunit',
            decimals: 2,
            width: 110,
            colours: ['text', [0.001, 'orange'], [0.0144, 'red']],
          },
          { field: 'Value #C', title: 'p95', unit: 's', width: 110 },
        ],
        sort: ['Requests', true],
      }),
    ),
  ],
};

/** The same as the load balancer passes it on. */
export const outside: Section = {
  title: 'From outside, through the load balancer',
  panels: [
    sized(
      6,
      7,
      graph({
        title: 'Answers as it should',
        description:
          'Whether the public address answers as the definition says: status, text and version. 0 while pods are well: DNS, certificate or load balancer.',
        asked: [{ expr: `probe_success{job="probe", ${app}}`, legend: '{{probe}} {{instance}}' }],
        unit: 'bool_yes_no',
        max: 1,
      }),
    ),
    sized(
      8,
      7,
      graph({
        title: 'Where the time goes',
        description:
          'What a visitor waits for, by phase: name, connection, TLS, the app itself, transfer. Of several hosts the slowest.',
        asked: [
          {
            expr: `max by (phase) (probe_http_duration_seconds{job="probe", ${app}, probe="page"})`,
            legend: '{{phase}}',
          },
        ],
        unit: 's',
        stacked: true,
      }),
    ),
    sized(
      5,
      7,
      graph({
        title: 'Status',
        description: 'The status of the answer. 502 and 503 are the load balancer, which finds no pod that is ready.',
        asked: [{ expr: `probe_http_status_code{job="probe", ${app}}`, legend: '{{probe}} {{instance}}' }],
        unit: 'none',
      }),
    ),
    sized(
      5,
      7,
      figure({
        title: 'Certificate ends',
        description: 'When the certificate that visitors see ends. It is renewed long before.',
        asked: [
          {
            expr: `min by (instance) (probe_ssl_earliest_cert_expiry{job="probe", ${app}, probe="page"} - time())`,
            legend: '{{instance}}',
          },
        ],
        unit: 'dtdurations',
        colours: ['red', [7 * 86_400, 'orange'], [21 * 86_400, 'green']],
        otherwise: 'no HTTPS',
      }),
    ),
  ],
};
