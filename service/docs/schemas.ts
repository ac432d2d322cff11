/** A JSON schema, as OpenAPI 3.1 takes it. https://json-schema.org/draft/2020-12 */
export type Schema = Record<string, unknown>;

/** One of {@link SCHEMAS}, by its name. */
export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** A number that counts something. */
export const WHOLE = { type: 'integer', minimum: 0, maximum: 999_999_999 };

/** What the service answers, apart from texts and pages. */
export const SCHEMAS: Record<string, Schema> = {
  Hits: {
    type: 'object',
    properties: { hits: WHOLE },
    required: ['hits'],
    additionalProperties: false,
  },
  Greeting: {
    type: 'object',
    properties: { hits: WHOLE, message: { type: 'string' } },
    required: ['hits', 'message'],
    additionalProperties: false,
  },
  Fact: {
    type: 'object',
    properties: {
      id: { type: 'integer', minimum: 1 },
      fact: { type: 'string', maxLength: 280 },
      source: { type: 'string', format: 'uri' },
      sourceName: { type: 'string' },
    },
    required: ['id', 'fact', 'source', 'sourceName'],
    additionalProperties: false,
  },
  Facts: {
    type: 'object',
    properties: {
      facts: { type: 'array', items: ref('Fact') },
      total: WHOLE,
      next: { type: ['string', 'null'], description: 'Where the next page is; null on the last.' },
    },
    required: ['facts', 'total', 'next'],
    additionalProperties: false,
  },
  Health: {
    type: 'object',
    properties: { status: { const: 'UP' } },
    required: ['status'],
    additionalProperties: false,
  },
  Ready: {
    type: 'object',
    properties: { status: { enum: ['ready', 'degraded'] }, degraded: { const: 'redis' } },
    required: ['status'],
    additionalProperties: false,
  },
  NotReady: {
    type: 'object',
    properties: { status: { enum: ['starting', 'draining'] } },
    required: ['status'],
    additionalProperties: false,
  },
  Version: {
    type: 'object',
    properties: { version: { type: 'string' }, commit: { type: 'string' }, environment: { type: 'string' } },
    required: ['version', 'commit', 'environment'],
    additionalProperties: false,
  },
  Problem: {
    type: 'object',
    description: 'RFC 9457',
    properties: { title: { type: 'string' }, status: { type: 'integer' }, detail: { type: 'string' } },
    required: ['title', 'status', 'detail'],
    additionalProperties: false,
  },
};
