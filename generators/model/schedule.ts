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
