import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { gathered } from './gather.ts';

export const skip = spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not installed';

export interface ConfigMap {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly data?: Readonly<Record<string, string>>;
}

/** Where a program is told to look for an API server, and for what it needs to be let in. */
export interface Access {
  readonly host: string;
  readonly port: string;
  /** A folder with `token` and `ca.crt`. */
  readonly account: string;
}

/** A look of the gatherer, as a pod would run it. @returns what it said */
export async function look(
  program: string,
  what: keyof typeof gathered,
  folder: string,
  { host, port, account }: Access,
): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-gather-'));
  const file = join(dir, 'gather.mjs');
  writeFileSync(file, program);
  const env = { PATH: process.env.PATH, KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port };
  try {
    return await new Promise((resolve, reject) =>
      execFile(process.execPath, [file, what, folder, account, '0'], { env }, (error, out, says) =>
        error ? reject(error) : resolve(out + says),
      ),
    );
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** What an API server does for those who list ConfigMaps by label: HTTPS, a token, one namespace at a time. */
export class Api {
  readonly access: Access;
  readonly asked: string[] = [];
  maps: readonly ConfigMap[] = [];
  /** What a namespace is answered instead. */
  readonly faults = new Map<string, (response: ServerResponse) => void>();
  readonly #server: Server;

  private constructor(server: Server, account: string) {
    this.#server = server;
    this.access = { host: '127.0.0.1', port: String((server.address() as AddressInfo).port), account };
    server.on('request', ({ url = '', headers }, response: ServerResponse) => {
      this.asked.push(url);
      const { pathname, searchParams } = new URL(url, 'https://any');
      const [, namespace = ''] = /^\/api\/v1\/namespaces\/([^/]+)\/configmaps$/.exec(pathname) ?? [];
      const [label = '', value] = searchParams.get('labelSelector')?.split('=') ?? [];
      const fault = this.faults.get(namespace);
      if (fault) return fault(response);
      if (headers.authorization !== 'Bearer a-token') return response.writeHead(401).end();
      const items = this.maps.filter(
        ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[label] === value,
      );
      return response.end(JSON.stringify({ kind: 'ConfigMapList', items }));
    });
  }

  static async open(): Promise<Api> {
    const account = mkdtempSync(join(tmpdir(), 'slipway-account-'));
    const [key, cert] = [join(account, 'key'), join(account, 'ca.crt')];
    const made = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
    const about = ['-subj', '/CN=api', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert];
    execFileSync('openssl', ['req', ...made, ...about], { stdio: 'ignore' });
    writeFileSync(join(account, 'token'), 'a-token\n', { mode: 0o600 });
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return new Api(server, account);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    rmSync(this.access.account, { recursive: true });
  }
}
