import type { Scope } from '../commands/sandbox.fixture.ts';

/**
 * What these trials write is thrown away, and processes die in them, not machines: nobody waits for the disk, and what is
 * pushed or imported stays one pack instead of becoming a file for each object.
 */
const settings = { 'core.fsync': 'none', 'transfer.unpackLimit': '1', 'fastimport.unpackLimit': '1' };

// A repository is made for every command: without the examples that git would copy into each.
process.env.GIT_TEMPLATE_DIR = '';
// https://git-scm.com/docs/git-config#Documentation/git-config.txt-GITCONFIGCOUNT
process.env.GIT_CONFIG_COUNT = String(Object.keys(settings).length);
for (const [index, [key, value]] of Object.entries(settings).entries())
  Object.assign(process.env, { [`GIT_CONFIG_KEY_${index}`]: key, [`GIT_CONFIG_VALUE_${index}`]: value });

/** Runs what needs a sandbox outside of a test, and cleans up however it ends. */
export async function inScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const cleanUps: (() => unknown)[] = [];
  try {
    return await work({ after: (cleanUp) => cleanUps.push(cleanUp) });
  } finally {
    // The last one first: what was made on top goes before what it stands on.
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  }
}

/**
 * Does the same for each of a list, so many at a time. The first that fails stops the others from being begun, and tells
 * those that were begun that they may stop.
 */
export async function each<T>(
  list: Iterable<T>,
  atOnce: number,
  work: (item: T, stopped: () => boolean) => Promise<unknown>,
): Promise<void> {
  const rest = list[Symbol.iterator]();
  let failed = false;
  const worker = async () => {
    for (let next = rest.next(); !next.done && !failed; next = rest.next()) {
      try {
        await work(next.value, () => failed);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const done = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  const reason = done.find((one) => one.status === 'rejected');
  if (reason) throw reason.reason;
}
