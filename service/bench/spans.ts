/** Where the spans stand in a request of OTLP: resource_spans = 1, scope_spans = 2, spans = 2. */
const PATH = [1, 2, 2];

const LENGTH_DELIMITED = 2;

type Traces = { resourceSpans?: { scopeSpans?: { spans?: unknown[] }[] }[] };

/**
 * How many spans a request to `/v1/traces` has.
 * https://github.com/open-telemetry/opentelemetry-proto/blob/main/opentelemetry/proto/trace/v1/trace.proto
 * @throws {RangeError} when it is cut off, {SyntaxError} when it is broken JSON
 */
export function countSpans(body: Buffer, contentType: string): number {
  if (!contentType.includes('json')) return countMessages(body, PATH);
  const { resourceSpans = [] } = JSON.parse(body.toString()) as Traces;
  return resourceSpans
    .flatMap(({ scopeSpans = [] }) => scopeSpans)
    .reduce((sum, { spans = [] }) => sum + spans.length, 0);
}

/** Counts the messages at a path of field numbers: https://protobuf.dev/programming-guides/encoding/ */
function countMessages(message: Buffer, [field, ...below]: readonly number[]): number {
  let found = 0;
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at++);
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < message.length) {
    const tag = varint();
    const wire = tag % 8;
    if (wire === LENGTH_DELIMITED) {
      const length = varint();
      if (at + length > message.length) throw new RangeError('The message ends within a field.');
      const part = message.subarray(at, at + length);
      at += length;
      if ((tag - wire) / 8 === field) found += below.length === 0 ? 1 : countMessages(part, below);
    } else if (wire === 0) varint();
    else at += wire === 1 ? 8 : 4;
  }
  return found;
}
