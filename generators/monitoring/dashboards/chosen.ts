/** The chosen app in the chosen environment. */
export const app = 'namespace="$namespace", app="$app"';
/** Versions and alerts of what belongs to a cluster name its environment, and not the namespace that its pods are in. */
export const own = 'namespace=~"$namespace|platform-.*", app="$app"';
/** What its pods say themselves. */
export const pods = `job="pods", ${app}, version=~"$version"`;
/** What visitors ask: not what Kubernetes and Prometheus ask all the time. */
export const asked = `${pods}, http_route!~"/healthz|/readyz|/metrics"`;

export const rate = (name: string, matchers: string) => `rate(${name}{${matchers}}[$__rate_interval])`;
/** Histograms: https://opentelemetry.io/docs/specs/semconv/http/http-metrics/ */
export const requests = 'http_server_request_duration_seconds';
export const roundTrips = 'db_client_operation_duration_seconds';

/** By `cut`, a variable: any graph can be cut by version, by pod, or not at all. */
export const by = (expr: string) => `sum by ($cut) (${expr})`;
export const cut = '{{$cut}}';

export const quantile = (share: number, name: string, matchers: string, per = '') =>
  `histogram_quantile(${share}, sum by (le${per === '' ? '' : `, ${per}`}) (${rate(`${name}_bucket`, matchers)}))`;

/** What a node says of a container, with the app and version that its pod says: the node knows neither. */
export const container = (expr: string) =>
  `${expr} * on (namespace, pod) group_left (app, version) group by (namespace, pod, app, version) (up{${pods}})`;
export const ofContainer = 'namespace="$namespace", container="$app"';
