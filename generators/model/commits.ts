/** A commit of `main`, as far as a reviewer reads it. */
export interface MainCommit {
  readonly sha: string;
  readonly author: string;
  readonly subject: string;
  /** The commit that it says it takes back. */
  readonly reverts?: string | undefined;
  /** What it touches, as `folderOf` says it. */
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

/** What every app is rendered from; `apps` is a file beside their folders, as the list of them. */
const common = ['apps', 'clusters', 'generators', 'package.json', 'package-lock.json'];
export const isShared = (folder: string) => common.includes(folder);

/** The top-level folder or file of a path; of `apps` the app's: `apps/counter`, and `apps` for a file beside them. */
export const folderOf = (path: string): string => {
  const [top = '', app = '', ...inside] = path.split('/');
  return top === 'apps' && inside.length > 0 ? `${top}/${app}` : top;
};

/** The list of apps changes with each app that comes or goes, and says nothing of the others: no reviewer reads it there. */
const hasShared = (folders: ReadonlySet<string>) => common.some((folder) => folder !== 'apps' && folders.has(folder));

/** Whether a commit of `main`, by its place and the folders that it touches, is among what made an app on a stretch. */
export function isAmong(place: number, folders: ReadonlySet<string>, stretch: Stretch): boolean {
  const { name, from, to, build, spans = [[from, to]] } = stretch;
  if (place <= from || to < place) return false;
  if (hasShared(folders)) return spans.some(([low, high]) => low < place && place <= high);
  return concerns({ folders }, name, build);
}

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
    const concerned = stretches.filter((stretch) => isAmong(place, commit.folders, stretch));
    if (concerned.length === 0) continue;
    const shared = hasShared(commit.folders);
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
const concerns = ({ folders }: Pick<MainCommit, 'folders'>, app: string, build: string | undefined) =>
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

/** A commit that says it takes another back. */
export interface MainRevert {
  /** Where it came onto main's first-parent chain. */
  readonly sha: string;
  /** Itself, and every merge that brought it: whoever takes one of them back takes it back. @default `sha` alone */
  readonly commits?: readonly string[];
  readonly reverts: string;
}

/** What a message says it takes back: a commit, by its id or the beginning of one, or a merge request. */
export type Taken =
  | { readonly commit: string }
  /** Without a project it is the message's own. */
  | { readonly iid: number; readonly project?: string };

/** All that a message says it takes back, as `git revert` and the forges write it: a squash says it of several. */
export function takenBackIn(message: string): Taken[] {
  const lines = message.matchAll(/^This reverts (?:commit ([0-9a-f]{7,64})\b|merge request (\S*)!(\d{1,9})\.?\s*$)/gm);
  return [...lines].map(([, commit, project, iid]): Taken => {
    if (commit !== undefined) return { commit };
    return { iid: Number(iid), ...(project ? { project } : {}) };
  });
}

/** The first commit that a message says it takes back, by its whole id. */
export const revertedBy = (message: string): string | undefined =>
  takenBackIn(message).flatMap((taken) => ('commit' in taken && taken.commit.length >= 40 ? taken.commit : []))[0];

/**
 * The merge request that a message says it merged, by GitLab's own last line of it; the project is empty where it has none:
 * https://docs.gitlab.com/user/project/merge_requests/commit_templates/
 */
export function mergedIn(message: string): { readonly iid: number; readonly project: string } | undefined {
  // A message may quote the line of another merge, above.
  const [, project = '', iid] = [...message.matchAll(/^See merge request (\S*)!(\d{1,9})$/gm)].at(-1) ?? [];
  return iid === undefined ? undefined : { iid: Number(iid), project };
}
