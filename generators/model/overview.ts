import type { ObjectId } from './timeline.ts';

/** One environment as a whole. */
export interface Overview {
  readonly name: string;
  readonly after?: string;
  /** The commit at the tip of its branch; absent where it has none. */
  readonly tip?: ObjectId;
  /** It stands in the path, and has no branch: it goes on once something is published. */
  readonly missing?: true;
  /** The open merge requests onto it; absent where the forge was not asked, or did not answer. */
  readonly requests?: readonly Opened[];
  /** Who says whether what stands here may go on: Argo CD, or the reporter; absent where nobody does. */
  readonly gate?: string;
}

/** An open merge request. */
export interface Opened {
  readonly iid: number;
  readonly title: string;
  /** The branch that it would merge. */
  readonly source: string;
  readonly url: string;
  /** It may not be merged yet. */
  readonly draft?: true;
}
