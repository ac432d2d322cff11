import type { Firing, Metrics, Sample } from '../model/gate.ts';
import { askPrometheus, type PrometheusSettings, type Series } from './prometheus-api.ts';

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
const ask = (settings: PrometheusSettings, query: string, now: number): Promise<readonly Series[]> =>
  askPrometheus(settings, 'query', { query, time: String(now / 1000) }, 'result');
