import { readFileSync } from 'node:fs';
import { publish } from '../commands/publish.ts';
import { Git } from '../git/git.ts';
import { Refusal } from '../model/refusal.ts';

/** What one publisher of a storm is to do. */
export interface Errand {
  readonly checkout: string;
  readonly remote: string;
  /** Dry commits, in the order in which this publisher publishes them. */
  readonly commits: readonly string[];
}

/** So often a publisher tries a commit before it goes on to the next: a pipeline that is retried and then given up. */
const tries = 4;

// A program: it prints one line for each commit that is done with, so that one that was killed can be started again
// with the rest.
const { checkout, remote, commits } = JSON.parse(readFileSync(process.argv[2] as string, 'utf8')) as Errand;
const context = { checkout: new Git(checkout), remote, now: Date.now, say: () => {} };
for (const dry of commits) {
  let outcome = 'failed';
  for (let attempt = 0; attempt < tries && outcome === 'failed'; attempt++) {
    try {
      outcome = (await publish(context, { dry, images: new Map() })).outcome;
    } catch (error) {
      // The faults make git refuse and throw what Node throws; anything else is a bug of the program. So is a race
      // that is lost every time, among so few.
      if (!(error instanceof Refusal) && !('code' in (error as object))) throw error;
      if (/moved \d+ times/.test((error as Error).message)) throw error;
    }
  }
  process.stdout.write(`${dry} ${outcome}\n`);
}
