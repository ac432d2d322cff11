import type { Metadata } from './metadata.ts';
import type { Deed } from './request.ts';
import type { EnvironmentHistory, ObjectId, Rendered } from './timeline.ts';

/** One thing that somebody does. What cannot be done (nothing to promote, nothing to take back) happens to nobody. */
export type Step = Action & {
  /** Minutes since the step before. @default 60 */
  readonly after?: number;
  /** Who does it. @default `Ann` */
  readonly by?: string;
};

type Action =
  | MainStep
  /** Publishes main's tip, or an earlier commit of it by name; the first environment takes what is not held or edited. */
  | { readonly publish: true | string }
  /** What the environment before has goes on: all that is older and not held, or these apps of it alone. */
  | {
      readonly promote: string;
      readonly apps?: readonly string[];
      /** Taken out of the request by a revert on its branch, before it was merged. */
      readonly without?: readonly string[];
      /** @default merge */
      readonly how?: How;
    }
  /** Takes back the newest commit of the branch itself that changed something (or this app), whole (or this app alone). */
  | { readonly revert: string; readonly app?: string; readonly how?: How }
  /** Puts the part of an app there that a publish of this commit made or kept. @default the newest */
  | { readonly release: string; readonly app: string; readonly at?: string; readonly how?: How }
  /** A person changes a part by hand. */
  | { readonly edit: string; readonly app: string }
  /** A person takes an app's folder away. */
  | { readonly remove: string; readonly app: string }
  /** Merges a promotion and takes nothing of it (`--strategy=ours`): its parts are seen and never stood. */
  | { readonly decline: string };

export interface MainStep {
  /** A commit on main, by this name. */
  readonly main: string;
  /**
   * What it changes, by app (`{ a: '2' }`), or by app in one environment (`{ 'production/a': '2' }`): a word that its part
   * is made from; null takes the app out. @default nothing that a part is made from
   */
  readonly set?: Readonly<Record<string, string | null>>;
  /** It is a merge that brings these commits. */
  readonly brings?: readonly string[];
  /** It takes this commit back, and says so; what the commit set is as it was before. */
  readonly reverts?: string;
}

/** How a request comes onto its branch: a merge commit, its own commits one by one, or one commit for all of them. */
export type How = 'merge' | 'ff' | 'squash';

/** One commit of main's first-parent chain. */
export interface Dry {
  readonly name: string;
  readonly sha: ObjectId;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Commits that it brought as a merge. */
  readonly brought: readonly ObjectId[];
  readonly reverts?: ObjectId;
  /** The apps that it says something else of. */
  readonly touches: readonly string[];
}

/** A story as its readers get it. */
export interface Told {
  /** The environments in path order, each after the one before it. */
  readonly path: readonly string[];
  /** The first-parent chain, oldest first. */
  readonly main: readonly Dry[];
  readonly rendered: Rendered;
  /** What each commit of `rendered` published. */
  readonly published: ReadonlyMap<ObjectId, ObjectId>;
  /** By environment. Missing before the first publish. */
  readonly environments: ReadonlyMap<string, EnvironmentHistory>;
  /** The provenance of parts of ours, by their ids. */
  readonly metadata: ReadonlyMap<ObjectId, Metadata>;
  /** Of every commit of main, of `rendered` and of the environment branches themselves, in milliseconds since 1970. */
  readonly times: ReadonlyMap<ObjectId, number>;
  /** Of the commits of the environment branches themselves. */
  readonly deeds: ReadonlyMap<ObjectId, Deed>;
  /** When the last step was done. */
  readonly now: number;
  /** The commit of main with this name (also one that a merge brought). */
  readonly sha: (name: string) => ObjectId;
  /** The part of an app in an environment as the publish of this commit made it, or kept it. @throws where none did */
  readonly part: (environment: string, app: string, name: string) => ObjectId;
}
