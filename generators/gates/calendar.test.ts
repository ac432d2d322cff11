import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Calendar, closedTime, isCalendar, isDay } from '../model/calendar.ts';
import { calendarAnswer } from './calendar.ts';

const weekend: Calendar = { timeZone: 'Europe/Berlin', closed: ['Fri 16:00 - Mon 07:00'] };
const closed = (...times: readonly string[]): Calendar => ({ timeZone: 'Europe/Berlin', closed: times });

test('a calendar closes and opens by the clock of its zone, whatever that clock was put to', () => {
  const table: [what: string, calendar: Calendar, now: string, opens: string | undefined][] = [
    ['a minute before it closes', weekend, '2026-11-20T14:59:59Z', undefined],
    ['the minute at which it closes', weekend, '2026-11-20T15:00:00Z', 'Mon 2026-11-23 07:00'],
    ['the week turns', weekend, '2026-11-22T23:30:00Z', 'Mon 2026-11-23 07:00'],
    ['the last second', weekend, '2026-11-23T05:59:59Z', 'Mon 2026-11-23 07:00'],
    ['open again', weekend, '2026-11-23T06:00:00Z', undefined],
    ['in summer', weekend, '2026-07-10T14:00:00Z', 'Mon 2026-07-13 07:00'],
    ['in summer, one hour before', weekend, '2026-07-10T13:59:00Z', undefined],
    ['clocks are put on within it', weekend, '2026-03-28T12:00:00Z', 'Mon 2026-03-30 07:00'],
    ['its end after that', weekend, '2026-03-30T05:00:00Z', undefined],
    ['clocks are put back within it', weekend, '2026-10-24T12:00:00Z', 'Mon 2026-10-26 07:00'],
    ['its end after that, not yet', weekend, '2026-10-26T05:59:00Z', 'Mon 2026-10-26 07:00'],
    ['overnight, before midnight', closed('Tue 22:00 - Wed 06:00'), '2026-11-24T22:30:00Z', 'Wed 2026-11-25 06:00'],
    ['overnight, after midnight', closed('Tue 22:00 - Wed 06:00'), '2026-11-25T04:00:00Z', 'Wed 2026-11-25 06:00'],
    ['within a day', closed('Wed 12:00 - Wed 13:00'), '2026-11-25T11:30:00Z', 'Wed 2026-11-25 13:00'],
    ['all week but an hour', closed('Wed 13:00 - Wed 12:00'), '2026-11-25T12:00:00Z', 'Wed 2026-12-02 12:00'],
    ['the hour that is left', closed('Wed 13:00 - Wed 12:00'), '2026-11-25T11:30:00Z', undefined],
    [
      'a time that the clock jumps over',
      closed('Sun 01:00 - Sun 02:30'),
      '2026-03-29T00:30:00Z',
      'Sun 2026-03-29 03:00',
    ],
    [
      'one follows another',
      closed('Fri 16:00 - Sat 00:00', 'Sat 00:00 - Mon 07:00'),
      '2026-11-20T16:00:00Z',
      'Mon 2026-11-23 07:00',
    ],
    ['nothing is closed', closed(), '2026-11-21T12:00:00Z', undefined],
  ];
  for (const [what, calendar, now, opens] of table) {
    const { is, evidence } = calendarAnswer(calendar, Date.parse(now));
    assert.equal(is, opens === undefined ? 'yes' : 'no', what);
    if (opens) assert.ok(evidence.endsWith(`; it opens ${opens} (Europe/Berlin)`), `${what}: ${evidence}`);
  }
});

test('a freeze closes whole days, the last included, and says why', () => {
  const calendar = { ...weekend, freezes: [{ from: '2026-12-20', until: '2027-01-03', reason: 'holidays' }] };
  const said = (now: string) => calendarAnswer(calendar, Date.parse(now)).evidence;
  assert.equal(said('2026-12-17T12:00:00Z'), 'the calendar is open (Europe/Berlin)');
  assert.equal(
    said('2026-12-24T12:00:00Z'),
    // The freeze ends on a Sunday, and Monday opens at seven.
    'the calendar is closed: holidays; it opens Mon 2027-01-04 07:00 (Europe/Berlin)',
  );
  const short = { ...closed(), freezes: [{ from: '2026-12-22', until: '2026-12-22', reason: 'sales' }] };
  const ends = (now: string) => calendarAnswer(short, Date.parse(now)).is;
  assert.deepEqual(
    ['2026-12-21T22:59:59Z', '2026-12-21T23:00:00Z', '2026-12-22T22:59:59Z', '2026-12-22T23:00:00Z'].map(ends),
    ['yes', 'no', 'no', 'yes'],
  );
});

test('the answer is steady while it is closed, and an override stands in the evidence', () => {
  const saturday = Date.parse('2026-11-21T12:00:00Z');
  const said = calendarAnswer(weekend, saturday);
  assert.deepEqual(said, calendarAnswer(weekend, saturday + 3_600_000));
  const evidence = 'the calendar is closed: Fri 16:00 - Mon 07:00; it opens Mon 2026-11-23 07:00 (Europe/Berlin)';
  assert.deepEqual(said, { gate: 'calendar', is: 'no', evidence });
  assert.deepEqual(calendarAnswer(weekend, saturday, 'shop is down\n# now'), {
    gate: 'calendar',
    is: 'yes',
    evidence: `${evidence}, passed over: shop is down # now`,
  });
  const open = Date.parse('2026-11-24T12:00:00Z');
  assert.deepEqual(calendarAnswer(weekend, open, 'just in case'), calendarAnswer(weekend, open));
});

test('a closed time, a day and a calendar say something, or nothing', () => {
  const times: [string, [number, number] | undefined][] = [
    ['Fri 16:00 - Mon 07:00', [4 * 1440 + 960, 2 * 1440 + 900]],
    ['Mon 00:00 - Mon 00:01', [0, 1]],
    ['Mon 07:00 - Mon 07:00', undefined],
    ['Fri 24:00 - Mon 07:00', undefined],
    ['fri 16:00 - mon 07:00', undefined],
    ['Fri 16:00-Mon 07:00', undefined],
    ['weekends', undefined],
  ];
  for (const [text, said] of times) {
    const { start = 0, length = 0 } = closedTime(text) ?? {};
    assert.deepEqual(closedTime(text) && [start, length], said, text);
  }
  assert.deepEqual(['2028-02-29', '2026-02-29', '2026-13-01', '1.1.2026', ''].map(isDay), [
    true,
    false,
    false,
    false,
    false,
  ]);
  const freeze = { from: '2026-12-20', until: '2027-01-04', reason: 'holidays' };
  const wrong: unknown[] = [
    undefined,
    { ...weekend, timeZone: 'Mars/Base' },
    { ...weekend, closed: ['weekends'] },
    { ...weekend, closed: ['Mon 00:00 - Thu 00:00', 'Thu 00:00 - Mon 00:00'] },
    { ...weekend, freezes: [{ ...freeze, until: '2026-12-01' }] },
    { ...weekend, freezes: [{ ...freeze, reason: 1 }] },
    { ...weekend, closed: 'Fri 16:00 - Mon 07:00' },
  ];
  assert.ok(isCalendar({ ...weekend, freezes: [freeze] }) && isCalendar(weekend));
  for (const value of wrong) assert.ok(!isCalendar(value), JSON.stringify(value));
});
