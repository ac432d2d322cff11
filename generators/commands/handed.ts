import type { MergeRequest } from '../forge/forge.ts';
import { Git, GitError } from '../git/git.ts';
import { lineageOf } from '../git/lineage.ts';
import { pinnedIn, pinOfBump, sourceIn } from '../model/bump.ts';
import { type Built, judgeHandOver, type Pinned } from '../model/hand-over.ts';
import { instead } from '../model/nearest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';

/** An image, the commit that it was built from, and where the order of commits is known. */
export interface Handed {
  readonly built: Built;
  readonly history: Git;
}

/** @throws {Misuse} where there is no clone. @throws {Refusal} where it does not have the commit */
export async function handedOver(reference: string, source: string, dir: string): Promise<Handed> {
  const history = new Git(dir);
  try {
    await history.text(['rev-parse', '--git-dir']);
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    throw new Misuse(`--history ${dir} is no clone: give one of the repository that the image was built in.`);
  }
  const commit = await history.commit(source);
  if (commit) return { built: { reference, commit }, history };
  throw new Refusal(`--source ${source} is not a commit of ${dir}: fetch it, then run it again.`);
}

/** What became of a bump. */
export interface Bumped {
  /** `written` into the work tree, or what became of the merge request. */
  readonly outcome: 'written' | 'proposed' | 'opened' | 'updated' | 'unchanged' | 'superseded';
  readonly app: string;
  readonly file: string;
  /** The references that stood there; none where nothing changes. */
  readonly before: readonly string[];
  readonly after: string;
  /** The commit that it was built from. */
  readonly commit?: string;
  /** What has it already, or a later one. */
  readonly where?: string;
  readonly branch?: string;
  readonly request?: MergeRequest | undefined;
}

/** What becomes of an image, by what a definition has. A definition without a source leaves it to `bumped`. */
export async function judged(
  app: string,
  text: string,
  { built, history }: Handed,
  place: Pick<Pinned, 'where' | 'remedy'>,
): Promise<ReturnType<typeof judgeHandOver>> {
  const source = sourceIn(app, text);
  if (!source) return 'bump';
  const images = pinnedIn(app, text, pinOfBump(built.reference).repository);
  const lineage = await lineageOf(history, source.commit, built.commit);
  return judgeHandOver(built, { ...place, images, commit: source.commit }, lineage);
}

/** @param known the folders of `apps/` */
export const unknownApp = (app: string, known: readonly string[]): Misuse =>
  new Misuse(`${app} is not an app; ${instead(app, known.toSorted())}`);
