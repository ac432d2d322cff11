/** The facts that an event may have, as JSON Schema says them. Whoever logs another one adds it here. */
const FACTS = {
  requestId: { type: 'string', pattern: '^[\\w.-]{8,128}$', description: 'The request, as X-Request-Id says it.' },
  traceId: { type: 'string', pattern: '^[0-9a-f]{32}$', description: 'The trace that it is part of.' },
  spanId: { type: 'string', pattern: '^[0-9a-f]{16}$', description: 'The request in that trace.' },
  method: { type: 'string', description: 'How it was asked.' },
  route: { type: 'string', description: 'What was asked for: the route, never the path.' },
  status: { type: 'integer', description: 'What was answered.' },
  seconds: { type: 'number', description: 'How long it took.' },
  reason: { type: 'string', description: 'Why something failed; of a fault that nobody handled, the stack.' },
  signal: { type: 'string', description: 'What ends the process.' },
  drainMs: { type: 'integer', description: 'Milliseconds for which it goes on answering.' },
  host: { type: 'string', description: 'Where it listens.' },
  port: { type: 'integer', description: 'Where it listens.' },
  version: { type: 'string', description: 'The release.' },
  commit: { type: 'string', description: 'The commit that it was built from.' },
  environment: { type: 'string', description: 'The environment that it runs in.' },
} as const;

type Typed<Type> = Type extends 'string' ? string : number;

/** The facts that go with an event. */
export type Facts = { [Name in keyof typeof FACTS]?: Typed<(typeof FACTS)[Name]['type']> | undefined };

const LEVELS = ['info', 'warn', 'error'] as const;

/** Writes one event: what happened in a sentence, and the facts that go with it. */
export type Log = (level: (typeof LEVELS)[number], message: string, facts?: Facts) => void;

/**
 * Every line of the log, as JSON Schema. `level`, `time`, `message`, `traceId` and `spanId` are what a collector reads
 * of any program. No fact is a visitor's: no path, no address, no header but the request's id.
 */
export const LOG_SCHEMA = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  type: 'object',
  properties: {
    level: { enum: LEVELS },
    time: {
      type: 'string',
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$',
      description: 'RFC 3339, UTC.',
    },
    message: { type: 'string', minLength: 1, description: 'What happened, in a sentence that is always the same.' },
    ...FACTS,
  },
  required: ['level', 'time', 'message'],
  additionalProperties: false,
  dependencies: { traceId: ['spanId'], spanId: ['traceId'] },
} as const;

/**
 * A log of one JSON object per line, as {@link LOG_SCHEMA} says.
 * @param write takes one line, newline included
 * @param now the clock
 */
export function createLog(write: (line: string) => void, now: () => Date): Log {
  return (level, message, facts) =>
    write(`${JSON.stringify({ level, time: now().toISOString(), message, ...facts })}\n`);
}
