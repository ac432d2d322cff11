import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ConfigError, describeConfig, readConfig } from './config.ts';

const DEFAULTS = {
  port: 3000,
  host: '0.0.0.0',
  redisUrl: 'redis://127.0.0.1:6379',
  ...{ version: '0.0.0-dev', commit: 'unknown', environment: 'local' },
  drainMs: 0,
  deadlineMs: 1000,
  maxConcurrent: 1000,
  maxStreams: 1000,
  trustedProxies: 0,
  telemetryOff: 'false',
  collector: '',
  protocol: 'http/protobuf',
  traceShare: 0.05,
  slowMs: 250,
  metricsTo: 'prometheus',
};

describe('the configuration', () => {
  test('of an empty environment is all defaults', () => {
    assert.deepEqual(readConfig({}), DEFAULTS);
  });

  test('takes an empty variable for an unset one', () => {
    assert.deepEqual(readConfig({ PORT: '', REDIS_URL: '', VERSION: '', DRAIN_MS: '' }), DEFAULTS);
  });

  test('takes what is set', () => {
    const env = {
      PORT: '8080',
      HOST: '127.0.0.1',
      REDIS_URL: 'rediss://user:secret@redis.internal:6380/2',
      VERSION: '1.4.0+build.7',
      COMMIT: '0123abc',
      ENVIRONMENT: 'production',
      DRAIN_MS: '15000',
      DEADLINE_MS: '250',
      MAX_CONCURRENT: '50',
      MAX_STREAMS: '0',
      TRUSTED_PROXIES: 'loopback, 10.0.0.0/8',
      OTEL_SDK_DISABLED: 'true',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_TRACES_SAMPLER_ARG: '.5',
      TRACE_SLOWER_MS: '400',
      OTEL_METRICS_EXPORTER: 'otlp,prometheus',
    };
    assert.deepEqual(readConfig(env), {
      port: 8080,
      host: '127.0.0.1',
      redisUrl: 'rediss://user:secret@redis.internal:6380/2',
      ...{ version: '1.4.0+build.7', commit: '0123abc', environment: 'production' },
      drainMs: 15_000,
      deadlineMs: 250,
      maxConcurrent: 50,
      maxStreams: 0,
      trustedProxies: 'loopback, 10.0.0.0/8',
      telemetryOff: 'true',
      collector: 'http://collector:4318',
      traceShare: 0.5,
      slowMs: 400,
      metricsTo: 'otlp,prometheus',
      protocol: 'http/json',
    });
  });

  const refused: [variable: string, value: string][] = [
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '3000.5'],
    ['PORT', '0x1F'],
    ['PORT', ' 3000'],
    ['HOST', 'two words'],
    ['REDIS_URL', 'redis'],
    ['REDIS_URL', 'http://redis:6379'],
    ['REDIS_URL', 'redis://redis:6379/zero'],
    ['REDIS_URL', 'redis://redis:99999'],
    ['VERSION', '1.0\r\nSet-Cookie: a=b'],
    ['COMMIT', 'main'],
    ['ENVIRONMENT', 'Production'],
    ['DRAIN_MS', '1s'],
    ['DRAIN_MS', '600001'],
    ['DEADLINE_MS', '0'],
    ['MAX_CONCURRENT', '0'],
    ['TRUSTED_PROXIES', 'everyone'],
    ['OTEL_SDK_DISABLED', 'yes'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318'],
    ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc'],
    ['OTEL_TRACES_SAMPLER_ARG', '1.1'],
    ['TRACE_SLOWER_MS', '0'],
    ['OTEL_METRICS_EXPORTER', 'console'],
  ];
  for (const [variable, value] of refused) {
    const quoted = JSON.stringify(value);
    test(`refuses ${variable}=${quoted} in one sentence`, () => {
      assert.throws(
        () => readConfig({ [variable]: value }),
        (error: unknown) => {
          assert(error instanceof ConfigError);
          assert(error.message.startsWith(`The variable ${variable} is ${quoted}, which is not `), error.message);
          assert.match(error.message, /^[^\n]+\.$/);
          return true;
        },
      );
    });
  }

  test('refuses to send metrics to no collector', () => {
    assert.throws(
      () => readConfig({ OTEL_METRICS_EXPORTER: 'otlp,prometheus' }),
      /not possible without OTEL_EXPORTER_OTLP/,
    );
  });

  test('is told to people, every variable with its default', () => {
    const lines = describeConfig();
    assert.equal(lines.length, Object.keys(DEFAULTS).length);
    assert(
      lines.every((line) => /^[A-Z_]+ +\S.* \(.+; default: .+\)$/.test(line)),
      lines.join('\n'),
    );
  });

  test('does not repeat a password in its refusal', () => {
    assert.throws(
      () => readConfig({ REDIS_URL: 'redis://user:secret@redis:6379/zero' }),
      /^ConfigError: The variable REDIS_URL is "redis:\/\/\*\*\*@redis:6379\/zero"/,
    );
  });
});
