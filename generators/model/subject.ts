import type { Turning } from './presence.ts';
import type { Deed } from './request.ts';
import type { ObjectId } from './timeline.ts';

/** What a word was found to mean. */
export type Subject =
  | CommitSubject
  | { readonly is: 'version'; readonly app: string; readonly version: string }
  | { readonly is: 'image'; readonly digests: readonly string[] }
  /** A commit of an environment branch; or, where `open`, what a request would bring. */
  | ({
      readonly is: 'event';
      readonly environment: string;
      readonly commit: ObjectId;
      readonly changes: readonly string[];
      readonly open?: OpenRequest;
    } & Told);

export interface CommitSubject extends Told {
  readonly is: 'commit';
  readonly commit: ObjectId;
  /** The commit of `rendered` that was asked for, which published it. */
  readonly publish?: ObjectId;
  /** The merge that brought it onto main; absent for one of main's own. */
  readonly brought?: ObjectId;
  /** Whether main has it. */
  readonly isOnMain: boolean;
  /** Who took it back on main, and took that back, the oldest first. */
  readonly turnings: readonly (Pick<Turning, 'sha' | 'has'> & Told)[];
  /** The commit of `rendered` that was the first to have it, and when (ISO 8601); absent for one that was not published. */
  readonly published?: { readonly commit: ObjectId; readonly at: string };
  /** The commit of main that was published last. */
  readonly newest?: ObjectId;
  /** What it touches, by top-level folder or file; of `apps` the app's: `apps/counter`. */
  readonly touches: readonly string[];
  /** Apps whose parts changed with the publish that first had it, where nobody can tell whether by it. */
  readonly beside?: readonly string[];
  /** Folders that an image is built from, whose content of this commit is in no image of the last publish. */
  readonly unbuilt: readonly { readonly app: string; readonly folder: string; readonly tree: ObjectId }[];
}

/** Who made a commit, when and for what. */
export interface Told {
  readonly deed?: Deed;
}

export interface OpenRequest {
  readonly iid: number;
  readonly url: string;
  readonly source: string;
}
