import type { Express } from 'express';
import { type AppProps, createApp } from './app.ts';
import { createDocs } from './docs/docs.ts';
import facts from './facts/facts.json' with { type: 'json' };
import { readFacts } from './facts/facts.ts';
import { connectHits, type Hits } from './hits.ts';
import { createLive } from './live.ts';
import { loadAssets, PAGE_FILES } from './page/assets.ts';
import { startTelemetry } from './telemetry.ts';

export const identity = { version: '1.2.3', commit: '0123abc', environment: 'test' };

/** The telemetry of a test's process, without a collector. */
export const startTestTelemetry = () =>
  startTelemetry({
    ...{
      service: 'counter',
      identity,
      telemetryOff: 'false',
      collector: '',
      protocol: 'http/protobuf',
      metricsTo: 'prometheus',
    },
  });

/** Hits that are refused after 300 ms. */
export const connectTestHits = (url: string): Hits =>
  connectHits({ url, deadlineMs: 300, log: () => {}, onRoundTrip: () => {} });

const assets = loadAssets([[`${import.meta.dirname}/page`, PAGE_FILES]]);

/** The app as the server makes it, on its own `hits`, with what the test says otherwise. */
export const appWith = (hits: Hits, props: Partial<AppProps> = {}): Express =>
  createApp({
    hits,
    identity,
    facts: readFacts(facts),
    assets,
    docs: createDocs(assets.url),
    live: createLive({ read: hits.read, everyMs: 50, maxStreams: 2 }),
    maxConcurrent: 1_000,
    trustedProxies: 0,
    traceShare: 1,
    slowMs: 250,
    metrics: undefined,
    tracer: undefined,
    draining: () => false,
    uptimeS: () => 61,
    random: Math.random,
    log: () => {},
    ...props,
  });
