import { whyNone } from '../forge/patience.ts';
import { Refusal } from '../model/refusal.ts';
import { quote } from '../model/words.ts';

export interface PrometheusSettings {
  /** `https://prometheus.example.com`; a path in front of its API belongs to it. */
  readonly server: string;
  /** A bearer token. It travels in a header only. @default none */
  readonly token?: string | undefined;
  /** Milliseconds after which an answer is lost. @default 10000 */
  readonly timeout?: number | undefined;
}

/** What one series was in a range of time. */
export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  /** Seconds since 1970, and the value. */
  readonly values: readonly (readonly [number, string])[];
}

/**
 * One call of Prometheus' HTTP API: https://prometheus.io/docs/prometheus/latest/querying/api/
 * @param call `query`
 * @param fields what is asked; undefined for a call that asks nothing
 * @param list where the answer has what was asked for
 * @throws {Refusal} when it cannot be asked
 */
export async function askPrometheus<T>(
  { server, token, timeout = 10_000 }: PrometheusSettings,
  call: string,
  fields: Readonly<Record<string, string>> | undefined,
  list: string,
): Promise<readonly T[]> {
  const failed = (why: string, next: string) =>
    new Refusal(withoutSecrets(`Prometheus at ${server} cannot be asked (${why}). ${next}`));
  let status: number;
  let body: string;
  try {
    const response = await fetch(`${server.replace(/\/+$/, '')}/api/v1/${call}`, {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      ...(fields ? { method: 'POST', body: new URLSearchParams({ ...fields, timeout: '10s' }) } : {}),
      signal: AbortSignal.timeout(timeout),
    });
    status = response.status;
    body = await response.text();
  } catch (error) {
    throw failed(whyNone(error as Error, timeout), 'Check PROMETHEUS_URL and that it is up.');
  }
  const answer = parsed(body);
  const found = answer?.data?.[list];
  if (status === 401 || status === 403) throw failed(`it answered ${status}`, 'Check PROMETHEUS_TOKEN.');
  if (answer?.status !== 'success' || !Array.isArray(found))
    throw failed(
      answer?.error ? quote(answer.error, 200) : `it answered ${status}, and nothing that Prometheus says`,
      'Check that PROMETHEUS_URL is the address of its API.',
    );
  return found as readonly T[];
}

interface Result {
  readonly status?: string;
  readonly error?: string;
  readonly data?: Readonly<Record<string, unknown>>;
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
