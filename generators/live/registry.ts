import { setTimeout as sleep } from 'node:timers/promises';
import { delayOf, whyNone } from '../forge/patience.ts';
import { digestOf, mediaType } from '../model/image-index.ts';
import { Refusal } from '../model/refusal.ts';
import { registryAddress } from '../model/registry-address.ts';
import { quote } from '../model/words.ts';
import type { Logins } from './registry-credentials.ts';
import { type Action, Authorizations } from './registry-token.ts';

/** A manifest or an index, as the registry keeps it. Its bytes have its digest: that was computed. */
export interface Stored {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Buffer;
}

/**
 * Registries, by the distribution API: https://github.com/opencontainers/distribution-spec/blob/main/spec.md. A
 * `reference` is a tag, or a digest. Whatever cannot be asked throws a Refusal; what is not there is an answer.
 */
export interface Registry {
  /** @throws {Refusal} also when it answers with bytes that have another digest */
  manifest(repository: string, reference: string): Promise<Stored | undefined>;
  /** Whether it has a manifest, without its bytes. */
  has(repository: string, digest: string): Promise<boolean>;
  /** What a manifest names: an image's configuration. */
  blob(repository: string, digest: string): Promise<Buffer>;
  /** Puts a manifest under its digest, or a tag on it. Also done when it stands there already. */
  put(repository: string, reference: string, manifest: Omit<Stored, 'digest'>): Promise<void>;
  /** Every tag; of a repository that nobody pushed to, none. */
  tags(repository: string): Promise<string[]>;
  /** Takes a manifest away, and with it every tag that is on it. Also done when it is gone already. */
  remove(repository: string, digest: string): Promise<void>;
}

export interface Patience {
  /** How often one thing is asked. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; longer before each further one. */
  readonly first: number;
  /** Milliseconds after which an answer is lost, and the longest wait that a registry may ask for. */
  readonly timeout: number;
}

const patient: Patience = { attempts: 5, first: 300, timeout: 30_000 };

/** An answer that was none: no connection, or what passes by itself. */
class Passing extends Error {
  readonly wait: number;
  constructor(message: string, wait = 0) {
    super(message);
    this.wait = wait;
  }
}

