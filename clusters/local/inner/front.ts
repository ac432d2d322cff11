import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { Refusal } from '../../../generators/model/refusal.ts';

const nobody =
  'HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n' +
  'It does not run: what slipway dev printed last says why.\n';

/** An address that stays, whoever answers behind it: a new instance is there before the old one leaves. */
export class Front {
  /** The port of this machine behind which somebody answers; undefined while nobody does. */
  target: number | undefined;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket) => {
      socket.on('error', () => socket.destroy());
      if (this.target === undefined) return void socket.end(nobody);
      const behind = connect(this.target, '127.0.0.1');
      behind.on('error', () => socket.destroy());
      behind.on('close', () => socket.destroy());
      socket.on('close', () => behind.destroy());
      socket.pipe(behind).pipe(socket);
    });
  }

  /**
   * @param port where it answers; 0 is any free one
   * @param strict whether another one will not do, when somebody has it
   * @throws {Refusal} when somebody has it
   */
  static open(port: number, strict: boolean): Promise<Front> {
    const server = createServer();
    return new Promise((resolve, reject) => {
      const taken = (error: NodeJS.ErrnoException) => {
        if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return reject(error);
        if (strict) return reject(new Refusal(`--port ${port} cannot be had (${error.code}): give another, or none.`));
        server.listen(0, '127.0.0.1');
      };
      server.once('error', taken);
      server.listen(port, '127.0.0.1').once('listening', () => resolve(new Front(server)));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
  }
}
