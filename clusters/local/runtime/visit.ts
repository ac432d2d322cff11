import { request } from 'node:http';
import type { WorldFile } from '../world.ts';

export interface Visit {
  readonly status: number;
  readonly body: string;
}

/**
 * Asks a host of the world as a visitor would, through its proxy. Not every machine resolves `*.localhost`, so the
 * host is said and the address is given.
 */
export function visit(world: WorldFile, host: string, path = '/'): Promise<Visit> {
  const { hostname, port } = new URL(world.proxy);
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, headers: { host, accept: 'text/plain' } }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    asked.on('error', reject);
    asked.end();
  });
}
