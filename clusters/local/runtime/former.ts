import { rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandOf, isAlive } from '../../../generators/git/own-folder.ts';
import { Refusal } from '../../../generators/model/refusal.ts';

const memory = (world: string, environment: string, pod: string) => join(world, 'pods', environment, `${pod}.pids`);

/** Writes down which processes hold a pod, for whoever starts it after this world ended without a word. */
export function remember(world: string, environment: string, pod: string, pids: readonly number[]): void {
  try {
    const file = memory(world, environment, pod);
    if (pids.length > 0) writeFileSync(file, pids.join('\n'));
    else rmSync(file, { force: true });
  } catch {
    // Its folder goes when the world does; then nobody comes after it.
  }
}

/**
 * Waits until the processes that held the pod of this name before are gone: two Redis on one volume would ruin it. They
 * end by themselves, within their grace period, since whoever held them is gone.
 * @throws {Refusal} when they do not
 */
export async function former(world: string, environment: string, pod: string, grace: number): Promise<void> {
  const text = await readFile(memory(world, environment, pod), 'utf8').catch(() => '');
  const pids = text.split('\n').filter(Boolean).map(Number);
  for (const until = Date.now() + (grace + 5) * 1000; pids.some(isLifeline); await delay(50)) {
    if (Date.now() > until)
      throw new Refusal(`${pod} still runs from before, as process ${pids.join(', ')}: end it, and this one starts`);
  }
}

/** Whether a process holds a container: the number may be somebody else's by now. */
const isLifeline = (pid: number): boolean => isAlive(pid) && commandOf(pid).includes('lifeline.sh');
