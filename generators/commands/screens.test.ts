import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mock, test } from 'node:test';
import { widthOf } from '../model/columns.ts';
import { program } from './hydrate-commit.ts';
import { publishedBox } from './sandbox.fixture.ts';
import { noTerminal, onTerminal, type Screen } from './terminal.fixture.ts';

// What people see, in a real terminal. Read the snapshots when they change: that is what they are for.
// SLIPWAY_UPDATE=1 writes them anew.

const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
const began = Date.parse('2026-11-16T09:00:00Z');
const now = Date.parse('2026-11-20T16:00:00Z');

const sequence = '\u001b[';

/** Days later, whatever the clock says. */
const clock = `--import=data:text/javascript,${encodeURIComponent(`Date.now=()=>${now}`)}`;

/** The same ids in every run: commits hold this program, which changes. */
function steady(lines: readonly string[], dir: string): string {
  const known = new Map<string, string>();
  const named = (id: string) => {
    const whole = [...known.keys()].find((one) => one.startsWith(id.slice(0, 7)) || id.startsWith(one)) ?? id;
    if (!known.has(whole)) known.set(whole, (known.size + 1).toString(16));
    return (known.get(whole) as string).repeat(id.length).slice(0, id.length);
  };
  return lines
    .join('\n')
    .replaceAll(dir, '/work/slipway')
    .replace(/\b(?=[a-f]*\d)[0-9a-f]{7,64}\b/g, named);
}

/** What is shown, by the name of its snapshot. */
const screens: readonly (readonly [string, readonly string[]])[] = [
  ['help', ['help']],
  ['alone', []],
  ['status', ['status']],
  ['history', ['history', '--env', 'staging']],
  ['where', ['where', 'HEAD']],
  ['dora', ['dora', '--env', 'staging']],
  ['diff', ['diff', 'staging..dev']],
];

/** What fills the room that it has. */
const wide = ['help', 'status'];

test('what people see at 80 columns, and at 120 where it fills them', { skip: noTerminal() }, async (t) => {
  mock.timers.enable({ apis: ['Date'], now: began });
  const date = `@${began / 1000} +0000`;
  Object.assign(process.env, { GIT_AUTHOR_DATE: date, GIT_COMMITTER_DATE: date });
  const box = await publishedBox(t);
  await box.mergeTo('staging');
  await box.change({ b: '2' });
  await box.publish();
  mock.timers.reset();
  const show = (args: readonly string[], columns: number, variables = {}): Promise<Screen> =>
    onTerminal([process.execPath, launcher, ...args], {
      ...{ columns, cwd: box.checkout.dir },
      variables: { NODE_OPTIONS: clock, ...variables },
    });
  const dir = join(import.meta.dirname, 'screens');
  await mkdir(dir, { recursive: true });
  let coloured = '';
  for (const [name, args] of screens) {
    const widths = wide.includes(name) ? [80, 120] : [80];
    const seenAt = await Promise.all(widths.map(async (columns) => ({ columns, ...(await show(args, columns)) })));
    for (const { columns, lines, code, written } of seenAt) {
      coloured += written;
      assert.equal(code, 0, `${name}: ${lines.join('\n')}`);
      // What differs is never cut: a terminal breaks its lines.
      for (const line of name === 'diff' ? [] : lines)
        assert.ok(widthOf(line) <= columns, `${name} at ${columns}: ${line}`);
      const file = join(dir, `${name}-${columns}.txt`);
      const seen = `${steady(lines, box.dir)}\n`;
      if (process.env.SLIPWAY_UPDATE) await writeFile(file, seen);
      assert.equal(seen, await readFile(file, 'utf8'), `${name} at ${columns}; SLIPWAY_UPDATE=1 writes it anew`);
    }
  }
  const plain = await show(['status'], 80, { NO_COLOR: '1' });
  assert.ok(coloured.includes(sequence), 'a terminal has colours');
  assert.ok(!plain.written.includes(sequence), 'NO_COLOR has none');
});
