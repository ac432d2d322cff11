import { entriesOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Answer, type Live, liveAnswer, type Vouching } from '../model/gate.ts';
import type { Stage } from '../model/metadata.ts';
import { applicationFile } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { Entry, EnvironmentHistory } from '../model/timeline.ts';
import type { Context } from './context.ts';

/**
 * What the gates say of apps in the environment that they would come from. A gate that cannot be asked does not agree;
 * where none is configured, whatever stands there may go on.
 * @param names apps of which something stands in the source
 */
export async function vouch(
  context: Context,
  mirror: Mirror,
  { source, history, names }: { source: Stage; history: EnvironmentHistory; names: readonly string[] },
): Promise<Map<string, Vouching>> {
  const found = new Map<string, Vouching>();
  const parts = names.flatMap((name) => ({ name, part: history.entries.get(name)?.id ?? '' }));
  if (!context.live) return new Map(parts.map(({ name, part }) => [name, { part, answers: [], waits: [] }]));
  if (names.length === 0) return found;
  let live: readonly Live[];
  try {
    live = await context.live(source.name);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const answer: Answer = { gate: 'soak', is: 'unknown', evidence: error.message };
    return new Map(names.map((name) => [name, { part: undefined, answers: [], waits: [answer] }]));
  }
  const soak = context.soakless ? 0 : source.soak;
  const listed = new Map<string | undefined, ReadonlyMap<string, Entry>>();
  for (const { name, part } of parts) {
    const running = live.find(({ app }) => app === name);
    const revision = running?.revision;
    const entries = listed.get(revision) ?? (await partsAt(mirror, revision));
    listed.set(revision, entries);
    // Only an app of which nothing is live has to be known as removed.
    const removed = !running && !(await entriesOf(mirror.git, part)).has(applicationFile);
    const question = { environment: source.name, app: name, part, removed };
    const answer = liveAnswer(question, running, entries.get(name)?.id, soak, context.now());
    found.set(
      name,
      answer.is === 'yes' ? { part, answers: [answer], waits: [] } : { part: undefined, answers: [], waits: [answer] },
    );
  }
  return found;
}

/** What stood in a commit that somebody else named: nothing, when it is not one. */
async function partsAt({ git }: Mirror, revision: string | undefined): Promise<ReadonlyMap<string, Entry>> {
  if (!revision || !/^[0-9a-f]{40,64}$/.test(revision) || !(await git.commit(revision))) return new Map();
  return entriesOf(git, revision);
}
