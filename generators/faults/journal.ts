import { closeSync, existsSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Door, Kind } from './fault.ts';

/** One call of a process out of itself. */
export interface Step {
  /** From 0, in the order of the calls. */
  readonly number: number;
  readonly door: Door;
  /** `git push`, `write alternates`, `POST merge_requests`. */
  readonly name: string;
  /** What was done to it. */
  readonly fault?: Kind;
}

/** Adds a step before it is done, so that also a killed process has told of it. Plain descriptors are no door. */
export function record(journal: string, step: Step): void {
  const file = openSync(journal, 'a');
  writeSync(file, `${JSON.stringify(step)}\n`);
  closeSync(file);
}

/** The steps of a process, or of several that wrote to the same journal. */
export function readJournal(journal: string): Step[] {
  if (!existsSync(journal)) return [];
  const lines = readFileSync(journal, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Step);
}
