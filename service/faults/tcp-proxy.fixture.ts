import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on loopback whose network can be spoiled while it runs. */
export type TcpProxy = {
  port: number;
  /** Ends whatever was spoiled: it listens, and bytes pass at once, those held back first. */
  pass(): Promise<void>;
  /** Every byte and every farewell takes `ms` milliseconds, each way. */
  delay(ms: number): void;
  /** Half-open: connections are accepted and kept, and nothing passes, neither bytes nor farewells. */
  stall(): void;
  /** Connections are refused from now on; those that stand go on. */
  refuse(): Promise<void>;
  /** Ends every connection now, on both sides: `reset` with RST, `end` with FIN. */
  cut(how?: 'reset' | 'end'): void;
  /** Of the next answer the first `bytes` pass, then its connection is reset on both sides. Holds once. */
  truncate(bytes: number): void;
  close(): Promise<void>;
};

type Piece = { bytes: Buffer | 'end'; due: number };

type Connection = { sides: [Socket, Socket]; flow(): void };

/**
 * Ends a connection with RST at once. Socket.resetAndDestroy says farewell first; an error before that has left fails
 * the reset within libuv (EINVAL), and the handle that is never closed keeps the process from ending.
 */
function resetNow(socket: Socket): void {
  const saysFarewell = socket.writableEnded && !socket.writableFinished;
  if (!saysFarewell && !socket.connecting) (socket as Socket & { resetAndClosing: boolean }).resetAndClosing = true;
  socket.destroy();
}

/** Starts a proxy to `target`, a port of loopback; it passes everything. */
export async function startTcpProxy(target: number): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  let delayMs = 0;
  let stalled = false;
  let truncateTo: number | undefined;

  /** Carries what `from` says to `to`; gives the function that carries what is due. */
  const pipe = (from: Socket, to: Socket, cutShort: (bytes: Buffer) => boolean): (() => void) => {
    const held: Piece[] = [];
    const flow = () => {
      while (!stalled && held[0] && held[0].due <= performance.now()) {
        const { bytes } = held.shift() as Piece;
        if (bytes === 'end') to.end();
        else if (!cutShort(bytes)) to.write(bytes);
      }
    };
    const hold = (bytes: Piece['bytes']) => {
      held.push({ bytes, due: performance.now() + delayMs });
      if (delayMs === 0) flow();
      else setTimeout(flow, delayMs + 1).unref();
    };
    from.on('data', hold);
    from.on('end', () => hold('end'));
    return () => {
      if (delayMs === 0) for (const piece of held) piece.due = 0;
      flow();
    };
  };

  const accept = (near: Socket) => {
    const far = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    const reset = () => {
      resetNow(near);
      resetNow(far);
    };
    const asked = pipe(near, far, () => false);
    const answered = pipe(far, near, (bytes) => {
      if (truncateTo === undefined) return false;
      const passed = bytes.subarray(0, truncateTo);
      truncateTo = undefined;
      // A reset overtakes bytes that are still to be written.
      near.write(passed, reset);
      return true;
    });
    const connection: Connection = {
      sides: [near, far],
      flow: () => {
        asked();
        answered();
        // A side that went while the network was stalled could not say so.
        if (!stalled && (near.destroyed || far.destroyed)) reset();
      },
    };
    connections.add(connection);
    for (const side of connection.sides) {
      side.setNoDelay(true);
      side.on('error', () => {});
      side.on('close', () => {
        if (near.destroyed && far.destroyed) connections.delete(connection);
        else if (!stalled) setTimeout(() => connection.flow(), delayMs).unref();
      });
    }
  };

  const listen = async (port: number): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true }, accept).listen(port, '127.0.0.1');
    await once(server, 'listening');
    return server;
  };
  const flowAll = () => {
    for (const connection of connections) connection.flow();
  };

  let server = await listen(0);
  const { port } = server.address() as AddressInfo;

  const cut = (how: 'reset' | 'end' = 'reset') => {
    for (const { sides } of connections) {
      for (const side of sides) how === 'reset' ? resetNow(side) : side.end();
    }
  };
  return {
    port,
    pass: async () => {
      delayMs = 0;
      stalled = false;
      truncateTo = undefined;
      flowAll();
      if (!server.listening) server = await listen(port);
    },
    delay: (ms) => {
      delayMs = ms;
    },
    stall: () => {
      stalled = true;
    },
    refuse: async () => {
      // Its `close` event waits for the connections that stand; the port is given up at once.
      server.close();
    },
    cut,
    truncate: (bytes) => {
      truncateTo = bytes;
    },
    close: async () => {
      server.close();
      cut();
    },
  };
}
