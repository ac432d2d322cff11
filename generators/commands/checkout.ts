import { Git, GitError } from '../git/git.ts';
import { Refusal } from '../model/refusal.ts';
import { wipe } from './progress.ts';
import { harmless } from './terminal.ts';

/** The checkout that the command was called in. @throws {Refusal} outside of one */
export async function checkoutHere(): Promise<Git> {
  try {
    return new Git(await new Git(process.cwd()).text(['rev-parse', '--show-toplevel']));
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new Refusal(
      `${process.cwd()} is not in a git checkout of a Slipway repository; go to one and run this again.`,
    );
  }
}

/** One line of progress, kept out of what programs read. */
export function say(line: string): void {
  wipe();
  process.stderr.write(`${harmless(line)}\n`);
}
