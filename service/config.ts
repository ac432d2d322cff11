/** What this process says it is; it reaches every log line's reader, `/version` and the telemetry. */
export type Identity = {
  /** The release, such as `1.4.0`; also the `X-Version` header. */
  version: string;
  /** The commit it was built from, 7 to 64 hex digits, or `unknown`. */
  commit: string;
  /** The environment it runs in, such as `production`. */
  environment: string;
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

type Variable<T> = Kind<T> & {
  /** What the variable is called. */
  variable: string;
  /** What it is when it is unset or empty. */
  fallback: string;
  /** What it sets, and in which unit. */
  means: string;
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

const oneOf = <const T extends string>(...words: readonly T[]): Kind<T> => ({
  accepts: words.map((word) => JSON.stringify(word)).join(' or '),
  parse: (text) => words.find((word) => word === text),
});

const share: Kind<number> = {
  accepts: 'a number from 0 to 1',
  parse: (text) => (/^(0|1|[01]?\.\d{1,9})$/.test(text) && Number(text) <= 1 ? Number(text) : undefined),
};

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

const collectorUrl: Kind<string> = {
  accepts: 'empty or a URL such as http://collector:4318',
  parse: (text) => (text === '' || /^https?:$/.test(URL.parse(text)?.protocol ?? '') ? text : undefined),
  quote: withoutPassword,
};

/** As Express' `trust proxy` takes it: a number of hops, or addresses. https://expressjs.com/en/guide/behind-proxies.html */
const proxies: Kind<number | string> = {
  accepts: 'a number of proxies, or addresses such as 10.0.0.0/8, loopback',
  parse: (text) => {
    if (/^\d$/.test(text)) return Number(text);
    const names = text.split(/\s*,\s*/);
    const known = (name: string) => /^(loopback|linklocal|uniquelocal|[\da-f.:]{2,45}(\/\d{1,3})?)$/i.test(name);
    return names.every(known) ? names.join(', ') : undefined;
  },
};

/** Everything that can be set from outside. */
const VARIABLES = {
  port: { variable: 'PORT', fallback: '3000', means: 'TCP port; 0 takes any free one', ...whole(0, 65_535) },
  host: {
    ...{ variable: 'HOST', fallback: '0.0.0.0', means: 'address to listen on' },
    ...matching(/^[\w.:-]{1,253}$/, 'a host name or an IP address'),
  },
  redisUrl: {
    ...{ variable: 'REDIS_URL', fallback: 'redis://127.0.0.1:6379', means: 'where Redis is; never logged' },
    ...redisUrl,
  },
  version: {
    ...{ variable: 'VERSION', fallback: '0.0.0-dev', means: 'the release' },
    ...matching(/^[\w.+-]{1,128}$/, 'a version such as 1.4.0'),
  },
  commit: {
    ...{ variable: 'COMMIT', fallback: 'unknown', means: 'the commit it was built from' },
    ...matching(/^(unknown|[0-9a-f]{7,64})$/, 'a commit of 7 to 64 hex digits'),
  },
  environment: {
    ...{ variable: 'ENVIRONMENT', fallback: 'local', means: 'the environment it runs in' },
    ...matching(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name such as production'),
  },
  drainMs: {
    ...{ variable: 'DRAIN_MS', fallback: '0' },
    means: 'milliseconds for which it goes on answering after SIGTERM, with /readyz already saying no',
    ...whole(0, 600_000),
  },
  deadlineMs: {
    ...{ variable: 'DEADLINE_MS', fallback: '1000', means: 'milliseconds a request waits for Redis at the most' },
    ...whole(1, 60_000),
  },
  maxConcurrent: {
    ...{ variable: 'MAX_CONCURRENT', fallback: '1000', means: 'requests answered at once; more are refused with 503' },
    ...whole(1, 100_000),
  },
  maxStreams: {
    ...{ variable: 'MAX_STREAMS', fallback: '1000', means: 'live streams at once; more are refused with 503' },
    ...whole(0, 100_000),
  },
  trustedProxies: {
    ...{ variable: 'TRUSTED_PROXIES', fallback: '0' },
    means: 'proxies whose X-Forwarded-Proto is believed: how many, or their addresses',
    ...proxies,
  },
  telemetryOff: {
    ...{ variable: 'OTEL_SDK_DISABLED', fallback: 'false', means: 'true switches all metrics and traces off' },
    ...oneOf('false', 'true'),
  },
  collector: {
    ...{
      variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      fallback: '',
      means: 'where traces go, by OTLP; empty: none are made',
    },
    ...collectorUrl,
  },
  protocol: {
    ...{ variable: 'OTEL_EXPORTER_OTLP_PROTOCOL', fallback: 'http/protobuf', means: 'how traces are written' },
    ...oneOf('http/protobuf', 'http/json'),
  },
  traceShare: {
    ...{ variable: 'OTEL_TRACES_SAMPLER_ARG', fallback: '0.05' },
    means: 'share of the requests that are traced when their caller does not say',
    ...share,
  },
  slowMs: {
    ...{ variable: 'TRACE_SLOWER_MS', fallback: '250' },
    means: 'milliseconds from which a request is traced whatever the share, as one that fails is',
    ...whole(1, 600_000),
  },
  metricsTo: {
    ...{ variable: 'OTEL_METRICS_EXPORTER', fallback: 'prometheus' },
    means: 'where metrics are read: at /metrics, or also sent to the collector every minute',
    ...oneOf('prometheus', 'otlp,prometheus'),
  },
} satisfies Record<string, Variable<unknown>>;

type Variables = typeof VARIABLES;

/** What {@link readConfig} found: one value for each of the variables, under the service's own name for it. */
export type Config = {
  readonly [K in keyof Variables]: Variables[K] extends Kind<infer T> ? T : never;
};

/**
 * Reads the configuration from `env`. A variable that is unset or empty takes its default.
 * @throws {ConfigError} at the first variable that cannot be used
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const read = ({ variable, fallback, parse, quote, accepts }: Variable<unknown>) => {
    const text = env[variable] || fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    throw new ConfigError(
      `The variable ${variable} is ${JSON.stringify(quote?.(text) ?? text)}, which is not ${accepts}.`,
    );
  };
  const values = Object.entries(VARIABLES).map(([name, variable]) => [name, read(variable)]);
  const config = Object.fromEntries(values) as Config;
  if (config.metricsTo !== 'prometheus' && config.collector === '') {
    const { metricsTo, collector } = VARIABLES;
    throw new ConfigError(
      `The variable ${metricsTo.variable} is "${config.metricsTo}", which is not possible without ${collector.variable}.`,
    );
  }
  return config;
}

/** The variables as lines for people: name, default, meaning and what is accepted. */
export function describeConfig(): string[] {
  return Object.values(VARIABLES).map(({ variable, fallback, means, accepts }: Variable<unknown>) => {
    const ifUnset = fallback === '' ? 'empty' : fallback;
    return `${variable.padEnd(28)} ${means} (${accepts}; default: ${ifUnset})`;
  });
}
