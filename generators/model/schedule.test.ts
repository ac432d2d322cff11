import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSchedule, longestGap } from './schedule.ts';

test('a schedule is what the CronJob controller reads', () => {
  const legal = [
    ...['15 2 * * *', '* * * * *', '*/5 0-23 1,15 JAN-jun sun', '0 0 31 12 6', '5/10 1-5/2 * * MON,wed-Fri'],
  ];
  const wrong = [
    ...['', 'nightly', '@daily', '15 2 * *', '15 2 * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * 32 * *'],
    ...['* * * 13 *', '* * * * 7', '* * * * XYZ', 'MON * * * *', '5-1 * * * *', '*/0 * * * *', '*-3 * * * *'],
    ...['1, * * * *', '-1 * * * *', '1.5 * * * *', '15  2 * * *', ' 15 2 * * *', '1/ * * * *', '* * * jan- *'],
  ];
  for (const text of legal) assert.ok(isSchedule(text), text);
  for (const text of wrong) assert.ok(!isSchedule(text), text);
});

test('between two starts of a schedule lies at most so much time', () => {
  const hour = 3600;
  const day = 24 * hour;
  const table: readonly (readonly [string, number | undefined])[] = [
    ['* * * * *', 60],
    ['*/15 * * * *', 900],
    ['*/25 * * * *', 1500],
    ['15 2 * * *', day],
    ['15 2,14 * * *', 12 * hour],
    ['0 9-17/4 * * *', 16 * hour],
    ['5/10 9 * * *', 23 * hour + 600],
    ['0 3 * * mon-fri', 3 * day],
    ['0 3 * * SUN', 7 * day],
    ['0 0 1 * *', 31 * day],
    ['0 0 1 jan *', 366 * day],
    // Either will do: the thirteenth, and every Friday.
    ['0 0 13 * 5', 7 * day],
    ['0 0 29 2 *', 1461 * day],
    ['0 0 31 2 *', undefined],
  ];
  for (const [text, expected] of table) assert.equal(longestGap(text), expected, text);
  // Both, where one begins with a star: an odd day that is a Friday.
  assert.equal(longestGap('0 0 */2 * 5'), 21 * day);
});
