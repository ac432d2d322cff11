import { quote } from '../model/words.ts';
import { Failed, type Patience, pause, whyNone, without } from './patience.ts';

/** What gitbeaker hands over of one call, and wants back. */
interface Asked {
  readonly searchParams?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
}
interface Answered {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly status: number;
}
type Ask = (endpoint: string, asked?: Asked) => Promise<Answered>;

/**
 * How GitLab's client talks to the server, instead of its own way: that repeats every call after a 502, merges too,
 * ten times within a third of a second, and does not read Retry-After. Here a call is repeated only when it may be:
 * what was refused for its rate, what reads, and a PUT that says how something shall be. Who opens, merges or sets a
 * status looks first what became of it. `token` goes in a header, and to no other address than `host`.
 */
export function requester({ host, token, patience }: { host: string; token: string; patience: Patience }) {
  const base = `${host.replace(/\/+$/, '')}/api/v4/`;
  const identity = new Headers({ 'private-token': token });
  const hidden = (text: string) => without(token, text);

  async function once(method: string, url: URL, body: string | undefined): Promise<Answered> {
    const headers = new Headers(identity);
    if (body !== undefined) headers.set('content-type', 'application/json');
    let response: Response;
    let text: string;
    try {
      const signal = AbortSignal.timeout(patience.timeout);
      // A redirect would take the token along.
      response = await fetch(url, { method, headers, body: body ?? null, signal, redirect: 'manual' });
      text = await response.text();
    } catch (error) {
      throw new Failed(hidden(whyNone(error as Error, patience.timeout)));
    }
    const { status } = response;
    if (!response.ok) throw failure(response, text);
    const json = parsed(text);
    if (json === undefined) throw new Failed('its answer is not that of GitLab', { status });
    return { body: json, headers: Object.fromEntries(response.headers.entries()), status };
  }

  function failure({ status, headers }: Response, text: string): Failed {
    const json = parsed(text) as { message?: unknown; error?: unknown; scope?: unknown } | undefined;
    const said = json?.message ?? json?.error;
    const location = status >= 300 && status < 400 ? `it redirects to ${headers.get('location')}` : undefined;
    const words = location ?? (said === undefined ? text : typeof said === 'string' ? said : JSON.stringify(said));
    const scope = json?.error === 'insufficient_scope' ? String(json.scope ?? 'api') : undefined;
    return new Failed(quote(hidden(words), 300), { status, scope, wait: waitOf(headers) });
  }

  async function ask(method: string, endpoint: string, { searchParams, body }: Asked = {}): Promise<Answered> {
    const url = new URL(endpoint, base);
    for (const [name, value] of snake(searchParams)) url.searchParams.set(name, String(value));
    const sent = body && JSON.stringify(Object.fromEntries(snake(body)));
    const repeatable = method === 'GET' || (method === 'PUT' && !endpoint.endsWith('/merge'));
    const end = performance.now() + patience.longest;
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(method, url, sent);
      } catch (error) {
        if (!(error instanceof Failed) || attempt >= patience.attempts || performance.now() > end) throw error;
        const again = error.status === 429 || (repeatable && error.lost);
        if (!again || (error.wait ?? 0) > patience.longest) throw error;
        if (error.wait !== undefined) await new Promise((resolve) => setTimeout(resolve, error.wait));
        await pause(patience, attempt);
      }
    }
  }

  const way =
    (method: string): Ask =>
    (endpoint, asked) =>
      ask(method, endpoint, asked);
  return { get: way('GET'), post: way('POST'), put: way('PUT'), patch: way('PATCH'), delete: way('DELETE') };
}

/** Retry-After is a number of seconds or a date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after */
function waitOf(headers: Headers): number | undefined {
  const after = headers.get('retry-after');
  if (after === null) return undefined;
  const wait = /^\d+$/.test(after) ? Number(after) * 1000 : Date.parse(after) - Date.now();
  return Number.isNaN(wait) ? undefined : Math.max(0, wait);
}

/** An object or a list; undefined for anything else. */
function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The fields that are given, in GitLab's spelling: `perPage` is `per_page`. */
const snake = (fields: Readonly<Record<string, unknown>> = {}): [string, unknown][] =>
  Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]);
