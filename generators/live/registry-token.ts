import { Refusal } from '../model/refusal.ts';
import { isLoopback } from '../model/registry-address.ts';
import type { Logins } from './registry-credentials.ts';

/** What a call does to a repository. */
export type Action = 'pull' | 'push' | 'delete';

/**
 * What registries want to be shown, asked for when they ask, and kept for the next call of the same kind:
 * https://distribution.github.io/distribution/spec/auth/token/
 */
export class Authorizations {
  readonly #logins: Logins;
  readonly #timeout: number;
  readonly #known = new Map<string, string>();

  /** @param timeout milliseconds after which an answer is lost */
  constructor(logins: Logins, timeout: number) {
    this.#logins = logins;
    this.#timeout = timeout;
  }

  /** The header that the last call of this kind had. */
  known(host: string, name: string, action: Action): string | undefined {
    return this.#known.get(`${host} ${name} ${action}`);
  }

  /**
   * Answers a challenge.
   * @returns whether there is now something to show that was not shown before
   * @throws {Refusal} when it would send the password where it does not belong
   */
  async ask(host: string, name: string, action: Action, challenge: string): Promise<boolean> {
    const [, scheme = '', rest = ''] = /^\s*(\w+)\s*(.*)$/s.exec(challenge) ?? [];
    const login = await this.#logins(host);
    const basic = login && `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
    const shown = /^bearer$/i.test(scheme)
      ? await this.#token(host, fieldsOf(rest), basic)
      : /^basic$/i.test(scheme)
        ? basic
        : undefined;
    const key = `${host} ${name} ${action}`;
    if (shown === undefined || shown === this.#known.get(key)) return false;
    this.#known.set(key, shown);
    return true;
  }

  async #token(
    host: string,
    { realm = '', service, scope }: Readonly<Record<string, string>>,
    basic: string | undefined,
  ): Promise<string | undefined> {
    const url = URL.canParse(realm) ? new URL(realm) : undefined;
    const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.host) && isLoopback(host));
    if (!url || !safe)
      throw new Refusal(
        `${host} sends its callers to ${JSON.stringify(realm)} for a token, which is no address by HTTPS: no password is sent there. Look at the registry.`,
      );
    if (service) url.searchParams.set('service', service);
    for (const one of scope?.split(' ') ?? []) url.searchParams.append('scope', one);
    const response = await fetch(url, {
      headers: basic ? { authorization: basic } : {},
      redirect: 'error',
      signal: AbortSignal.timeout(this.#timeout),
    });
    if (response.status === 429 || response.status >= 500) throw new Error(`${url.origin} answered ${response.status}`);
    if (!response.ok) {
      await response.body?.cancel();
      return undefined;
    }
    const answer = (await response.json()) as { token?: string; access_token?: string };
    const token = answer.token ?? answer.access_token;
    return token ? `Bearer ${token}` : undefined;
  }
}

/** `realm="https://…",service="container_registry",scope="repository:a/b:pull,push"`, by name. */
const fieldsOf = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name = '', value = '']) => [name.toLowerCase(), value]),
  );
