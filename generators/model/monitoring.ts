/** The namespace of what watches over a cluster. */
export const monitoringNamespace = 'monitoring';

/** The app there that takes traces, its port of OTLP over HTTP, and its address. */
export const traces = {
  app: 'traces',
  port: 4318,
  address: `http://traces.${monitoringNamespace}:4318`,
} as const;
