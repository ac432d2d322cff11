import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isSchedule } from './schedule.ts';

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
