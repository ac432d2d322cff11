import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { connectHits } from './hits.ts';
import { createLog } from './log.ts';
import { startTelemetry } from './telemetry.ts';

/** EX_CONFIG of sysexits.h: starting again will not help. */
const EXIT_CONFIG = 78;

// Longer than the minute for which load balancers keep a connection, or they meet one that was just closed.
const KEEP_ALIVE_MS = 65_000;

const CLOSE_GRACE_MS = 1_000;

function refuseToStart(sentence: string, exitCode: number): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(exitCode);
}

function configure(): Config {
  try {
    return readConfig(process.env);
  } catch (error) {
    if (error instanceof ConfigError) refuseToStart(error.message, EXIT_CONFIG);
    throw error;
  }
}

const log = createLog(
  (line) => process.stdout.write(line),
  () => new Date(),
);

// Both end here: an unhandled rejection is thrown by Node when nobody listens for it.
process.on('uncaughtException', (error: unknown) => {
  log('error', 'A fault nobody handled ends the process.', {
    reason: error instanceof Error ? error.stack : String(error),
  });
  process.exit(1);
});

const config = configure();
const { identity, host, port } = config;
const telemetry = startTelemetry({ service: 'counter', identity, tracing: config.tracing });
const hits = connectHits({ url: config.redisUrl, deadlineMs: config.deadlineMs, log });

let draining = false;
const { metrics, tracer } = telemetry;
const app = createApp({ hits, identity, metrics, tracer, draining: () => draining, log });
const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, app);

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (draining) return;
  draining = true;
  log('info', 'Draining.', { signal, drainMs: config.drainMs });
  await delay(config.drainMs);

  // It closes idle connections too; busy ones get `Connection: close` with their answer.
  const closed = new Promise((resolve) => server.close(resolve));
  // By then every request has had its answer; who is left never asked one, or never reads the answer.
  setTimeout(() => server.closeAllConnections(), config.deadlineMs + CLOSE_GRACE_MS).unref();
  await closed;

  hits.close();
  await telemetry.shutdown();
  log('info', 'Stopped.');
  process.exit(0);
}

// Once: a second signal of the same kind finds Node's own handler and ends the process at once.
process.once('SIGTERM', stop);
process.once('SIGINT', stop);

server.once('error', (error: NodeJS.ErrnoException) => {
  const why = error.code === 'EADDRINUSE' ? 'something else is listening there' : error.message;
  refuseToStart(`Cannot listen on ${host} port ${port}: ${why}.`, 1);
});
server.listen(port, host, () => {
  const address = server.address() as AddressInfo;
  log('info', 'Listening.', { host: address.address, port: address.port, ...identity });
});
