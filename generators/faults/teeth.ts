import { spawn } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { program } from '../commands/hydrate-commit.ts';
import { type Break, breaks } from './breaks.ts';
import { each } from './scope.ts';
import type { Summary, Task } from './task.ts';

/**
 * Makes a break in a text.
 * @throws when what it finds does not stand there exactly once: then the list is outdated
 */
export function broken({ name, file, find, replace }: Break, source: string): string {
  const pieces = source.split(find);
  if (pieces.length !== 2)
    throw new Error(
      `breaks/ is outdated: what "${name}" finds stands ${pieces.length - 1} times in generators/${file}; it must be once.`,
    );
  return pieces.join(replace);
}

/**
 * Runs the break's task in a copy of this repository that has the break.
 * @param seed for the task
 * @returns what the task said when it failed; undefined when it noticed nothing
 */
export async function caught(one: Break, seed: number): Promise<string | undefined> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-broken-'));
  try {
    for (const name of ['apps', 'clusters', 'generators', 'package.json', 'package-lock.json'])
      await cp(join(program, name), join(dir, name), { recursive: true });
    await symlink(join(program, 'node_modules'), join(dir, 'node_modules'), 'dir');
    const file = join(dir, 'generators', one.file);
    await writeFile(file, broken(one, await readFile(file, 'utf8')));
    const trials = one.count === undefined ? ['--short'] : ['--count', String(one.count)];
    const args = ['generators/faults/main.ts', '--only', one.caughtBy, ...trials, '--seed', String(seed)];
    // Whatever the broken program leaves in its temporary folder goes with the copy.
    const child = spawn(process.execPath, args, {
      cwd: dir,
      env: { ...process.env, TMPDIR: dir },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
    const [status, , said] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
    if (status === 0) return undefined;
    // Only the task's own verdict counts: a copy that cannot run, or starts no program, would prove nothing.
    if (!said.includes(failed(one.caughtBy)) || unstarted.test(said))
      throw new Error(`"${one.name}" could not be tried: ${said}`);
    return said;
  } finally {
    await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

/** What is said where a program was not found, and not that it did wrong. */
export const unstarted = /\bspawn \S+ E[A-Z]+|git was not found/;

/** How a task's failure begins. */
export const failed = (task: string) => `${task} failed`;

/** Makes every break, two at a time, each in a copy of its own, and asks the tasks to notice. */
export const teeth: Task = {
  name: 'teeth',
  about: 'deliberate breaks of the program, one by one, that the other tasks must notice',
  count: breaks.length,
  run: async ({ random, count = 0, say }): Promise<Summary> => {
    for (const one of breaks) broken(one, await readFile(join(program, 'generators', one.file), 'utf8'));
    const chosen = breaks.slice(0, count);
    const missed: string[] = [];
    let done = 0;
    await each(chosen, 2, async (one) => {
      if (!(await caught(one, random.seed))) missed.push(`${one.caughtBy} did not notice: ${one.name}`);
      say(++done, chosen.length);
    });
    if (missed.length > 0) throw new Error(missed.join('\n'));
    return { breaks: chosen.length };
  },
};
