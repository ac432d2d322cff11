import type { Placement } from '../charts/place.ts';
import type { CheckedApp, CheckedWeb } from '../model/app-schema.ts';
import { literally } from './rule.ts';
import type { Probe } from './scrape.ts';

/** How the blackbox exporter asks: https://github.com/prometheus/blackbox_exporter/blob/master/CONFIGURATION.md */
export interface Module {
  readonly prober: 'http';
  readonly timeout: string;
  readonly http: {
    readonly method: 'GET';
    readonly headers?: Readonly<Record<string, string>>;
    readonly valid_status_codes: readonly number[];
    readonly follow_redirects: false;
    readonly preferred_ip_protocol: 'ip4';
    readonly body_size_limit: string;
    readonly fail_if_body_not_matches_regexp?: readonly string[];
  };
}

/** By name, as `modules` of the exporter's file has them. */
export type Modules = Readonly<Record<string, Module>>;

/** What a module is called: an Ingress says the rest of it, so that Prometheus can put the name together. */
export const moduleName = (namespace: string, app: string, probe: Probe) => `${namespace}-${app}-${probe}`;

/** Which paths of an app's public hosts are asked; none where it has no host, or nobody wants to know. */
export function askedOf(app: CheckedApp): Partial<Readonly<Record<Probe, string>>> {
  if (app.kind !== 'web' || !app.probe || app.hosts?.length === 0) return {};
  const { path, version } = app.probe;
  return { page: path ?? app.path, ...(version === undefined ? {} : { version }) };
}

/**
 * How an app is asked from outside in one environment. Whether it answers by HTTPS is said by the address, and a
 * certificate that does not hold is an answer that fails; when it ends the exporter says by itself.
 */
export function modulesOf(app: CheckedApp, at: Pick<Placement, 'namespace' | 'version'>): Modules {
  const { page, version } = askedOf(app);
  const { text } = (app as CheckedWeb).probe ?? {};
  const name = (probe: Probe) => moduleName(at.namespace, app.name, probe);
  return {
    ...(page === undefined
      ? {}
      : { [name('page')]: module(text === undefined ? undefined : literally(text), browser) }),
    ...(version === undefined ? {} : { [name('version')]: module(word(at.version)) }),
  };
}

/** Neither 1.0.1 in 1.0.10 nor in 11.0.1. */
const word = (text: string) => String.raw`(^|[^\w.+-])${literally(text)}([^\w.+-]|$)`;

/** A page is asked for as browsers do: who may answer in several forms gives others the plainest. */
const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

const module = (says: string | undefined, headers?: Module['http']['headers']): Module => ({
  prober: 'http',
  // Less than Prometheus waits for the exporter.
  timeout: '8s',
  http: {
    method: 'GET',
    ...(headers ? { headers } : {}),
    valid_status_codes: [200],
    // What a visitor is sent to is another address, which may answer while this one does not.
    follow_redirects: false,
    preferred_ip_protocol: 'ip4',
    body_size_limit: '1MB',
    ...(says === undefined ? {} : { fail_if_body_not_matches_regexp: [says] }),
  },
});
