import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { firstCores } from './machine.ts';
import { parseCpuMs, parseResident, parseTicks, residentOf, sharesBetween, treeOf } from './proc.ts';

const procMissing = !existsSync('/proc/self/status') && 'There is no /proc here.';

test('what others took is told as a share of all: the host by stealing, other programs by working', () => {
  const before = parseTicks(`cpu  5319595 934086 4021881 3477824 155995 0 24503 417037 0 0
cpu0 2644571 467571 1999386 1778732 66744 0 8248 210810 0 0
`);
  assert.deepEqual(before, { all: 14_350_921, worked: 10_300_065, stolen: 417_037 });
  // 50 ticks of work, 20 idle and 30 stolen; the guest's 12 stand in the user's already.
  const after = parseTicks('cpu  5319635 934086 4021891 3477844 155995 0 24503 417067 12 0\n');
  const from = { machine: before, ownMs: 1_000 };
  assert.deepEqual(sharesBetween(from, { machine: after, ownMs: 1_400 }), { stolen: 0.3, others: 0.1 });
  assert.equal(sharesBetween(from, from), undefined);
  assert.equal(sharesBetween(undefined, from), undefined);
});

test('resident memory is told in bytes', () => {
  const status = 'Name:\tnode\nVmPeak:\t 1068868 kB\nVmHWM:\t  148520 kB\nVmRSS:\t  120000 kB\nThreads:\t11\n';
  assert.deepEqual(parseResident(status), { peak: 152_084_480, now: 122_880_000 });
});

test('CPU time is found whatever the program calls itself, with that of its children', () => {
  const columns = 'S 22787 22788 22788 0 -1 4194560 5187 797156 0 426 3 5 4584 1119 20 0 1 0 7100751';
  for (const name of ['bash', 'a ) b (c', 'node']) assert.equal(parseCpuMs(`22788 (${name}) ${columns}`), 57_110);
});

test('a process is measured with all that it started', { skip: procMissing }, async (t) => {
  const child = spawn('sh', ['-c', 'sleep 60 & sleep 60 & wait'], { detached: true, stdio: 'ignore' });
  const { pid = 0 } = child;
  t.after(() => process.kill(-pid, 'SIGKILL'));
  while (treeOf(pid).length < 3) await new Promise((resolve) => setTimeout(resolve, 5));
  const [shell, all] = [residentOf([pid]), residentOf([pid, process.pid])];
  assert.ok(shell && all && all.now > shell.now && shell.peak >= shell.now && shell.now > 0);
});

test('two cores are taken of those that are allowed', () => {
  const lists: readonly [string, readonly number[]][] = [
    ['0-3', [0, 1]],
    ['2,5-7', [2, 5]],
    ['4', [4]],
  ];
  for (const [list, cores] of lists) assert.deepEqual(firstCores(list, 2), cores);
});
