import { nearest } from '../model/nearest.ts';
import type { Schema } from './schema.ts';
import { either, type Walk } from './walk.ts';

/** Looks at one value and says what is wrong with it. */
export type Check = (value: unknown, walk: Walk) => void;

/** https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity */
const quantityForm = /^[+-]?(\d+\.?\d*|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?$/;

/** A whole number, or a text such as a port's name or `25%`. https://pkg.go.dev/k8s.io/apimachinery/pkg/util/intstr#IntOrString */
export const intOrString = (schema: Schema): Check => {
  const { matches, says } = pattern(schema);
  const whole = amount({ type: 'integer', ...(schema.format && { format: schema.format }) });
  return (value, walk) => {
    if (Number.isInteger(value)) whole(value, walk);
    else if (typeof value !== 'string') walk.unlike(value, 'a whole number or a string');
    else if (!matches(value)) walk.unlike(value, says);
  };
};

export const quantity: Check = (value, walk) => {
  if (typeof value === 'string' ? quantityForm.test(value) : Number.isFinite(value)) return;
  walk.unlike(value, 'a quantity, such as 500m, 2 or 128Mi');
};

/** https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
export const dateTime: Check = (value, walk) => {
  if (typeof value === 'string' && rfc3339.test(value) && !Number.isNaN(Date.parse(value))) return;
  walk.unlike(value, 'a time, such as 2026-01-31T08:00:00Z');
};
const rfc3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** https://www.rfc-editor.org/rfc/rfc4648#section-4; Go passes over line ends. */
export const bytes: Check = (value, walk) => {
  if (typeof value === 'string' && base64.test(value.replace(/[\r\n]/g, ''))) return;
  walk.unlike(value, 'base64');
};
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const truth: Check = (value, walk) => {
  if (typeof value === 'boolean') return;
  walk.unlike(value, value === 'true' || value === 'false' ? 'true or false, without quotes' : 'true or false');
};

export function text(schema: Schema): Check {
  const { enum: legal, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = schema;
  if (legal) return oneOf(legal as readonly string[]);
  const { matches, says } = pattern(schema);
  return (value, walk) => {
    if (typeof value !== 'string') {
      const scalar = typeof value === 'number' || typeof value === 'boolean';
      walk.unlike(value, scalar ? 'a string; put it in quotes' : 'a string');
    } else if (value.length < minLength) walk.unlike(value, `at least ${counted(minLength, 'character')}`);
    else if (value.length > maxLength) walk.unlike(value, `at most ${counted(maxLength, 'character')}`);
    else if (!matches(value)) walk.unlike(value, says);
  };
}

function oneOf(legal: readonly string[]): Check {
  const words = new Set<unknown>(legal);
  return (value, walk) => {
    if (words.has(value)) return;
    const folded = typeof value === 'string' ? value.toLowerCase() : '';
    const near =
      legal.find((word) => word.toLowerCase() === folded) ??
      nearest(
        folded,
        legal.map((word) => word.toLowerCase()),
      );
    const meant = legal.find((word) => word.toLowerCase() === near?.toLowerCase());
    const shown = either(legal.map((word) => word || '""'));
    walk.unlike(value, meant ? `${shown}; did you mean ${meant}?` : shown);
  };
}

interface Range {
  readonly minimum: number;
  readonly maximum: number;
}
const int32: Range = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
// The largest int64 that is a double.
const int64: Range = { minimum: -(2 ** 63), maximum: 2 ** 63 - 1024 };
const inRange = (value: number, { minimum, maximum }: Range) => value >= minimum && value <= maximum;

/** A number, whole or not, and its range: of the format, and what the schema says. */
export function amount({ type, format, minimum, maximum }: Schema): Check {
  const whole = type === 'integer';
  const format64: Range = whole ? int64 : { minimum: Number.NEGATIVE_INFINITY, maximum: Number.POSITIVE_INFINITY };
  const bounds = format === 'int32' ? int32 : format64;
  const range = { minimum: minimum ?? bounds.minimum, maximum: maximum ?? bounds.maximum };
  const noun = whole ? 'a whole number' : 'a number';
  const bounded = format === 'int32' || (minimum !== undefined && maximum !== undefined);
  const limits = bounded
    ? `from ${range.minimum} to ${range.maximum}`
    : minimum !== undefined
      ? `of at least ${minimum}`
      : maximum !== undefined
        ? `of at most ${maximum}`
        : 'of 64 bits';
  return (value, walk) => {
    if (typeof value !== 'number' || !(whole ? Number.isInteger(value) : Number.isFinite(value))) {
      const quoted = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value);
      walk.unlike(value, quoted ? `${noun}, without quotes` : noun);
    } else if (!inRange(value, range)) walk.unlike(value, `${noun} ${limits}`);
  };
}

function pattern({ pattern: source }: Schema): { matches: (value: string) => boolean; says: string } {
  if (source === undefined) return { matches: () => true, says: 'a string' };
  const form = new RegExp(source);
  return { matches: (value) => form.test(value), says: `what matches ${source}` };
}

/** `1 entry`, `2 entries` */
export const counted = (count: number, noun: string): string =>
  count === 1 ? `1 ${noun}` : `${count} ${noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;
