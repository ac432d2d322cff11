import { isTime, seconds } from './environment.ts';
import { Misuse } from './refusal.ts';
import { day } from './words.ts';

/** From when on something is asked for, as a person writes it: a span (`30d`), a day or moment (`2026-11-20`), or a revision. */
export type Since = { readonly time: number } | { readonly revision: string };

/**
 * @param now milliseconds since 1970
 * @param asked what a refusal quotes. @default `--since` with the text
 * @returns what is not written as a time is a revision
 * @throws {Misuse} for a time that no calendar has, or that has not come
 */
export function sinceOf(text: string, now: number, asked?: string): Since {
  const time = timeOf(text, now, asked);
  return time === undefined ? { revision: text } : { time };
}

/**
 * The time in milliseconds since 1970, UTC where the text names no zone; undefined for what is not written as a time.
 * @throws {Misuse} for a time that no calendar has, or that has not come
 */
export function timeOf(text: string, now: number, asked = `--since ${text}`): number | undefined {
  if (isTime(text)) return now - seconds(text) * 1000;
  const written = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)?(Z|[+-]\d{2}:\d{2})?$/.exec(text);
  const [, date = '', clock = '', zone = ''] = written ?? [];
  if (!written || (clock === '' && zone !== '')) return undefined;
  // Date.parse takes the 31st of February for a day of March.
  const isDay = day(Date.parse(`${date}T00:00Z`) || 0) === date;
  const time = Date.parse(clock === '' ? date : `${date}${clock}${zone || 'Z'}`);
  if (isDay && time <= now) return time;
  throw new Misuse(`${asked}: write a time such as 90d, or a day that has come, such as 2026-08-25.`);
}
