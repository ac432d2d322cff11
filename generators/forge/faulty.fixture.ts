import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

/** What happens to a call on its way. */
export type Fault =
  /** Answered by something on the way: the forge never hears of it. */
  | {
      readonly is: 'refused';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly message?: string;
    }
  /** The connection breaks before the forge hears of it. */
  | { readonly is: 'cut before' }
  /** The forge does it, and the answer is lost. */
  | { readonly is: 'cut after' }
  /** The forge does it, and something on the way answers otherwise. */
  | { readonly is: 'answered otherwise'; readonly status: number }
  /** The forge does it, and answers half. */
  | { readonly is: 'cut within' }
  /** The forge does it, and the answer comes late. */
  | { readonly is: 'late'; readonly by: number }
  /** Answered as it was before the last write: a list lags behind what was done. */
  | { readonly is: 'stale' };

export interface Faulty {
  /** The address to be asked instead of the forge's. */
  readonly url: string;
  /** Breaks the next calls that match, one fault each: `POST /merge_requests`. */
  readonly breaks: (call: RegExp, ...faults: readonly Fault[]) => void;
  /** Every call that came, as method and path, with the moment in milliseconds. */
  readonly calls: readonly { readonly call: string; readonly at: number }[];
}

/**
 * A way to a forge on which calls break as told. Whatever is not told to break goes through.
 * @param still makes a forge which stays as this one is now, and gives its address; only `stale` needs it
 */
export async function faulty(
  t: Pick<TestContext, 'after'>,
  forge: string,
  still?: () => Promise<string>,
): Promise<Faulty> {
  let before: string | undefined;
  const planned: { call: RegExp; faults: Fault[] }[] = [];
  const calls: { call: string; at: number }[] = [];

  /** As it was before a write nothing can be answered until one came. */
  const waits = (fault: Fault) => fault.is === 'stale' && before === undefined;

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const call = `${incoming.method} ${incoming.url}`;
    calls.push({ call, at: performance.now() });
    const fault = planned.find(({ faults: [next], call: of }) => next && !waits(next) && of.test(call))?.faults.shift();
    if (fault?.is === 'cut before') return void incoming.socket.destroy();
    if (fault?.is === 'refused') {
      response.writeHead(fault.status, { 'content-type': 'application/json', ...fault.headers });
      return void response.end(JSON.stringify({ message: fault.message ?? 'refused on the way' }));
    }
    const lags = planned.some(({ faults }) => faults.some((one) => one.is === 'stale'));
    const now = incoming.method !== 'GET' && lags ? await still?.() : undefined;
    const answer = await forward((fault?.is === 'stale' && before) || forge, incoming, body);
    // What was refused wrote nothing.
    if (answer.status < 400) before = now ?? before;
    if (fault?.is === 'cut after') return void incoming.socket.destroy();
    if (fault?.is === 'late') await new Promise((resolve) => setTimeout(resolve, fault.by).unref());
    if (fault?.is === 'answered otherwise') {
      response.writeHead(fault.status, { 'content-type': 'text/html' });
      return void response.end('<h1>Bad gateway</h1>');
    }
    const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = answer.headers;
    response.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
    if (fault?.is !== 'cut within') return void response.end(answer.body);
    response.write(answer.body.subarray(0, answer.body.length / 2), () => incoming.socket.destroy());
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => incoming.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    breaks: (call, ...faults) => void planned.push({ call, faults: [...faults] }),
    calls,
  };
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

function forward(forge: string, { method, url = '/', headers }: IncomingMessage, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = send(new URL(url, forge), { method, headers, agent: false }, (answer) => {
      buffer(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 500, headers: answer.headers, body: bytes }),
        reject,
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
