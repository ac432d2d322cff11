import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';

export type Answer = { status: number; headers: IncomingHttpHeaders; text: string };

/**
 * Asks once: nothing is tried again.
 * @throws the error of the connection, whose `code` says which, or what happened when no answer came for ten seconds
 */
export type Send = (method: 'GET' | 'POST', path: string, headers?: Record<string, string>) => Promise<Answer>;

export type HttpClient = {
  send: Send;
  /** Ends all its connections. */
  close(): void;
};

const SILENCE_MS = 10_000;

/** A client of one server that keeps its connections and uses them again. @param url without a path */
export function createHttpClient(url: string): HttpClient {
  const agent = new Agent({ keepAlive: true });
  return {
    send: (method, path, headers = {}) =>
      new Promise((resolve, reject) => {
        const asked = request(url + path, { method, headers, agent }, (answer) => {
          text(answer).then((body) => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: body });
          }, reject);
        });
        asked.setTimeout(SILENCE_MS, () => asked.destroy(new Error(`No answer came within ${SILENCE_MS} ms.`)));
        asked.on('error', reject);
        asked.end();
      }),
    close: () => agent.destroy(),
  };
}
