import { whyNone } from '../forge/patience.ts';
import type { Firing, Metrics, Sample } from '../model/gate.ts';
import { Refusal } from '../model/refusal.ts';
import { quote } from '../model/words.ts';

export interface PrometheusSettings {
  /** `https://prometheus.example.com`; a path in front of its API belongs to it. */
  readonly server: string;
  /** A bearer token. It travels in a header only. @default none */
  readonly token?: string | undefined;
}

/** What one series was in a range of time. */
interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the value. */
  readonly values: readonly (readonly [number, string])[];
}

/**
 * What Prometheus measured, by its HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/. Whatever
 * speaks that API will do. Apps are known by Argo CD's own labels `project` and `name`, which a scrape does not rename
 * as it does `namespace`; alerts by those of the rule, `namespace` and `app`.
 */
export function prometheus(settings: PrometheusSettings): Metrics {
  return {
    async health(environment, seconds, now) {
      const found = new Map<string, Sample[]>();
      const query = `argocd_app_info{project=${quoted(environment)}}[${range(seconds)}]`;
      for (const { metric, values } of await ask(settings, query, now)) {
        const { name, health_status: health = 'Unknown' } = metric;
        if (name === undefined) continue;
        const samples = found.get(name) ?? [];
        for (const [time] of values) samples.push({ time: time * 1000, health });
        found.set(name, samples);
      }
      // Each health is a series of its own.
      for (const samples of found.values()) samples.sort((a, b) => a.time - b.time);
      return found;
    },
    async firing(environment, seconds, now) {
      const found = new Map<string, Firing[]>();
      const labels = `alertstate="firing",severity="page",namespace=${quoted(environment)},app!=""`;
      for (const { metric, values } of await ask(settings, `ALERTS{${labels}}[${range(seconds)}]`, now)) {
        const { app, alertname: alert } = metric;
        const last = values.at(-1)?.[0];
        if (app === undefined || alert === undefined || last === undefined) continue;
        found.set(app, [...(found.get(app) ?? []), { alert, last: last * 1000 }]);
      }
      return found;
    },
  };
}

/** A text as PromQL writes it. */
const quoted = (text: string) => JSON.stringify(text);

/** A range may not be empty; without a time to ask about, the last minute stands for the present. */
const range = (seconds: number) => `${seconds > 0 ? seconds : 60}s`;

/** One instant query for a range of samples. @throws {Refusal} when it cannot be asked */
async function ask({ server, token }: PrometheusSettings, query: string, now: number): Promise<readonly Series[]> {
  const failed = (why: string, next: string) =>
    new Refusal(withoutSecrets(`Prometheus at ${server} cannot be asked (${why}). ${next}`));
  let status: number;
  let body: string;
  try {
    const response = await fetch(`${server.replace(/\/+$/, '')}/api/v1/query`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: new URLSearchParams({ query, time: String(now / 1000), timeout: '10s' }).toString(),
      signal: AbortSignal.timeout(10_000),
    });
    status = response.status;
    body = await response.text();
  } catch (error) {
    throw failed(whyNone(error as Error), 'Check PROMETHEUS_URL and that it is up.');
  }
  const answer = parsed(body);
  if (status === 401 || status === 403) throw failed(`it answered ${status}`, 'Check PROMETHEUS_TOKEN.');
  if (answer?.status !== 'success' || !Array.isArray(answer.data?.result))
    throw failed(
      answer?.error ? quote(answer.error, 200) : `it answered ${status}, and nothing that Prometheus says`,
      'Check that PROMETHEUS_URL is the address of its API.',
    );
  return answer.data.result;
}

interface Result {
  readonly status?: string;
  readonly error?: string;
  readonly data?: { readonly result?: readonly Series[] };
}

function parsed(body: string): Result | undefined {
  try {
    return JSON.parse(body) as Result | undefined;
  } catch {
    return undefined;
  }
}

/** A message without the name and the password that somebody wrote into an address. */
const withoutSecrets = (message: string) => message.replace(/\/\/[^/@\s]*@/g, '//');
