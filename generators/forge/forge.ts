import type { ProtectionRule } from '../model/protection.ts';
import type { MergeSettings } from '../model/setup.ts';

/** A merge request, as far as Slipway needs it. */
export interface MergeRequest {
  /** Its number in the project. */
  readonly iid: number;
  /** The branch that it would merge. */
  readonly source: string;
  readonly title: string;
  readonly body: string;
  /** The tip of its source branch, as the forge knows it. */
  readonly sha: string;
  /** Where a person reads it. */
  readonly url: string;
  readonly state: 'opened' | 'merged' | 'closed';
}

/** What somebody says of a commit, beside its code. */
export interface Status {
  readonly name: string;
  readonly state: 'pending' | 'running' | 'success' | 'failed' | 'canceled';
  readonly description: string;
  readonly url?: string | undefined;
  /** The account that set it. */
  readonly author: string;
}

export interface Proposal {
  readonly source: string;
  readonly target: string;
  readonly title: string;
  readonly body: string;
}

/** The door to where people read and merge: nine calls. Branches are moved by git, never through it. */
export interface Forge {
  /** Every open merge request onto `target`, from whichever branch of this project. */
  opened(target: string): Promise<MergeRequest[]>;
  /** Opens one, or gives the one that is open already. */
  open(proposal: Proposal): Promise<MergeRequest>;
  update(iid: number, text: { title: string; body: string }): Promise<MergeRequest>;
  close(iid: number): Promise<MergeRequest>;
  /** Merges it, as a person would, if its source is still at `sha`. */
  merge(iid: number, sha: string): Promise<MergeRequest>;
  /** How it merges. @throws {Unreadable} when the token may not know */
  mergeSettings(): Promise<MergeSettings>;
  /** Every rule that protects branches. @throws {Unreadable} when the token may not know */
  protectionRules(): Promise<ProtectionRule[]>;
  /** What is said of a commit, the newest of each name. */
  statuses(commit: string): Promise<Status[]>;
  /** Says something of a commit. */
  setStatus(commit: string, status: Omit<Status, 'author'>): Promise<void>;
}
