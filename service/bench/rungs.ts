import { serviceProgram } from './service.ts';
import { ownProgram, type Program } from './side.ts';

/** The names of what is compared, from the least that Node can do up to what is shipped. */
export const names = {
  constant: 'node:http, a constant',
  incr: 'node:http + INCR',
  express: 'Express 5 + INCR',
  off: 'counter, telemetry off',
  shipped: 'counter, as shipped',
  peer: 'Flask + gunicorn + nginx + INCR',
  tuned: 'the same, tuned',
} as const;

export type RungName = (typeof names)[keyof typeof names];

export type Rung = { name: RungName; program: Program; counts: boolean };

/** Metrics always, and traces to a collector: the share of them is the service's own default. */
export const shippedProgram = (built: string, redisUrl: string, collector: string): Program =>
  serviceProgram(built, { REDIS_URL: redisUrl, OTEL_EXPORTER_OTLP_ENDPOINT: collector });

/**
 * What is compared, without the peers.
 * @param built the folder of the built service
 */
export const ladder = (built: string, redisUrl: string, collector: string): Rung[] => [
  { name: names.constant, program: ownProgram('constant-side.ts'), counts: false },
  { name: names.incr, program: ownProgram('incr-side.ts', { REDIS_URL: redisUrl }), counts: true },
  { name: names.express, program: ownProgram('express-side.ts', { REDIS_URL: redisUrl }), counts: true },
  { name: names.off, program: serviceProgram(built, { REDIS_URL: redisUrl, OTEL_SDK_DISABLED: 'true' }), counts: true },
  { name: names.shipped, program: shippedProgram(built, redisUrl, collector), counts: true },
];
