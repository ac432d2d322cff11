import { entriesOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Answer, type Live, liveAnswer } from '../model/gate.ts';
import type { Stage } from '../model/metadata.ts';
import { applicationFile, pipelineFile } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import { Refusal } from '../model/refusal.ts';
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
  for (const { name, offer } of apps) {
    if (offer.part === undefined) continue;
    const found = live.find(({ app }) => app === name);
    const question = {
      environment: source.name,
      app: name,
      part: offer.vouched ?? '',
      removed: !offer.vouched || !(await entriesOf(mirror.git, offer.vouched)).has(applicationFile),
    };
    answers.set(name, [
      liveAnswer(
        question,
        found,
        await partAt(mirror, found?.revision, name),
        context.soakless ? 0 : source.soak,
        context.now(),
      ),
    ]);
  }
  return answers;
}

/** What stood under `name` in a commit that somebody else named. */
async function partAt({ git }: Mirror, revision: string | undefined, name: string): Promise<string | undefined> {
  if (!revision || !/^[0-9a-f]{40,64}$/.test(revision) || !(await git.commit(revision))) return undefined;
  return (await entriesOf(git, revision)).get(name)?.id;
}
