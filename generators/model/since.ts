import { isTime, seconds } from './environment.ts';

/** From when on something is asked for, as a person writes it: a span (`30d`), a day or moment (`2026-11-20`), or a revision. */
export type Since = { readonly time: number } | { readonly revision: string };

/**
 * @param now milliseconds since 1970
 * @returns the time in milliseconds since 1970, UTC where the text names no zone; what is no time is a revision
 */
export function sinceOf(text: string, now: number): Since {
  if (isTime(text)) return { time: now - seconds(text) * 1000 };
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text))
    return { revision: text };
  const time = Date.parse(/T.*(Z|[+-]\d{2}:\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`);
  return Number.isNaN(time) ? { revision: text } : { time };
}
