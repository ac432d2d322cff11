import { createServer, type Server, type ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isTime, seconds } from '../model/environment.ts';
import { expositionType } from '../model/exposition.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';
import { VersionMetrics } from './version-metrics.ts';
import { Watch } from './watch.ts';

/** `metrics`: what runs where, since when, how far behind, and what is held, for Prometheus. */
export async function run({ values }: Asked): Promise<void> {
  const { listen, every = '1m' } = values as Partial<Record<'listen' | 'every', string>>;
  if ((values.once === true) === (listen !== undefined))
    throw new Misuse('slipway metrics wants one of --once and --listen ADDRESS:PORT.');
  if (listen === undefined && values.every !== undefined) throw new Misuse('--every goes with --listen.');
  if (!isTime(every) || seconds(every) === 0) throw new Misuse(`--every ${every}: write a time such as 1m.`);
  const at = listen === undefined ? undefined : addressOf(listen);
  const { checkout, remote, now, say } = await contextOf(values);
  const watch = new Watch({ checkout, remote });
  try {
    if (at) await serve(new VersionMetrics({ look: () => watch.look(), now, say }), at, seconds(every) * 1000, say);
    else {
      const stands = await watch.look();
      const metrics = new VersionMetrics({ look: async () => stands, now, say });
      await metrics.read();
      process.stdout.write(metrics.text());
    }
  } finally {
    await watch.close();
  }
  // A git that still waits for a remote is nobody's any more.
  if (at) process.exit(0);
}

/** Serves until SIGTERM or SIGINT. @param every milliseconds between two readings */
async function serve(metrics: VersionMetrics, at: Address, every: number, say: (line: string) => void): Promise<void> {
  // Over HTTP git waits for ever otherwise: https://git-scm.com/docs/git-config#Documentation/git-config.txt-httplowSpeedLimit
  process.env.GIT_HTTP_LOW_SPEED_LIMIT ??= '1';
  process.env.GIT_HTTP_LOW_SPEED_TIME ??= '60';
  const ended = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => ended.abort());
  const server = await listening(metrics, at);
  say(`http://${at.text}/metrics`);
  const over = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve()));
  while (!ended.signal.aborted) {
    // A remote that does not answer must not keep the process from ending.
    await Promise.race([metrics.read(), over]);
    await delay(every, undefined, { signal: ended.signal }).catch(() => {});
  }
  server.close();
  server.closeAllConnections();
}

/** @throws {Refusal} when nobody may listen there, or somebody else does */
function listening(metrics: VersionMetrics, { host, port, text }: Address): Promise<Server> {
  const server = createServer(({ method = '', url = '' }, response) => {
    const path = url.replace(/\?.*/s, '');
    if (method !== 'GET' && method !== 'HEAD') return answer(response, 405, 'Not allowed.\n');
    if (path === '/metrics') return answer(response, 200, metrics.text(), expositionType);
    if (path === '/healthz') return answer(response, 200, 'alive\n');
    if (path === '/readyz')
      return metrics.isRead
        ? answer(response, 200, 'ready\n')
        : answer(response, 503, 'The branches were not read yet.\n');
    answer(response, 404, 'There are /metrics, /readyz and /healthz.\n');
  });
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new Refusal(`--listen ${text}: nobody can listen there (${error.code ?? error.message}).`)),
    );
    server.listen(port, host, () => resolve(server));
  });
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(body);
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly text: string;
}

/** @throws {Misuse} for what is no address of this machine with a port */
function addressOf(text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const port = Number(digits);
  const fits = host === 'localhost' || isIP(host) === (bracketed === undefined ? 4 : 6);
  if (fits && port > 0 && port < 65_536) return { host, port, text };
  throw new Misuse(`--listen ${text}: write an address and a port, as 127.0.0.1:9464 or [::]:9464.`);
}
