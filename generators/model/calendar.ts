/** When an environment takes nothing by promotion. Releases and rollbacks by hand ask no calendar. */
export interface Calendar {
  /** The zone whose clock is meant, by its IANA name: `'Europe/Berlin'`. */
  readonly timeZone: string;
  /** Closed every week, by that clock: `'Fri 16:00 - Mon 07:00'`; the end is open again. */
  readonly closed: readonly string[];
  /** Closed once. @default never */
  readonly freezes?: readonly Freeze[] | undefined;
}

export interface Freeze {
  /** The first day: `'2026-12-20'`. */
  readonly from: string;
  /** The last day. */
  readonly until: string;
  /** Why, for whoever waits. */
  readonly reason: string;
}

const days = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'] as const;

/** Minutes of a week. */
export const week = 7 * 24 * 60;

/** The day of the week, as a closed time names it. */
export const dayOf = (index: number) => days[((index % 7) + 7) % 7] as string;

/** A time of the week in minutes since Monday 00:00, by the clock of some zone. */
export const minuteOf = (day: string, hour: number, minute: number) =>
  days.indexOf(day as (typeof days)[number]) * 24 * 60 + hour * 60 + minute;

/**
 * What a closed time says: where it begins and how long it is, in minutes of the week's clock; it may pass the end of
 * the week. Undefined when it says nothing.
 */
export function closedTime(text: string): { readonly start: number; readonly length: number } | undefined {
  const time = `(${days.join('|')}) ([01]\\d|2[0-3]):([0-5]\\d)`;
  const found = new RegExp(`^${time} - ${time}$`).exec(text);
  if (!found) return undefined;
  const [, day = '', hour, minute, endDay = '', endHour, endMinute] = found;
  const start = minuteOf(day, Number(hour), Number(minute));
  const length = (minuteOf(endDay, Number(endHour), Number(endMinute)) - start + week) % week;
  return length === 0 ? undefined : { start, length };
}

/** Whether a text is a day that there is: `'2026-12-20'`. */
export const isDay = (text: string) =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && new Date(`${text}T00:00:00Z`).toJSON()?.slice(0, 10) === text;

/** Whether a zone is known here. */
export function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Whether these closed times leave a minute of the week open. */
export function leavesOpen(closed: readonly string[]): boolean {
  const isClosed = new Array<boolean>(week).fill(false);
  for (const text of closed) {
    const { start, length } = closedTime(text) ?? { start: 0, length: 0 };
    for (let at = start; at < start + length; at++) isClosed[at % week] = true;
  }
  return isClosed.includes(false);
}

/** Whether a value that somebody else made is a calendar. */
export function isCalendar(value: unknown): value is Calendar {
  const { timeZone, closed, freezes = [] } = (value ?? {}) as Record<string, unknown>;
  if (typeof timeZone !== 'string' || !isZone(timeZone)) return false;
  if (!Array.isArray(closed) || !closed.every((text) => typeof text === 'string' && closedTime(text))) return false;
  return leavesOpen(closed) && Array.isArray(freezes) && freezes.every(isFreeze);
}

function isFreeze(value: unknown): value is Freeze {
  const { from, until, reason } = (value ?? {}) as Record<string, unknown>;
  if (typeof from !== 'string' || typeof until !== 'string' || typeof reason !== 'string') return false;
  return isDay(from) && isDay(until) && from <= until;
}
