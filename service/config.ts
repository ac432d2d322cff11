/** What this process says it is; it reaches every log line's reader, `/version` and the telemetry. */
export type Identity = {
  /** The release, such as `1.4.0`; also the `X-Version` header. */
  version: string;
  /** The commit it was built from, 7 to 64 hex digits, or `unknown`. */
  commit: string;
  /** The environment it runs in, such as `production`. */
  environment: string;
};

/** Everything that can be set from outside. */
export type Config = {
  /** TCP port; 0 takes any free one. */
  port: number;
  /** Address to listen on. */
  host: string;
  /** `redis://` or `rediss://`. May hold a password: never log it. */
  redisUrl: string;
  identity: Identity;
  /** Milliseconds for which it goes on answering after SIGTERM, with /readyz already saying no. */
  drainMs: number;
  /** Milliseconds a request waits for Redis at the most. */
  deadlineMs: number;
  /** Whether spans are exported; where to is read by the OpenTelemetry SDK from the same variable. */
  tracing: boolean;
};

/** A variable that cannot be used. The message is one sentence naming the variable, its value and what is accepted. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

type Kind<T> = {
  /** Completes the sentence "… is not …". */
  accepts: string;
  /** The value, or undefined when the text is not acceptable. */
  parse: (text: string) => T | undefined;
  /** How a refused value is quoted; default: as it is. */
  quote?: (text: string) => string;
};

const whole = (least: number, most: number): Kind<number> => ({
  accepts: `a whole number from ${least} to ${most}`,
  parse: (text) => {
    if (!/^\d{1,9}$/.test(text)) return undefined;
    const value = Number(text);
    return value >= least && value <= most ? value : undefined;
  },
});

const matching = (pattern: RegExp, accepts: string): Kind<string> => ({
  accepts,
  parse: (text) => (pattern.test(text) ? text : undefined),
});

const withoutPassword = (text: string) => text.replace(/\/\/[^@]*@/, '//***@');

const redisUrl: Kind<string> = {
  accepts: 'a URL such as redis://host:6379 or rediss://user:password@host:6379/0',
  parse: (text) => {
    const url = URL.parse(text);
    const usable = url && /^rediss?:$/.test(url.protocol) && url.hostname && /^(\/\d*)?$/.test(url.pathname);
    return usable ? text : undefined;
  },
  quote: withoutPassword,
};

const collectorUrl: Kind<boolean> = {
  accepts: 'empty or a URL such as http://collector:4318',
  parse: (text) => (text === '' ? false : /^https?:$/.test(URL.parse(text)?.protocol ?? '') || undefined),
  quote: withoutPassword,
};

/**
 * Reads the configuration from `env`. A variable that is unset or empty takes its default.
 * @throws {ConfigError} at the first variable that cannot be used
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const read = <T>(variable: string, fallback: string, kind: Kind<T>): T => {
    const text = env[variable] || fallback;
    const value = kind.parse(text);
    if (value === undefined) {
      const quoted = JSON.stringify(kind.quote?.(text) ?? text);
      throw new ConfigError(`The variable ${variable} is ${quoted}, which is not ${kind.accepts}.`);
    }
    return value;
  };

  return {
    port: read('PORT', '3000', whole(0, 65_535)),
    host: read('HOST', '0.0.0.0', matching(/^[\w.:-]{1,253}$/, 'a host name or an IP address')),
    redisUrl: read('REDIS_URL', 'redis://127.0.0.1:6379', redisUrl),
    identity: {
      version: read('VERSION', '0.0.0-dev', matching(/^[\w.+-]{1,128}$/, 'a version such as 1.4.0')),
      commit: read('COMMIT', 'unknown', matching(/^(unknown|[0-9a-f]{7,64})$/, 'a commit of 7 to 64 hex digits')),
      environment: read('ENVIRONMENT', 'local', matching(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name such as production')),
    },
    drainMs: read('DRAIN_MS', '0', whole(0, 600_000)),
    deadlineMs: read('DEADLINE_MS', '1000', whole(1, 60_000)),
    tracing: read('OTEL_EXPORTER_OTLP_ENDPOINT', '', collectorUrl),
  };
}
