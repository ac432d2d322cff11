import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Misuse } from './refusal.ts';
import { sinceOf } from './since.ts';

const now = Date.UTC(2026, 10, 20, 12);

test('a span, a day and a moment are times, and all else is a revision', () => {
  const table: [string, object][] = [
    ['2d', { time: now - 2 * 86_400_000 }],
    ['2026-11-20', { time: Date.UTC(2026, 10, 20) }],
    ['2026-11-20T11:30', { time: Date.UTC(2026, 10, 20, 11, 30) }],
    ['2026-11-20T11:30:15.5Z', { time: Date.UTC(2026, 10, 20, 11, 30, 15, 500) }],
    ['2026-11-20T13:30+02:00', { time: Date.UTC(2026, 10, 20, 11, 30) }],
    ['4f2a91c', { revision: '4f2a91c' }],
    ['2026-1-5', { revision: '2026-1-5' }],
  ];
  for (const [text, expected] of table) assert.deepEqual(sinceOf(text, now), expected, text);
});

test('a day that no calendar has, or that has not come, is refused', () => {
  for (const text of [
    '2026-02-31',
    '2026-13-01',
    '2026-02-30T10:00',
    '2026-11-20T25:00',
    '2026-11-21',
    '2026-11-20T12:01',
  ])
    assert.throws(() => sinceOf(text, now), Misuse, text);
  assert.throws(
    () => sinceOf('2026-02-31', now, 'production@2026-02-31'),
    /^Misuse: production@2026-02-31: write a time/,
  );
});
