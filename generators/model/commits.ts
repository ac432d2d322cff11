/** A commit of `main`, as far as a reviewer reads it. */
export interface MainCommit {
  readonly sha: string;
  readonly author: string;
  readonly subject: string;
  /** The commit that it says it takes back. */
  readonly reverts?: string | undefined;
  /** The top-level folders that it touches; of `apps` the app's: `apps/counter`. */
  readonly folders: ReadonlySet<string>;
}

/** What an app's parts are rendered from, between two commits of `main`. */
export interface Stretch {
  readonly name: string;
  /** Places on the first-parent chain of `main`; the first is not counted. */
  readonly from: number;
  readonly to: number;
  /** The top-level folder that its image is built from. */
  readonly build?: string | undefined;
  /** The publishes that changed its part: from what was published before (not counted) to what they published. @default all of it */
  readonly spans?: readonly (readonly [from: number, to: number])[] | undefined;
}

/** A commit, and the one that took it back. */
export interface Story {
  readonly commit: MainCommit;
  readonly revert?: MainCommit | undefined;
}

/** Commits that concern the same apps. */
export interface Chapter {
  readonly apps: readonly string[];
  /** It stands in what all apps are rendered from. */
  readonly shared: boolean;
  /** Newest first. */
  readonly stories: readonly Story[];
}

/** What every app is rendered from. */
const common = ['clusters', 'generators', 'package.json', 'package-lock.json'];

/**
 * The commits that made the difference, each told once: those that touched an app or what it is built from, by the apps
 * that they concern, and at last those that touched what all apps are rendered from, as far as a part changed with them.
 * @param commits of the chain by their places, newest first
 */
export function chaptersOf(
  stretches: readonly Stretch[],
  commits: readonly (readonly [place: number, commit: MainCommit])[],
): Chapter[] {
  const byApps = new Map<string, { apps: string[]; shared: boolean; commits: MainCommit[] }>();
  for (const [place, commit] of commits) {
    const here = stretches.filter(({ from, to }) => from < place && place <= to);
    const shared = common.some((folder) => commit.folders.has(folder));
    const concerned = shared
      ? here.filter(({ from, to, spans = [[from, to]] }) => spans.some(([low, high]) => low < place && place <= high))
      : here.filter(({ name, build }) => concerns(commit, name, build));
    if (concerned.length === 0) continue;
    const apps = concerned.map(({ name }) => name);
    const key = shared ? '' : apps.join(' ');
    const chapter = byApps.get(key) ?? { apps, shared, commits: [] };
    chapter.commits.push(commit);
    byApps.set(key, chapter);
  }
  const chapters = [...byApps.values()].map(({ apps, shared, commits }) => ({
    apps,
    shared,
    stories: folded(commits),
  }));
  return chapters.sort((a, b) => Number(a.shared) - Number(b.shared) || compare(a.apps.join(' '), b.apps.join(' ')));
}

/** Whether a commit touched an app, or the folder that its image is built from. */
const concerns = ({ folders }: MainCommit, app: string, build: string | undefined) =>
  folders.has(`apps/${app}`) || (build !== undefined && folders.has(build));

/** Those of some commits that touched an app, or the folder that its image is built from. */
export const ownCommits = (commits: readonly MainCommit[], app: string, build?: string): MainCommit[] =>
  commits.filter((commit) => concerns(commit, app, build));

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A commit and its revert are one story, told where the revert stands. The revert of a revert leaves the first commit
 * as it is.
 * @param commits newest first
 */
export function folded(commits: readonly MainCommit[]): Story[] {
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]));
  const told = new Set<string>();
  return commits.flatMap((commit): Story[] => {
    if (told.has(commit.sha)) return [];
    told.add(commit.sha);
    const reverted = commit.reverts === undefined ? undefined : bySha.get(commit.reverts);
    if (!reverted || told.has(reverted.sha)) return [{ commit }];
    told.add(reverted.sha);
    return [{ commit: reverted, revert: commit }];
  });
}

/** A commit of main's first-parent chain that says it takes another back. */
export interface MainRevert {
  readonly sha: string;
  readonly reverts: string;
}

/** The commit that a message says it takes back, as `git revert` and the forges write it. */
export const revertedBy = (message: string): string | undefined =>
  /^This reverts commit ([0-9a-f]{40,64})\b/m.exec(message)?.[1];
