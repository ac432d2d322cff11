/** A dollar for Grafana itself: one alone stands for a variable of the pod's environment where it is provisioned. */
const $ = '$$';

const monitoring = { access: 'proxy', editable: false };

/**
 * Where Grafana asks, under uids that dashboards, links and people's bookmarks name: an exemplar leads to its trace, a span
 * to the lines of its trace and to the metrics of its service, a line of the log to its trace.
 * https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 */
export const sources = {
  apiVersion: 1,
  // One that is taken out here goes there, too.
  prune: true,
  datasources: [
    {
      ...monitoring,
      name: 'Prometheus',
      uid: 'prometheus',
      type: 'prometheus',
      url: 'http://prometheus:9090',
      isDefault: true,
      jsonData: {
        httpMethod: 'POST',
        timeInterval: '15s',
        prometheusType: 'Prometheus',
        manageAlerts: true,
        alertmanagerUid: 'alertmanager',
        exemplarTraceIdDestinations: [{ name: 'trace_id', datasourceUid: 'tempo', urlDisplayLabel: 'Trace' }],
      },
    },
    {
      ...monitoring,
      name: 'Loki',
      uid: 'loki',
      type: 'loki',
      url: 'http://loki:3100',
      jsonData: {
        maxLines: 1000,
        // The trace stands beside the line, as structured metadata.
        derivedFields: [
          {
            name: 'Trace',
            matcherType: 'label',
            matcherRegex: `^trace_id${$}`,
            datasourceUid: 'tempo',
            url: `${$}{__value.raw}`,
            urlDisplayLabel: 'Trace',
          },
        ],
      },
    },
    {
      ...monitoring,
      name: 'Tempo',
      uid: 'tempo',
      type: 'tempo',
      url: 'http://tempo:3200',
      jsonData: {
        tracesToLogsV2: {
          datasourceUid: 'loki',
          // A line is written when a request ends; clocks of nodes differ.
          spanStartTimeShift: '-1m',
          spanEndTimeShift: '1m',
          tags: [{ key: 'service.name', value: 'service_name' }],
          customQuery: true,
          query: `{${$}{__tags}} | trace_id="${$}{__trace.traceId}"`,
        },
        tracesToMetrics: {
          datasourceUid: 'prometheus',
          spanStartTimeShift: '-30m',
          spanEndTimeShift: '30m',
          tags: [
            { key: 'service.name', value: 'app' },
            { key: 'deployment.environment.name', value: 'namespace' },
          ],
          queries: [
            {
              name: 'Requests by status',
              query: `sum by (http_response_status_code) (rate(http_server_request_duration_seconds_count{${$}{__tags}}[5m]))`,
            },
          ],
        },
        nodeGraph: { enabled: true },
      },
    },
    {
      ...monitoring,
      name: 'Alertmanager',
      uid: 'alertmanager',
      type: 'alertmanager',
      url: 'http://alertmanager:9093',
      jsonData: { implementation: 'prometheus', handleGrafanaManagedAlerts: false },
    },
  ],
} as const;
