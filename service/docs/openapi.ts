import type { Identity } from '../config.ts';
import { ref, SCHEMAS, type Schema, WHOLE } from './schemas.ts';

const json = (description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});

const refused = (description: string) => ({
  description,
  content: { 'application/problem+json': { schema: ref('Problem') } },
});

const text = (description: string, ...types: readonly string[]) => ({
  description,
  content: Object.fromEntries(types.map((type) => [type, { schema: { type: 'string' } }])),
});

const BUSY = { 503: refused('Too many requests at once; come back after the seconds in Retry-After.') };

const CANNOT_COUNT = {
  503: refused(
    'Redis cannot be asked, or there are too many requests at once; come back after the seconds in Retry-After.',
  ),
};

const parameter = (place: 'path' | 'query' | 'header', name: string, description: string, schema: Schema) => ({
  name,
  in: place,
  description,
  required: place === 'path',
  schema,
});

const factId = parameter('path', 'id', "The fact's number.", { type: 'integer', minimum: 1, maximum: 999_999_999 });

const page = (description: string) => text(description, 'text/html');

const LED = text('Location says where.', 'text/plain');

const health = { get: { summary: 'Whether the process lives', responses: { 200: json('It does.', ref('Health')) } } };

const PATHS = {
  '/': {
    get: {
      summary: 'Counts a hit and greets',
      description:
        'HEAD and a prefetch (Sec-Purpose) count nothing. While Redis is lost, the page goes on without a number.',
      responses: {
        200: {
          description: 'It was counted.',
          content: {
            'text/plain': { schema: { type: 'string' } },
            'application/json': { schema: ref('Greeting') },
            'text/html': { schema: { type: 'string' } },
          },
        },
        403: refused('A prefetch: it is asked for again when the visitor comes.'),
        406: refused('Nothing that Accept names can be had.'),
        ...CANNOT_COUNT,
      },
    },
  },
  '/facts/next': {
    get: {
      summary: 'Leads to the page of another fact',
      parameters: [parameter('query', 'after', 'The fact that shall not come again.', WHOLE)],
      responses: { 303: LED, ...BUSY },
    },
  },
  '/facts/{id}': {
    get: {
      summary: 'The page with this fact, which counts nothing',
      parameters: [factId],
      responses: {
        200: page('The page.'),
        400: refused('The path cannot be read.'),
        404: refused('There is no such fact.'),
        ...BUSY,
      },
    },
  },
  '/assets/{file}': {
    get: {
      summary: 'A static file, under an address that changes with its content',
      parameters: [parameter('path', 'file', 'Its name and hash.', { type: 'string' })],
      responses: {
        200: text('The file.', 'text/css', 'text/javascript', 'image/svg+xml'),
        400: refused('The path cannot be read.'),
        404: refused('There is no such file.'),
      },
    },
  },
  '/favicon.ico': {
    get: { summary: 'Leads to the icon', responses: { 307: LED } },
  },
  '/api/hits': {
    get: {
      summary: 'How many hits there are',
      responses: { 200: json('The number.', ref('Hits')), ...CANNOT_COUNT },
    },
    post: {
      summary: 'Counts a hit',
      description: 'With an Idempotency-Key a retry counts once: for 24 hours the same key is given the same number.',
      parameters: [
        parameter('header', 'Idempotency-Key', 'One for each hit, the same for each retry.', {
          type: 'string',
          pattern: '^[!-~]{1,255}$',
        }),
      ],
      requestBody: {
        required: false,
        content: { 'application/json': { schema: { type: 'object', additionalProperties: false } } },
      },
      responses: {
        200: {
          ...json('Its number.', ref('Hits')),
          headers: {
            'Idempotency-Replayed': {
              description: 'Whether the key had been counted before.',
              schema: { const: 'true' },
            },
          },
        },
        400: refused('The key or the body cannot be read.'),
        413: refused('The body is too long.'),
        415: refused('The body is no JSON.'),
        422: refused('The body says something that a hit does not have.'),
        ...CANNOT_COUNT,
      },
    },
  },
  '/api/hits/live': {
    get: {
      summary: 'The number of hits as it changes, as server-sent events',
      description: 'Events are `hits`, with a Hits object as data, and `unavailable` while Redis is lost.',
      responses: {
        200: text('The stream; it does not end by itself.', 'text/event-stream'),
        503: refused('There are too many streams; come back after the seconds in Retry-After.'),
      },
    },
  },
  '/api/facts': {
    get: {
      summary: 'The facts, a page at a time',
      parameters: [
        parameter('query', 'limit', 'How many at the most.', {
          type: 'integer',
          minimum: 1,
          maximum: 100,
          default: 20,
        }),
        parameter('query', 'after', 'The id after which to go on.', { ...WHOLE, default: 0 }),
      ],
      responses: {
        200: {
          ...json('A page.', ref('Facts')),
          headers: { Link: { description: 'The next page, as RFC 8288 says it.', schema: { type: 'string' } } },
        },
        400: refused('A parameter cannot be used.'),
        ...BUSY,
      },
    },
  },
  '/api/facts/random': {
    get: {
      summary: 'Any fact',
      parameters: [parameter('query', 'except', 'The fact that shall not come again.', WHOLE)],
      responses: { 200: json('It.', ref('Fact')), 400: refused('A parameter cannot be used.'), ...BUSY },
    },
  },
  '/api/facts/{id}': {
    get: {
      summary: 'One fact',
      parameters: [factId],
      responses: {
        200: json('It.', ref('Fact')),
        400: refused('The path cannot be read.'),
        404: refused('There is no such fact.'),
        ...BUSY,
      },
    },
  },
  '/healthz': health,
  '/health': health,
  '/readyz': {
    get: {
      summary: 'Whether to send visitors here',
      description: 'A Redis that is lost later degrades and does not unready: all instances would leave at once.',
      responses: {
        200: json('Yes, though perhaps degraded.', ref('Ready')),
        503: json('No: Redis was never reached, or the process is about to end.', ref('NotReady')),
      },
    },
  },
  '/version': { get: { summary: 'What runs here', responses: { 200: json('It.', ref('Version')) } } },
  '/metrics': {
    get: {
      summary: 'What Prometheus reads',
      responses: {
        200: text('All metrics.', 'text/plain', 'application/openmetrics-text'),
        404: refused('Telemetry is switched off.'),
      },
    },
  },
  '/openapi.json': {
    get: { summary: 'This document', responses: { 200: json('OpenAPI 3.1.', { type: 'object' }) } },
  },
  '/docs': { get: { summary: 'This document to read and to try', responses: { 200: page('The page.') } } },
};

/** Under which headings people read it; what is none of these belongs to the page. */
const TAGS: Record<string, RegExp> = {
  hits: /^\/(api\/hits.*)?$/,
  facts: /^\/api\/facts/,
  operations: /^\/(healthz?|readyz|version|metrics)$/,
  page: /^/,
};

const tagged = (path: string, operations: Record<string, object>) => {
  const tags = Object.keys(TAGS).filter((name) => TAGS[name]?.test(path));
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => [method, { tags: tags.slice(0, 1), ...operation }]),
  );
};

/** The service's OpenAPI document. https://spec.openapis.org/oas/v3.1.1.html */
export const openApi = ({ version }: Identity) => ({
  openapi: '3.1.1',
  info: {
    title: 'The counter',
    version,
    license: { name: 'MIT', identifier: 'MIT' },
    description:
      'Counts visits and serves facts about moose. HEAD and OPTIONS are answered wherever GET is; other methods are refused with 405, as problem documents (RFC 9457). Every answer carries X-Request-Id and X-Version.',
  },
  tags: Object.keys(TAGS).map((name) => ({ name })),
  paths: Object.fromEntries(Object.entries(PATHS).map(([path, operations]) => [path, tagged(path, operations)])),
  components: { schemas: SCHEMAS },
});
