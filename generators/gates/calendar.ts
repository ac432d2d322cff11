import { type Calendar, closedTime, dayOf, week } from '../model/calendar.ts';
import type { Answer } from '../model/gate.ts';
import { quote } from '../model/words.ts';

/** What a clock on the wall of some zone shows. */
interface Wall {
  /** `2026-12-20` */
  readonly day: string;
  /** Minutes since Monday 00:00. */
  readonly minute: number;
}

/**
 * The gate "this environment takes promotions now", by the clock on the wall of the calendar's zone: on the days when
 * that clock is put on or back, a closed time begins and ends when the clock shows it.
 * @param now milliseconds since 1970
 * @param override why it shall be passed over; given, it agrees and says so
 */
export function calendarAnswer(calendar: Calendar, now: number, override?: string): Answer {
  const answer = (is: Answer['is'], evidence: string): Answer => ({ gate: 'calendar', is, evidence });
  const { timeZone } = calendar;
  const clock = clockOf(timeZone);
  const closed = closedBy(calendar, clock(now));
  if (!closed) return answer('yes', `the calendar is open (${timeZone})`);
  const opens = shown(opening(calendar, now), timeZone);
  const evidence = `the calendar is closed: ${closed.why}; it opens ${opens} (${timeZone})`;
  return override === undefined
    ? answer('no', evidence)
    : answer('yes', `${evidence}, passed over: ${quote(override, 200)}`);
}

interface Closed {
  readonly why: string;
  /** The minutes of the wall clock until it is over, as far as the rest of the days are ordinary ones. */
  readonly left: number;
}

/** What closes the environment at a time by its wall clock, the longest of it; undefined when it is open. */
function closedBy({ closed, freezes = [] }: Calendar, { day, minute }: Wall): Closed | undefined {
  const weekly = closed.flatMap((text): Closed[] => {
    const { start, length } = closedTime(text) ?? { start: 0, length: 0 };
    const passed = (minute - start + week) % week;
    return passed < length ? [{ why: text, left: length - passed }] : [];
  });
  const once = freezes
    .filter(({ from, until }) => from <= day && day <= until)
    .map(({ until, reason }): Closed => {
      const days = (Date.parse(until) - Date.parse(day)) / 86_400_000 + 1;
      return { why: quote(reason), left: days * 1440 - (minute % 1440) };
    });
  return [...weekly, ...once].sort((a, b) => b.left - a.left)[0];
}

/** How far a clock may be put on or back at once, in minutes: to be asked minute by minute. */
const shift = 180;

/** When it opens again: closed times may follow one another. */
function opening(calendar: Calendar, now: number): number {
  const clock = clockOf(calendar.timeZone);
  let at = Math.floor(now / 60_000) * 60_000;
  for (let closed = closedBy(calendar, clock(at)); closed; closed = closedBy(calendar, clock(at))) {
    at += Math.max(1, closed.left - shift) * 60_000;
  }
  return at;
}

function clockOf(timeZone: string): (time: number) => Wall {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  });
  return (time) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    const day = `${parts.year}-${parts.month}-${parts.day}`;
    // 1970 began on a Thursday, the fourth day of the week.
    const weekday = (Date.parse(day) / 86_400_000 + 3) % 7;
    return { day, minute: weekday * 1440 + Number(parts.hour) * 60 + Number(parts.minute) };
  };
}

function shown(time: number, timeZone: string): string {
  const { day, minute } = clockOf(timeZone)(time);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${dayOf(Math.floor(minute / 1440))} ${day} ${two(Math.floor((minute % 1440) / 60))}:${two(minute % 60)}`;
}
