import { Refusal } from '../../../generators/model/refusal.ts';
import { fields, isSchedule } from '../../../generators/model/schedule.ts';

const days = fields[4]?.[2] ?? [];
const minute = 60_000;
const hour = 60 * minute;

/**
 * When a schedule is due next, after a time; undefined when it never is within five years (the 30th of February).
 * Where both day and weekday are given, one of them is enough.
 * https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 * @param after in milliseconds since 1970
 * @param timeZone `Europe/Berlin`
 * @throws {Refusal} for a schedule or a time zone that is none
 */
export function nextTime(schedule: string, after: number, timeZone = 'Etc/UTC'): number | undefined {
  if (!isSchedule(schedule)) throw new Refusal(`schedule ${JSON.stringify(schedule)} is not one of cron's`);
  const said = schedule.split(' ');
  const [minutes, hours, dates, monthNumbers, weekdays] = said.map((text, at) => numbersOf(text, at)) as Five;
  const either = !said[2]?.startsWith('*') && !said[4]?.startsWith('*');
  const clock = clockOf(timeZone);
  const last = after + 5 * 366 * 24 * hour;
  for (let time = (Math.floor(after / minute) + 1) * minute; time < last; ) {
    const at = clock(time);
    const [byDate, byWeekday] = [dates.has(at.date), weekdays.has(at.weekday)];
    const today = monthNumbers.has(at.month) && (either ? byDate || byWeekday : byDate && byWeekday);
    const wholeHour = hour - at.minute * minute;
    // A day may have 23 hours: the last stretch is gone hour by hour.
    if (!today) time += wholeHour + Math.max(0, 20 - at.hour) * hour;
    else if (!hours.has(at.hour)) time += wholeHour;
    else if (!minutes.has(at.minute)) time += minute;
    else return time;
  }
  return undefined;
}

type Five = [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];

function numbersOf(text: string, at: number): Set<number> {
  const [least, most, names = []] = fields[at] as (typeof fields)[number];
  const number = (word: string) => {
    const named = names.indexOf(word.toLowerCase());
    return named < 0 ? Number(word) : named + least;
  };
  const found = new Set<number>();
  for (const range of text.split(',')) {
    const [span = '', step = '1'] = range.split('/');
    const [begin = '', end] = span.split('-');
    const from = begin === '*' ? least : number(begin);
    const single = end === undefined && begin !== '*' && !range.includes('/');
    const to = end === undefined ? (single ? from : most) : number(end);
    for (let value = from; value <= to; value += Number(step)) found.add(value);
  }
  return found;
}

function clockOf(timeZone: string) {
  let format: Intl.DateTimeFormat;
  try {
    const parts = { minute: '2-digit', hour: '2-digit', day: '2-digit', month: '2-digit', weekday: 'short' } as const;
    format = new Intl.DateTimeFormat('en-US', { ...parts, hourCycle: 'h23', timeZone });
  } catch {
    throw new Refusal(`timeZone ${JSON.stringify(timeZone)} is not known on this machine`);
  }
  return (time: number) => {
    const said = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, value]));
    return {
      minute: Number(said.minute),
      hour: Number(said.hour),
      date: Number(said.day),
      month: Number(said.month),
      weekday: days.indexOf((said.weekday ?? '').toLowerCase()),
    };
  };
}
