/** The fields of cron with their bounds, and the names of those that have names. Sunday is 0 and never 7. */
export const fields: readonly (readonly [least: number, most: number, names?: readonly string[]])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12, 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')],
  [0, 6, 'sun mon tue wed thu fri sat'.split(' ')],
];

/**
 * Whether a text says when, as the CronJob controller reads it: minute, hour, day, month, weekday.
 * https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
 */
export function isSchedule(text: string): boolean {
  const said = text.split(' ');
  return said.length === fields.length && fields.every((field, at) => said[at]?.split(',').every(fits(...field)));
}

const fits = (least: number, most: number, names: readonly string[] = []) => {
  const number = (text: string) => {
    const at = names.indexOf(text.toLowerCase());
    return at < 0 ? (/^\d{1,2}$/.test(text) ? Number(text) : Number.NaN) : at + least;
  };
  return (range: string): boolean => {
    const [, begin = '', end] = /^(\*|\w+)(?:-(\w+))?(?:\/[1-9]\d*)?$/.exec(range) ?? [];
    if (begin === '*') return end === undefined;
    const from = number(begin);
    const to = end === undefined ? most : number(end);
    return least <= from && from <= to && to <= most;
  };
};

const day = 86_400;

/**
 * The longest time between two starts of a schedule, in seconds, by clocks that are never set; undefined for a day that
 * never comes.
 * @param text for which `isSchedule` holds
 */
export function longestGap(text: string): number | undefined {
  const said = text.split(' ');
  const [minutes, hours, days, months, weekdays] = fields.map(
    (field, at) => new Set(said[at]?.split(',').flatMap((range) => numbers(range, ...field))),
  ) as [Set<number>, Set<number>, Set<number>, Set<number>, Set<number>];
  // Where both say which days, either will do: https://pkg.go.dev/github.com/robfig/cron/v3#hdr-CRON_Expression_Format
  const both = said[2]?.startsWith('*') || said[4]?.startsWith('*');
  const times = [...hours]
    .flatMap((hour) => [...minutes].map((minute) => hour * 3600 + minute * 60))
    .sort((a, b) => a - b);
  const [first = 0] = times;
  const last = times.at(-1) ?? 0;
  let longest = Math.max(0, ...times.slice(1).map((time, at) => time - (times[at] as number)));
  let before: number | undefined;
  // February 29th comes every four years, and all weekdays with it in 28; where every day is one, two tell.
  const until = said.slice(2).every((field) => field === '*') ? 1 : 28 * 366;
  for (let at = 0; at <= until; at++) {
    const date = new Date(at * day * 1000);
    const isDay = days.has(date.getUTCDate());
    const isWeekday = weekdays.has(date.getUTCDay());
    if (!months.has(date.getUTCMonth() + 1) || !(both ? isDay && isWeekday : isDay || isWeekday)) continue;
    if (before !== undefined) longest = Math.max(longest, at * day + first - before);
    before = at * day + last;
  }
  return before === undefined ? undefined : longest;
}

/** What a range of cron stands for. */
function numbers(range: string, least: number, most: number, names: readonly string[] = []): number[] {
  const [, begin = '', end, every] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(range) ?? [];
  const number = (text: string) => {
    const at = names.indexOf(text.toLowerCase());
    return at < 0 ? Number(text) : at + least;
  };
  const from = begin === '*' ? least : number(begin);
  // One number with a step goes on to the end: 5/10.
  const to = end !== undefined ? number(end) : begin === '*' || every !== undefined ? most : from;
  const found = [];
  for (let at = from; at <= to; at += Number(every ?? 1)) found.push(at);
  return found;
}
