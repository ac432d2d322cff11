// Prints where the temporary folders of the tests stand. They make and remove files by the ten thousand, which costs a
// file system on disk a third of what the tests take: in memory, where there is room and programs may run.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';

const memory = '/dev/shm';
/** Bytes; the tests use a tenth of it at once. */
const room = 6 * 2 ** 30;

/** Whether a program can be started from there: containers often mount it `noexec`. */
function mayRun() {
  const dir = mkdtempSync(join(memory, 'slipway-scratch-'));
  try {
    const program = join(dir, 'program');
    writeFileSync(program, '#!/bin/sh\n', { mode: 0o755 });
    return spawnSync(program).status === 0;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

function isFit() {
  try {
    const { bavail, bsize } = statfsSync(memory);
    // What a container may use may be less than what the machine has.
    const free = process.availableMemory?.() ?? freemem();
    return Math.min(bavail * bsize, free) >= room && mayRun();
  } catch {
    return false;
  }
}

console.log(process.env.TMPDIR ?? (isFit() ? memory : tmpdir()));
