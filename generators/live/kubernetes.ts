import { readFile } from 'node:fs/promises';
import { Agent as PlainAgent, request as plainRequest } from 'node:http';
import { Agent, request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { delayOf } from '../forge/patience.ts';
import { accessIn } from '../model/kubeconfig.ts';
import { isMapping } from '../model/mapping.ts';
import { readYaml } from '../model/plain-yaml.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { bytesOf, type Credentials, credentialsOf, type Surroundings } from './kubernetes-credentials.ts';

export interface KubernetesSettings extends Surroundings {
  /** The kubeconfigs, the first one that names something counts. */
  readonly kubeconfigs: readonly string[];
  /** @default the current one */
  readonly context?: string | undefined;
  /** How long a call is tried. @default five times within some 20 seconds */
  readonly patience?: Patience | undefined;
}

export interface Patience {
  readonly attempts: number;
  /** Milliseconds before the second attempt; twice as long before each further one. */
  readonly first: number;
  /** The longest wait that the server may ask for, in milliseconds. */
  readonly longest: number;
  /** Milliseconds after which an answer is lost. */
  readonly timeout: number;
}

const patient: Patience = { attempts: 5, first: 500, longest: 30_000, timeout: 30_000 };

export interface Call {
  /** All that is asked may be asked twice: an answer that was lost is asked for again. @default GET */
  readonly method?: 'GET' | 'PATCH' | 'POST';
  readonly body?: unknown;
  /** @default application/json */
  readonly type?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Whom the server shall take us for. */
  readonly as?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  /** Empty where it took the call. */
  readonly message: string;
  readonly warnings: readonly string[];
}

/** One API server, spoken to with nothing but Node. */
export interface Kubernetes {
  /** The context's name. */
  readonly context: string;
  readonly server: string;
  /**
   * Asks, again and again while that may help.
   * @throws {Refusal} when no answer comes, or a credential cannot be had
   */
  ask(path: string, call?: Call): Promise<Answer>;
  close(): void;
}

/** @throws {Misuse|Refusal} for a kubeconfig that cannot be read or says what is not known here */
export async function openKubernetes(settings: KubernetesSettings): Promise<Kubernetes> {
  const { patience = patient, kubeconfigs, context, env, now } = settings;
  const access = accessIn(await readConfigs(kubeconfigs), context);
  const authority = await bytesOf(access.authority);
  const secure = access.server.startsWith('https:');
  let agent: Agent | PlainAgent | undefined;
  let credentials: Credentials | undefined;

  async function signIn(): Promise<Credentials> {
    credentials = await credentialsOf(access, { env, now });
    agent?.destroy();
    agent = secure
      ? new Agent({
          keepAlive: true,
          ca: authority,
          cert: credentials.certificate,
          key: credentials.key,
          rejectUnauthorized: !access.insecure,
          ...(access.serverName ? { servername: access.serverName } : {}),
        })
      : new PlainAgent({ keepAlive: true });
    return credentials;
  }

  async function once(path: string, call: Call): Promise<Reply> {
    const known = credentials && (credentials.until ?? Number.POSITIVE_INFINITY) > now() ? credentials : await signIn();
    const search = new URLSearchParams(call.query);
    const url = new URL(`${access.server}${path}${search.size > 0 ? `?${search}` : ''}`);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    return exchange(secure ? request : plainRequest, url, body, {
      method: call.method ?? 'GET',
      agent,
      timeout: patience.timeout,
      headers: {
        accept: 'application/json',
        'user-agent': 'slipway',
        ...(body === undefined ? {} : { 'content-type': call.type ?? 'application/json' }),
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        ...(known.token ? { authorization: `Bearer ${known.token}` } : {}),
        ...(call.as ? { 'impersonate-user': call.as } : {}),
      },
    });
  }

  async function ask(path: string, call: Call = {}): Promise<Answer> {
    let refused = false;
    for (let attempt = 1; ; attempt++) {
      const reply = await once(path, call);
      const last = attempt >= patience.attempts;
      // A token may have ended before its time.
      if ('status' in reply && reply.status === 401 && !refused && !last) {
        refused = true;
        credentials = undefined;
        continue;
      }
      const wait = last ? undefined : waitAfter(reply, attempt, patience);
      if (wait !== undefined) {
        await sleep(wait);
        continue;
      }
      if ('status' in reply) return answerOf(reply);
      throw new Refusal(
        `The API server ${access.server} (context ${access.context}) ${reply.lost}. ${reply.final ? 'Check certificate-authority and tls-server-name of the kubeconfig.' : 'Check that it is up and reached from here, and run this again.'}`,
      );
    }
  }

  return { context: access.context, server: access.server, ask, close: () => agent?.destroy() };
}

async function readConfigs(paths: readonly string[]) {
  const found = [];
  for (const path of paths) {
    const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      // Of a list, some may be missing; kubectl does not mind either.
      if (error.code === 'ENOENT' && paths.length > 1) return undefined;
      throw new Misuse(`The kubeconfig ${path} cannot be read (${error.message}); name one with --kubeconfig FILE.`);
    });
    if (text !== undefined) found.push({ path, value: readYaml(text, path) });
  }
  if (found.length === 0)
    throw new Misuse(`None of ${paths.join(', ')} is there; name a kubeconfig with --kubeconfig FILE.`);
  return found;
}

