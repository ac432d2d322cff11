import type { PipelineSettings, RegistryRule } from '../model/pipeline-settings.ts';
import type { ProtectionRule } from '../model/protection.ts';
import type { MergeSettings } from '../model/setup.ts';
import type { ProjectToken } from '../model/token.ts';
import type { Variable } from '../model/variable.ts';

/** A merge request, as far as Slipway needs it. */
export interface MergeRequest {
  /** Its number in the project. */
  readonly iid: number;
  /** The branch that it would merge. */
  readonly source: string;
  /** The branch that it would merge it into. */
  readonly target: string;
  readonly title: string;
  readonly body: string;
  /** The tip of its source branch, as the forge knows it. */
  readonly sha: string;
  /** Where a person reads it. */
  readonly url: string;
  readonly state: 'opened' | 'merged' | 'closed';
  /** How it ended; absent for what was not merged. */
  readonly merged?: Merge;
}

/** That somebody merged a request. */
export interface Merge {
  /** Who pressed the button, as people read it; absent where the forge does not say. */
  readonly by?: string;
  /** ISO 8601. */
  readonly at: string;
  /** What its target's branch stood at then: a merge commit, the one commit of a squash, or the proposal's own tip. */
  readonly commit: string;
}

export interface Proposal {
  readonly source: string;
  readonly target: string;
  readonly title: string;
  readonly body: string;
}

/** What somebody says about a commit, under a name. Descriptions are cut to 255 characters. */
export interface Status {
  readonly name: string;
  readonly state: 'pending' | 'running' | 'success' | 'failed' | 'canceled';
  readonly description: string;
  readonly url?: string | undefined;
  /** The account that set it. */
  readonly author: string;
}

/** What a project is set to. */
export interface ProjectSettings extends MergeSettings, PipelineSettings {
  /** `example/slipway`. */
  readonly project: string;
  /** Whether its rules can name accounts and groups, and ask owners: GitLab's tier Premium. */
  readonly premium: boolean;
  /** The paths of the groups whose members work here, by number. */
  readonly groups: ReadonlyMap<number, string>;
}

/** The door to where people read and merge: seventeen calls. Branches are moved by git, never through it. */
export interface Forge {
  /** Loads what the first call needs, and asks nothing: for whoever has the time now and not then. */
  load(): Promise<unknown>;
  /** Every open merge request onto `target`, from whichever branch of this project. */
  opened(target: string): Promise<MergeRequest[]>;
  /** One by its number; undefined when there is none. */
  request(iid: number): Promise<MergeRequest | undefined>;
  /** Those that a commit came by, or would: as one of their own commits, or as what merging made. Empty for an unknown one. */
  broughtBy(commit: string): Promise<MergeRequest[]>;
  /** Opens one, or gives the one that is open already, with the new text. */
  open(proposal: Proposal): Promise<MergeRequest>;
  update(iid: number, text: { title: string; body: string }): Promise<MergeRequest>;
  /** Closes it; one that is closed stays so. */
  close(iid: number): Promise<MergeRequest>;
  /**
   * Merges it, as a person would, if its source is still at `sha`. A draft is refused.
   * @param how with `auto` it is merged once its pipeline succeeds: until then it comes back as `opened`. One without a
   * pipeline, or whose pipeline failed, is refused
   */
  merge(iid: number, sha: string, how?: { readonly auto?: boolean }): Promise<MergeRequest>;
  /** How it merges, and what its pipelines may. @throws {Unreadable} when the token may not know */
  settings(): Promise<ProjectSettings>;
  /** The version of the server: `19.6.1-ee`. @throws {Unreadable} when the token may not know */
  version(): Promise<string>;
  /** Whether only jobs of projects that are listed reach this one. @throws {Unreadable} when the token may not know */
  jobTokensAreLimited(): Promise<boolean>;
  /** What protects images. @throws {Unreadable} when the token may not know */
  registryRules(): Promise<RegistryRule[]>;
  /** The environments whose jobs not everybody may start. @throws {Unreadable} where the tier has none, or the token may not know */
  protectedEnvironments(): Promise<string[]>;
  /** The variables of pipelines, without their values. @throws {Unreadable} when the token may not know */
  variables(): Promise<Variable[]>;
  /** The project access tokens that work, without their values. @throws {Unreadable} when the token may not know */
  tokens(): Promise<ProjectToken[]>;
  /** Every rule that protects branches. @throws {Unreadable} when the token may not know */
  protectionRules(): Promise<ProtectionRule[]>;
  /** The newest status of each name on a commit. */
  statuses(commit: string): Promise<Status[]>;
  /**
   * Says something about a commit; what is said already is not said again.
   * @throws {Unknown} when it has no such commit
   */
  setStatus(commit: string, status: Omit<Status, 'author'>): Promise<void>;
}

/** What a mirror is told: where commits of main run. */
export interface Mirrored {
  /**
   * Says something about a commit; what is said already is not said again.
   * @throws {Unknown} when it has no such commit
   */
  setStatus(commit: string, status: Omit<Status, 'author'>): Promise<void>;
  /**
   * One deployment per environment and commit; with a success the others of the environment become inactive.
   * @throws {Unknown} when it has no such commit
   */
  deploy(deployment: Deployment): Promise<void>;
}

/** That a commit runs in an environment. */
export interface Deployment {
  readonly environment: string;
  /** A commit of main. */
  readonly commit: string;
  readonly state: 'in_progress' | 'success' | 'failure' | 'inactive';
  readonly description: string;
  readonly url?: string | undefined;
}
