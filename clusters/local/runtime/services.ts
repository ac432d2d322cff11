import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Service } from './manifests.ts';
import type { Pod } from './pod.ts';

/** A ready pod and its port of this machine. */
export interface Backend {
  readonly pod: Pod;
  readonly port: number;
}

/** The addresses of an environment's services on this machine: what kube-proxy is in a cluster. */
export class Services {
  /** By `service:port`. */
  readonly #addresses = new Map<string, { readonly port: number; readonly server: Server; readonly pattern: RegExp }>();
  readonly #environment: string;
  readonly #backends: (service: string, port: number) => readonly Backend[];

  /** @param backends the ready pods behind a port of a service */
  constructor(environment: string, backends: (service: string, port: number) => readonly Backend[]) {
    this.#environment = environment;
    this.#backends = backends;
  }

  /** Opens the addresses of services that have none yet. An address stays: who was told it goes on using it. */
  async open(services: readonly Service[]): Promise<void> {
    for (const { name, ports } of services) for (const { port } of ports) await this.#forward(name, port);
  }

  /** A text in which each address of a service, such as `redis:6379`, is one of this machine. */
  reach(value: string): string {
    let reached = value;
    for (const { port, pattern } of this.#addresses.values()) reached = reached.replace(pattern, `127.0.0.1:${port}`);
    return reached;
  }

  close(): void {
    for (const { server } of this.#addresses.values()) server.close();
  }

  async #forward(service: string, port: number): Promise<void> {
    const key = `${service}:${port}`;
    if (this.#addresses.has(key)) return;
    const server = createServer((socket) => this.#connect(socket, service, port));
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    const domain = `(?:\\.${this.#environment}(?:\\.svc(?:\\.cluster\\.local)?)?)?`;
    const pattern = new RegExp(`(?<![\\w.-])${service.replaceAll('.', '\\.')}${domain}:${port}(?!\\d)`, 'g');
    this.#addresses.set(key, { port: (server.address() as AddressInfo).port, server, pattern });
  }

  async #connect(socket: Socket, service: string, port: number): Promise<void> {
    socket.on('error', () => socket.destroy());
    const backends = this.#backends(service, port);
    const first = Math.floor(Math.random() * backends.length);
    for (let tries = 0; tries < backends.length; tries++) {
      const backend = backends[(first + tries) % backends.length];
      const upstream = backend && (await opened(backend.port));
      if (!upstream) continue;
      upstream.on('error', () => socket.destroy());
      upstream.on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
      return;
    }
    socket.destroy();
  }
}

/** A connection to a port of this machine; undefined when nobody accepts it. */
export function opened(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const refused = () => resolve(undefined);
    socket.once('error', refused);
    socket.once('connect', () => {
      socket.off('error', refused);
      resolve(socket);
    });
  });
}
