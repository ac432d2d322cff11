import type { Mirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { branchOf, environmentBranch, head, isProposal, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Verification } from '../model/verdict.ts';
import { verifyEnvironment } from './verify-environment.ts';
import type { Range } from './verify-rendered.ts';

/** A branch that could not be looked at, and why. */
export interface Unverified {
  readonly branch: string;
  readonly failed: string;
}

/**
 * Proves every environment branch, and `rendered`. One that cannot be proven stops no other.
 * @throws {Refusal} when nothing was published, or the remote cannot be read
 */
export async function verifyAll(mirror: Mirror, range: Range): Promise<(Verification | Unverified)[]> {
  const found: (Verification | Unverified)[] = [];
  const look = async (branch: string, work: () => Promise<Verification>) => {
    range.say(`${branch} …`);
    found.push(await work().catch((error) => ({ branch, failed: refusal(error).message })));
  };
  for (const name of await environmentsOf(mirror))
    await look(environmentBranch(name), () => verifyEnvironment(mirror, name));
  await look(rendered, async () => (await import('./verify-rendered.ts')).verifyRendered(mirror, range));
  return found;
}

/** Those that were published last; where that cannot be read, those that have a branch. */
async function environmentsOf(mirror: Mirror): Promise<string[]> {
  try {
    return (await readNewest(mirror)).environments.map(({ name }) => name);
  } catch (error) {
    if (!mirror.refs.has(head(rendered))) throw error;
    refusal(error);
    const start = environmentBranch('');
    return [...mirror.refs.keys()]
      .map(branchOf)
      .flatMap((branch) => (branch.startsWith(start) && !isProposal(branch) ? [branch.slice(start.length)] : []));
  }
}

/** What is no refusal is nobody's answer. */
function refusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}
