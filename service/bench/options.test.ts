import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseOptions } from './options.ts';
import { Refusal } from './refusal.ts';

test('what was asked is read, with twelve rounds of three seconds where nothing was', () => {
  const { rounds, seconds, peer, strict } = parseOptions([]);
  assert.deepEqual({ rounds, seconds, peer, strict }, { rounds: 12, seconds: 3, peer: false, strict: false });
  const quick = parseOptions(['--quick', '--peer', '--seconds', '7']);
  assert.deepEqual([quick.rounds, quick.seconds, quick.peer], [1, 7, true]);
});

test('what cannot be meant is refused with exit code 2', () => {
  for (const args of [['--fast'], ['5'], ['--rounds'], ['--rounds', '0'], ['--rounds=2.5'], ['--seconds', '601']])
    assert.throws(
      () => parseOptions(args),
      (error: Refusal) => error instanceof Refusal && error.exitCode === 2 && error.message.endsWith('.'),
      args.join(' '),
    );
});
