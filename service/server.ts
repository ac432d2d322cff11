import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createApp } from './app.ts';
import { type Config, ConfigError, describeConfig, type Identity, readConfig } from './config.ts';
import { createDocs } from './docs/docs.ts';
import facts from './facts/facts.json' with { type: 'json' };
import { readFacts } from './facts/facts.ts';
import { connectHits } from './hits.ts';
import { guard, LIMITS } from './limits.ts';
import { createLive } from './live.ts';
import { createLog } from './log.ts';
import { messagesOf } from './messages.ts';
import { loadAssets, PAGE_FILES } from './page/assets.ts';
import { startTelemetry } from './telemetry.ts';

/** EX_CONFIG of sysexits.h: starting again will not help. */
const EXIT_CONFIG = 78;

const CLOSE_GRACE_MS = 1_000;

const LIVE_EVERY_MS = 250;

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

if (process.argv[2] === '--help') {
  process.stdout.write(`Counts visits in Redis. Environment variables:\n\n${describeConfig().join('\n')}\n`);
  process.exit(0);
}

const config = configure();
const { host, port, version, commit, environment } = config;
const identity: Identity = { version, commit, environment };
const telemetry = startTelemetry({ ...config, service: 'counter', identity });
const hits = connectHits({
  url: config.redisUrl,
  deadlineMs: config.deadlineMs,
  log,
  onRoundTrip: (trip) => telemetry.metrics?.roundTrip(trip),
});
const live = createLive({ read: () => hits.read(), everyMs: LIVE_EVERY_MS, maxStreams: config.maxStreams });

const assets = loadAssets([[`${import.meta.dirname}/page`, PAGE_FILES]]);

let draining = false;
const app = createApp({
  ...config,
  ...telemetry,
  ...{ hits, live, identity, log },
  facts: readFacts(facts),
  assets,
  docs: createDocs(assets.url),
  draining: () => draining,
  uptimeS: () => Math.floor(process.uptime()),
  random: Math.random,
});
const server = createServer({ ...LIMITS, ...messagesOf(app) }, app);
guard(server);

async function stop(signal: NodeJS.Signals): Promise<void> {
  if (draining) return;
  draining = true;
  log('info', 'Draining.', { signal, drainMs: config.drainMs });
  await delay(config.drainMs);

  // It closes idle connections too; busy ones get `Connection: close` with their answer.
  const closed = new Promise((resolve) => server.close(resolve));
  // They never end by themselves; who listens comes back to another instance.
  live.close();
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
