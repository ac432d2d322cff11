import { entriesOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Answer, type Live, liveAnswer } from '../model/gate.ts';
import type { Stage } from '../model/metadata.ts';
import { applicationFile, pipelineFile } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import { Refusal } from '../model/refusal.ts';
import type { Entry } from '../model/timeline.ts';
import type { Context } from './context.ts';

/** Every gate's answer for every app that would move. No gate agrees; a gate that cannot be asked does not. */
export async function askGates(
  context: Context,
  mirror: Mirror,
  source: Stage,
  steps: readonly Step[],
): Promise<Map<string, Answer[]>> {
  const answers = new Map<string, Answer[]>();
  const apps = steps.filter(({ name }) => name !== pipelineFile);
  if (!context.live || apps.length === 0) return answers;
  let live: readonly Live[];
  try {
    live = await context.live(source.name);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const { name } of apps) answers.set(name, [{ agrees: false, evidence: error.message }]);
    return answers;
  }
  const soak = context.soakless ? 0 : source.soak;
  const listed = new Map<string | undefined, ReadonlyMap<string, Entry>>();
  for (const { name, offer } of apps) {
    const found = live.find(({ app }) => app === name);
    const revision = found?.revision;
    const parts = listed.get(revision) ?? (await partsAt(mirror, revision));
    listed.set(revision, parts);
    const part = offer.part === undefined ? undefined : offer.vouched;
    if (part === undefined) continue;
    // Only an app of which nothing is live has to be known as removed.
    const removed = !found && !(await entriesOf(mirror.git, part)).has(applicationFile);
    const question = { environment: source.name, app: name, part, removed };
    answers.set(name, [liveAnswer(question, found, parts.get(name)?.id, soak, context.now())]);
  }
  return answers;
}

/** What stood in a commit that somebody else named: nothing, when it is not one. */
async function partsAt({ git }: Mirror, revision: string | undefined): Promise<ReadonlyMap<string, Entry>> {
  if (!revision || !/^[0-9a-f]{40,64}$/.test(revision) || !(await git.commit(revision))) return new Map();
  return entriesOf(git, revision);
}