/** What `fetch` sends. */
interface Sent {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

const manifests = Object.values(mediaType).join(', ');

/**
 * @param logins who asks, by registry
 * @param patience how long a registry that does not answer is asked
 */
export function registry(logins: Logins, patience: Patience = patient): Registry {
  const authorizations = new Authorizations(logins, patience.timeout);

  /** One call, with the login that the registry asks for. @throws {Passing} what may be otherwise in a moment */
  async function call(repository: string, { method, path, headers, body }: Sent): Promise<Response> {
    const { host, url, name } = registryAddress(repository);
    const action: Action = method === 'PUT' ? 'push' : method === 'DELETE' ? 'delete' : 'pull';
    for (let attempt = 1; ; attempt++) {
      const authorization = authorizations.known(host, name, action);
      let response: Response;
      try {
        response = await fetch(`${url}/v2/${name}/${path}`, {
          method,
          headers: { ...headers, ...(authorization ? { authorization } : {}) },
          ...(body ? { body: new Uint8Array(body) } : {}),
          signal: AbortSignal.timeout(patience.timeout),
        });
      } catch (error) {
        throw new Passing(whyNone(error as Error));
      }
      const { status } = response;
      if (status === 429 || status >= 500) {
        await response.body?.cancel();
        throw new Passing(`it answered ${status}`, waitOf(response.headers, patience.timeout));
      }
      // A token may have ended meanwhile: it is asked for once more.
      if (status !== 401 || attempt > 1) return response;
      const challenge = response.headers.get('www-authenticate') ?? '';
      const asked = await authorizations.ask(host, name, action, challenge).catch((error: Error) => {
        throw error instanceof Refusal ? error : new Passing(whyNone(error));
      });
      if (!asked) return response;
      await response.body?.cancel();
    }
  }

  /** Tries again, longer each time, what did not get an answer. `settled` looks first whether it was done. */
  async function ask<T>(
    repository: string,
    sent: Sent,
    read: (response: Response) => Promise<T>,
    settled?: () => Promise<T | undefined>,
  ): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await read(await call(repository, sent));
      } catch (error) {
        // Also a body that breaks off in its middle.
        const passing = error instanceof Passing ? error : error instanceof Refusal ? undefined : brokenOff(error);
        if (!passing) throw error;
        if (attempt >= patience.attempts)
          throw new Refusal(
            `${repository}: the registry cannot be asked (${sent.method} ${sent.path}: ${quote(passing.message, 200)}), ${attempt} times. Check that it is up, and run this again.`,
          );
        await sleep(Math.max(passing.wait, delayOf(patience, attempt)));
        const found = await settled?.();
        if (found !== undefined) return found;
      }
    }
  }

  async function manifest(repository: string, reference: string): Promise<Stored | undefined> {
    const sent: Sent = { method: 'GET', path: `manifests/${reference}`, headers: { accept: manifests } };
    return ask(repository, sent, async (response) => {
      if (response.status === 404) return void (await response.body?.cancel());
      if (!response.ok) throw await refused(repository, sent, response);
      const bytes = Buffer.from(await response.arrayBuffer());
      const digest = digestOf(bytes);
      const claimed = reference.includes(':') ? reference : response.headers.get('docker-content-digest');
      if (claimed !== null && claimed !== digest)
        throw new Refusal(
          `${repository}: the registry gave ${digest} for ${reference}, and says that it is ${claimed}. Nothing of it is believed; look at the registry.`,
        );
      const type = (response.headers.get('content-type') ?? '').split(';', 1)[0]?.trim() ?? '';
      return { digest, mediaType: type, bytes };
    });
  }

  return {
    manifest,
    async has(repository, digest) {
      const sent: Sent = { method: 'HEAD', path: `manifests/${digest}`, headers: { accept: manifests } };
      return ask(repository, sent, async (response) => {
        if (response.status === 404) return false;
        if (!response.ok) throw await refused(repository, sent, response);
        return true;
      });
    },
    async blob(repository, digest) {
      const sent: Sent = { method: 'GET', path: `blobs/${digest}` };
      return ask(repository, sent, async (response) => {
        if (!response.ok) throw await refused(repository, sent, response);
        const bytes = Buffer.from(await response.arrayBuffer());
        if (digestOf(bytes) === digest) return bytes;
        throw new Refusal(`${repository}: the registry gave other bytes for ${digest}. Nothing of it is believed.`);
      });
    },
    async put(repository, reference, { mediaType: type, bytes }) {
      const digest = digestOf(bytes);
      const headers = { 'content-type': type };
      const sent: Sent = { method: 'PUT', path: `manifests/${reference}`, headers, body: bytes };
      await ask(
        repository,
        sent,
        async (response) => {
          if (!response.ok) throw await refused(repository, sent, response);
          await response.body?.cancel();
          return true;
        },
        // The registry may have done it, and the answer was lost.
        async () =>
          (await manifest(repository, reference).catch(() => undefined))?.digest === digest ? true : undefined,
      );
    },
    async tags(repository) {
      const found: string[] = [];
      let path: string | undefined = 'tags/list?n=1000';
      while (path !== undefined) {
        const sent: Sent = { method: 'GET', path };
        const page: { tags: string[]; next: string | undefined } = await ask(repository, sent, async (response) => {
          if (response.status === 404) {
            await response.body?.cancel();
            return { tags: [], next: undefined };
          }
          if (!response.ok) throw await refused(repository, sent, response);
          const { tags } = (await response.json()) as { tags?: string[] | null };
          return { tags: tags ?? [], next: nextOf(response.headers) };
        });
        found.push(...page.tags);
        path = page.next;
      }
      return found;
    },
    async remove(repository, digest) {
      const sent: Sent = { method: 'DELETE', path: `manifests/${digest}` };
      await ask(repository, sent, async (response) => {
        if (!response.ok && response.status !== 404) throw await refused(repository, sent, response);
        await response.body?.cancel();
      });
    },
  };
}

const brokenOff = (error: unknown) =>
  error instanceof TypeError || (error as Error).name === 'AbortError' || (error as Error).name === 'TimeoutError'
    ? new Passing(whyNone(error as Error))
    : undefined;

/** @param longest what a registry may ask for, in milliseconds */
function waitOf(headers: Headers, longest: number): number {
  const after = headers.get('retry-after');
  return after !== null && /^\d+$/.test(after) ? Math.min(Number(after) * 1000, longest) : 0;
}

/** `</v2/name/tags/list?last=x&n=1000>; rel="next"`: only what it asks is taken from it, not where. */
function nextOf(headers: Headers): string | undefined {
  const next = /<([^>]+)>\s*;\s*rel="?next"?/.exec(headers.get('link') ?? '')?.[1];
  return next === undefined ? undefined : `tags/list${new URL(next, 'https://registry.invalid').search}`;
}

/** What the registry says against it, and what helps. */
async function refused(repository: string, { method, path }: Sent, response: Response): Promise<Refusal> {
  const { status } = response;
  let why = '';
  try {
    const { errors } = (await response.json()) as { errors?: { code?: string; message?: string }[] };
    why = (errors ?? []).map(({ code, message }) => [code, message].filter(Boolean).join(': ')).join('; ');
  } catch {}
  const { host } = registryAddress(repository);
  const next =
    status === 401 || status === 403
      ? `Log in to ${host} with an account that may do that (docker login; in CI the job writes config.json into DOCKER_CONFIG).`
      : status === 405
        ? 'The registry does not let anybody delete: turn deletion on, or keep what is there.'
        : status === 404
          ? 'Something that it names is not there; look whether a clean-up took it.'
          : 'Look at the registry, and run this again.';
  const words = why ? `: ${quote(why, 300)}` : '';
  return new Refusal(`${repository}: the registry answered ${status} to ${method} ${path}${words}. ${next}`);
}
