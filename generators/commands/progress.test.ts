import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress, wipe } from './progress.ts';

/** 1,000 things, one every so many milliseconds. */
function shown(isTerminal: boolean, every: number): string[] {
  const written: string[] = [];
  let time = 0;
  const progress = new Progress('rendering', 1000, {
    isTerminal,
    write: (text) => written.push(text),
    now: () => time,
  });
  for (let thing = 0; thing < 1000; thing++) {
    time += every;
    progress.done(`app-${thing}`);
    progress.done(`app-${thing}`);
  }
  progress.end();
  return written;
}

test('on a terminal one line is written over, and is gone at the end', () => {
  const lines = shown(true, 5);
  assert.equal(lines[0], '\r\u001b[2Krendering 80 of 1,000');
  assert.ok(lines.length > 10 && lines.length < 60, `${lines.length}`);
  assert.ok(!lines.join('').includes('\n'));
  assert.equal(lines.at(-1), '\r\u001b[2K');
});

test('elsewhere it is a line now and then, and nothing for what is quick', () => {
  assert.deepEqual(shown(false, 5), []);
  assert.deepEqual(shown(true, 0.3), []);
  assert.deepEqual(shown(false, 25), ['rendering 400 of 1,000\n', 'rendering 800 of 1,000\n']);
});

test('what is said meanwhile stands on a line of its own', () => {
  const written: string[] = [];
  let time = 0;
  const write = (text: string) => void written.push(text);
  const progress = new Progress('proving', 9, { isTerminal: true, write, now: () => time });
  time = 1000;
  progress.done('a');
  wipe();
  write('said\n');
  wipe();
  assert.deepEqual(written, ['\r\u001b[2Kproving 1 of 9', '\r\u001b[2K', 'said\n']);
});
