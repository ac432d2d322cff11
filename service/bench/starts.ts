import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Scratch } from './scratch.ts';
import { environmentOf, type Program, startSide } from './side.ts';

/** Something that is started over and over. */
export type Starter = { name: string; program: Program; ready: 'ends' | `/${string}` };

const LOOK_EVERY_MS = 2;

/** Milliseconds from spawn until it answers 200 at its path, or until it has ended. */
async function startOnce(scratch: Scratch, { program, ready }: Starter): Promise<number> {
  const started = performance.now();
  if (ready === 'ends') {
    const child = scratch.spawn(program.command, program.args, { env: environmentOf(program), stdio: 'ignore' });
    await once(child, 'exit');
    return performance.now() - started;
  }
  const { url, child } = await startSide(scratch, program);
  while ((await fetch(`${url}${ready}`)).status !== 200) await delay(LOOK_EVERY_MS);
  const ms = performance.now() - started;
  const ended = once(child, 'exit');
  scratch.kill(child);
  await ended;
  return ms;
}

/** Starts each in turn, so often, and gives the milliseconds of each start by name. */
export async function measureStarts(
  scratch: Scratch,
  starters: readonly Starter[],
  times: number,
): Promise<Record<string, number[]>> {
  const found: Record<string, number[]> = {};
  for (let round = 0; round < times; round++)
    for (const starter of starters) {
      const ms = await startOnce(scratch, starter);
      found[starter.name] = [...(found[starter.name] ?? []), ms];
    }
  return found;
}
