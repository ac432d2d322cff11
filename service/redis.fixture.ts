import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';
import { eventually } from './eventually.fixture.ts';

/** Why the tests that need Redis are skipped, or false where they can run. */
export const redisMissing =
  spawnSync('redis-server', ['--version']).error !== undefined &&
  'These tests talk to a real Redis, and redis-server is not installed here.';

/** A real Redis on loopback that writes every hit to disk before it answers. */
export type Redis = {
  port: number;
  url: string;
  /** Starts it, again on the same port and files, and waits until it answers. */
  start(): Promise<void>;
  /** Ends it without any farewell. */
  kill(): Promise<void>;
  /** It keeps its connections and no longer answers. */
  freeze(): void;
  thaw(): void;
  /** Sends one command over a connection of its own, and gives the answer. */
  ask(...command: string[]): Promise<unknown>;
  /** The same with a password. */
  askAs(password: string, ...command: string[]): Promise<unknown>;
  /** Ends it and removes its files. */
  remove(): Promise<void>;
};

/** A TCP port of loopback that nothing listens on. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString().startsWith('+PONG'));
    });
  });
}

async function ask(url: string, command: string[]): Promise<unknown> {
  const client = createClient({ url, socket: { reconnectStrategy: false } }).on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand(command);
  } finally {
    client.destroy();
  }
}

export type RedisProps = {
  /** Whether it writes every hit to disk before it answers; otherwise it forgets all when it is killed. @default true */
  durable?: boolean;
};

const running = new Set<ChildProcess>();
const folders = new Set<string>();
// Whoever started it may end by an error of its own.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A started Redis with no hits in it. */
export async function startRedis({ durable = true }: RedisProps = {}): Promise<Redis> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'counter-redis-'));
  folders.add(folder);
  const network = ['--port', `${port}`, '--bind', '127.0.0.1'];
  const storage = ['--dir', folder, '--appendonly', durable ? 'yes' : 'no', '--appendfsync', 'always', '--save', ''];
  let child: ChildProcess | undefined;

  const redis: Redis = {
    port,
    url: `redis://127.0.0.1:${port}`,
    start: async () => {
      child = spawn('redis-server', [...network, ...storage], { stdio: 'ignore' });
      running.add(child);
      await eventually(async () => {
        if (!(await answersPing(port))) throw new Error(`Redis does not answer on port ${port}.`);
      });
    },
    kill: async () => {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
      running.delete(child);
    },
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
    ask: (...command) => ask(redis.url, command),
    askAs: (password, ...command) => ask(`redis://:${password}@127.0.0.1:${port}`, command),
    remove: async () => {
      await redis.kill();
      await rm(folder, { recursive: true, force: true });
      folders.delete(folder);
    },
  };
  await redis.start();
  return redis;
}
