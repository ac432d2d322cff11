import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { isAlive } from '../../generators/git/own-folder.ts';
import { Refusal } from '../../generators/model/refusal.ts';

/** After so many milliseconds whoever has a lock has forgotten it: its process number may be somebody else's by now. */
const forgotten = 60_000;

/**
 * Does work while no other process does any under the same file. A lock whose process is gone is taken over.
 * @throws {Refusal} when somebody else keeps it for longer than it could take
 */
export async function locked<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  const mark = `${process.pid} ${randomUUID()}`;
  for (const until = Date.now() + 2 * forgotten; !(await taken(file, mark)); await delay(50)) {
    if (Date.now() > until)
      throw new Refusal(`Somebody else has ${file} for minutes: remove it when no slipway runs there, and try again.`);
  }
  try {
    return await work();
  } finally {
    if ((await readFile(file, 'utf8').catch(() => '')) === mark) await rm(file, { force: true });
  }
}

async function taken(file: string, mark: string): Promise<boolean> {
  try {
    // Whoever creates it has it.
    await writeFile(file, mark, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const [text, about] = await Promise.all([
    readFile(file, 'utf8').catch(() => undefined),
    stat(file).catch(() => undefined),
  ]);
  if (text === undefined || about === undefined) return false;
  const isLost = text !== '' && !isAlive(Number(text.split(' ')[0]));
  if (!isLost && Date.now() - about.mtimeMs < forgotten) return false;
  // A rename has one winner. Should it have caught a newer lock, that one goes back where it was.
  const aside = `${file}.${randomUUID()}`;
  await rename(file, aside).catch(() => {});
  if ((await readFile(aside, 'utf8').catch(() => text)) !== text) await link(aside, file).catch(() => {});
  await rm(aside, { force: true });
  return false;
}
