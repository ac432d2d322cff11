import type { Live } from './gate.ts';
import type { Metadata } from './metadata.ts';
import { environmentBranch } from './names.ts';
import type { ObjectId } from './timeline.ts';
import { versionOf } from './words.ts';

/** How far what stands in an environment is live there. */
export type Reach = 'pending' | 'success' | 'failed';

/** What is said about a commit of main: that parts of it stand in an environment. */
export interface Announcement {
  readonly environment: string;
  /** The commit at which these parts last changed. */
  readonly commit: string;
  readonly state: Reach;
  /** `deployed to staging: counter 1.0.4, redis 8.2` */
  readonly description: string;
  /** Where a person sees the environment. */
  readonly url?: string | undefined;
  /** No part that stands there is of a newer commit. */
  readonly newest: boolean;
}

/** A part of ours that stands in an environment. */
export interface StandingPart {
  readonly app: string;
  /** Its place in `rendered`: the later, the newer. */
  readonly place: number;
  readonly metadata: Metadata;
  readonly reach: Reach;
}

/**
 * How far a part is live.
 * @param live what runs of the app; undefined when nothing is known of it
 * @param partAtRevision the app's tree in `live.revision`; undefined when that commit does not have it
 */
export function reachOf(part: ObjectId, live: Live | undefined, partAtRevision: ObjectId | undefined): Reach {
  if (!live || partAtRevision !== part) return 'pending';
  if (live.health === 'Degraded') return 'failed';
  return live.sync === 'Synced' && live.health === 'Healthy' ? 'success' : 'pending';
}

const beginning: Readonly<Record<Reach, string>> = {
  success: 'deployed to',
  pending: 'on its way to',
  failed: 'Degraded in',
};

/** What there is to say of one environment: once per commit of which something stands there, the newest first. */
export function announcements(environment: string, standing: readonly StandingPart[], url?: string): Announcement[] {
  const running = standing.filter(({ metadata }) => !metadata.removed).sort((a, b) => b.place - a.place);
  const commits = [...new Set(running.map(({ metadata }) => metadata.drySha))];
  return commits.map((commit, index) => {
    const own = running.filter(({ metadata }) => metadata.drySha === commit);
    const state = (['failed', 'pending'] as const).find((one) => own.some(({ reach }) => reach === one)) ?? 'success';
    const parts = own.map(({ app, metadata }) => `${app} ${versionOf(metadata)}`).sort();
    const description = `${beginning[state]} ${environment}: ${parts.join(', ')}`;
    return { environment, commit, state, description, newest: index === 0, ...(url ? { url } : {}) };
  });
}

/** The page of an environment branch on the forge of a repository; undefined where that has no page. */
export function branchPage(repository: string, environment: string): string | undefined {
  if (!/^https?:\/\//.test(repository)) return undefined;
  const url = new URL(repository);
  // What is in an address to log in with is for git alone.
  url.username = '';
  url.password = '';
  const path = url.pathname.replace(/\/+$|(\.git)?\/*$/, '');
  url.pathname = `${path}${url.hostname === 'github.com' ? '' : '/-'}/tree/${environmentBranch(environment)}`;
  return url.href;
}