/** What came back, or why nothing did. */
type Reply =
  | { readonly status: number; readonly text: string; readonly headers: NodeJS.Dict<string | string[]> }
  | { readonly lost: string; readonly final: boolean };

function exchange(
  send: typeof request | typeof plainRequest,
  url: URL,
  body: string | undefined,
  options: Parameters<typeof request>[1] & object,
): Promise<Reply> {
  return new Promise((done) => {
    const lose = (error: NodeJS.ErrnoException) =>
      done({ lost: `gave no answer (${error.message || error.code})`, final: isFinal(error) });
    const call = send(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', lose);
      response.on('close', () => {
        if (response.complete)
          done({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString(), headers: response.headers });
        else lose(new Error('the connection broke in the middle of it'));
      });
    });
    call.on('error', lose);
    call.on('timeout', () => call.destroy(new Error(`none within ${Number(options.timeout) / 1000} s`)));
    call.end(body);
  });
}

/** Another attempt gets the same certificate. */
const isFinal = ({ code = '' }: NodeJS.ErrnoException) => /CERT|SIGNATURE|^ERR_(TLS|SSL|OSSL)|ISSUER/.test(code);

/** How many milliseconds to wait before trying again; undefined when that would not help. */
function waitAfter(reply: Reply, attempt: number, { first, longest }: Patience): number | undefined {
  const own = delayOf({ first }, attempt);
  if (!('status' in reply)) return reply.final ? undefined : own;
  // 409: somebody else wrote the object at the same moment.
  if (![409, 429, 500, 502, 503, 504].includes(reply.status)) return undefined;
  // A field that the schema does not have is the sender's fault, whatever the server calls it.
  if (reply.status === 500 && reply.text.includes('typed patch object')) return undefined;
  const asked = Number(reply.headers['retry-after']);
  return asked > 0 ? Math.min(asked * 1000, longest) : own;
}

function answerOf({ status, text, headers }: Extract<Reply, { status: number }>): Answer {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {}
  const body = isMapping(said) ? said : {};
  const warning = headers.warning;
  const header = Array.isArray(warning) ? warning.join(', ') : (warning ?? '');
  // https://www.rfc-editor.org/rfc/rfc7234#section-5.5
  const warnings = [...header.matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, one = '']) =>
    one.replace(/\\(.)/g, '$1'),
  );
  const message = status < 300 ? '' : typeof body.message === 'string' ? body.message : text.trim().slice(0, 300);
  return { status, body, message: message || (status < 300 ? '' : `status ${status}`), warnings };
}
