import { createServer } from 'node:net';

// Below the range from which the kernel takes ports for outgoing connections: among these, a port that is free now may
// be some client's a moment later.
const [least, most] = [18_000, 32_000];

/** Ports that pods of this process have, whether they listen already or not. */
const taken = new Set<number>();

/** Reserves a port of this machine on which nobody listens. Give it back with `releasePort`. */
export async function reservePort(): Promise<number> {
  for (;;) {
    const port = least + Math.floor(Math.random() * (most - least));
    if (taken.has(port)) continue;
    taken.add(port);
    if (await free(port)) return port;
    taken.delete(port);
  }
}

export const releasePort = (port: number): void => void taken.delete(port);

function free(port: number): Promise<boolean> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
