import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextTime } from './schedule.ts';

test('when a schedule is due next', () => {
  const table: [schedule: string, after: string, due: string | undefined, timeZone?: string][] = [
    ['* * * * *', '2026-03-01T10:00:00Z', '2026-03-01T10:01:00Z'],
    ['* * * * *', '2026-03-01T10:00:59Z', '2026-03-01T10:01:00Z'],
    ['15 2 * * *', '2026-03-01T02:14:59Z', '2026-03-01T02:15:00Z'],
    ['15 2 * * *', '2026-03-01T02:15:00Z', '2026-03-02T02:15:00Z'],
    ['*/20 * * * *', '2026-03-01T10:41:00Z', '2026-03-01T11:00:00Z'],
    ['5/20 * * * *', '2026-03-01T10:26:00Z', '2026-03-01T10:45:00Z'],
    ['0 9-17/4 * * *', '2026-03-01T10:00:00Z', '2026-03-01T13:00:00Z'],
    ['0 0 1 jan *', '2026-03-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['0 0 29 2 *', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00Z'],
    ['0 0 * * mon', '2026-03-01T00:00:00Z', '2026-03-02T00:00:00Z'],
    // The 13th or a Friday, whichever comes first; with a star, both must fit.
    ['0 0 13 * fri', '2026-03-01T00:00:00Z', '2026-03-06T00:00:00Z'],
    ['0 0 13 * fri', '2026-03-06T00:00:00Z', '2026-03-13T00:00:00Z'],
    ['0 0 */5 * fri', '2026-03-01T00:00:00Z', '2026-03-06T00:00:00Z'],
    ['0 0 30 2 *', '2026-03-01T00:00:00Z', undefined],
    ['30 8 * * *', '2026-07-01T00:00:00Z', '2026-07-01T06:30:00Z', 'Europe/Berlin'],
    ['30 8 * * *', '2026-01-01T00:00:00Z', '2026-01-01T07:30:00Z', 'Europe/Berlin'],
    // That night 02:30 does not exist: it is left out.
    ['30 2 * * *', '2026-03-29T00:00:00Z', '2026-03-30T00:30:00Z', 'Europe/Berlin'],
    ['0 23 * * *', '2026-03-29T00:00:00Z', '2026-03-29T21:00:00Z', 'Europe/Berlin'],
    ['0 1 * * *', '2026-03-01T00:00:00Z', '2026-03-01T19:30:00Z', 'Asia/Kolkata'],
  ];
  for (const [schedule, after, due, timeZone] of table) {
    const found = nextTime(schedule, Date.parse(after), timeZone);
    assert.equal(found, due && Date.parse(due), `${schedule} after ${after} ${timeZone ?? ''}`);
  }
});

test('what is no schedule and no time zone is refused', () => {
  assert.throws(() => nextTime('0 25 * * *', 0), /"0 25 \* \* \*" is not one of cron's/);
  assert.throws(() => nextTime('0 2 * * *', 0, 'Mars/Olympus'), /"Mars\/Olympus" is not known/);
});
