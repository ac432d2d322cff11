import { Course } from '../model/course.ts';
import { type Metadata, parseMetadata } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import { environmentBranch, head, metadataFile } from '../model/names.ts';
import type { Link, Proposed } from '../model/proposed.ts';
import { type Entry, type EnvironmentHistory, type ObjectId, type Rendered, Timeline } from '../model/timeline.ts';
import type { TreeChange } from '../model/verdict.ts';
import { type Git, GitError } from './git.ts';
import type { Mirror } from './mirror.ts';

/** One changed path of one commit, against one of its parents. */
interface Change {
  readonly commit: string;
  readonly mode: string;
  /** All zeros where there was nothing. */
  readonly was: string;
  readonly id: string;
  readonly path: string;
  readonly deleted: boolean;
}

/**
 * Reads `rendered` from its root to `tip`: which part stood when at `<environment>/<app>`.
 * Plumbing commands only, since people's settings change what `git log` prints.
 */
export async function readRendered(git: Git, tip: string | undefined): Promise<Rendered> {
  const timelines = new Map<string, Timeline>();
  if (tip === undefined) return { commits: [], timelines };
  const commits = await git.lines(['rev-list', '--first-parent', '--reverse', tip]);
  const places = new Map(commits.map((commit, index) => [commit, index]));
  // Folder by folder: below the parts, git would list every file that ever changed, which is ten times as much.
  const stages = (await changes(git, commits, [])).filter((change) => change.mode === mode.folder && !change.deleted);
  const pairOf = ({ was, id }: Change) => `${/^0+$/.test(was) ? emptyTree(id) : was} ${id}`;
  const inside = await changesBetween(git, [...new Set(stages.map(pairOf))]);
  for (const stage of stages) {
    for (const { id, path, deleted } of inside.get(pairOf(stage)) ?? []) {
      if (deleted) continue;
      const name = `${stage.path}/${path}`;
      const timeline = timelines.get(name) ?? new Timeline();
      timeline.add(places.get(stage.commit) as number, id);
      timelines.set(name, timeline);
    }
  }
  return { commits, timelines };
}

/** What git takes for a folder with nothing in it, whether it is there or not. */
const emptyTree = ({ length }: ObjectId) =>
  length === 40
    ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';

/** Reads an environment branch: what stands there, what ever stood there, and since when. */
export async function readEnvironment(git: Git, tip: string): Promise<EnvironmentHistory> {
  const [lines, entries] = await Promise.all([
    git.lines(['rev-list', '--topo-order', '--parents', '--timestamp', tip]),
    entriesOf(git, tip),
  ]);
  const times = new Map<string, number>();
  const firstParent = new Map<string, string | undefined>();
  for (const line of lines) {
    const [time, commit, parent] = line.split(' ') as [string, string, string | undefined];
    times.set(commit, Number(time) * 1000);
    firstParent.set(commit, parent);
  }
  const own: string[] = [];
  for (let commit: string | undefined = tip; commit !== undefined; commit = firstParent.get(commit)) own.push(commit);

  // Whatever stood in a commit stood in its first parent, or came with it: the other parents are commits of their own.
  const all = await changes(git, [...times.keys()], ['--diff-merges=first-parent']);
  const seen = new Map<string, Set<string>>();
  for (const { path, id, deleted } of all) {
    if (deleted) continue;
    const ids = seen.get(path) ?? new Set();
    seen.set(path, ids.add(id));
  }
  return { tip, entries, seen, course: courseOf(own, all, times) };
}

/** An environment branch along its first parents. */
export async function readCourse(git: Git, tip: string): Promise<Course> {
  const lines = await git.lines(['rev-list', '--first-parent', '--timestamp', tip]);
  const times = new Map<string, number>();
  for (const line of lines) {
    const [time, commit] = line.split(' ') as [string, string];
    times.set(commit, Number(time) * 1000);
  }
  const commits = [...times.keys()];
  return courseOf(commits, await changes(git, commits, ['--diff-merges=first-parent']), times);
}

/**
 * @param commits of the branch itself, newest first
 * @param found what these commits changed, and maybe others, each against its first parent
 * @param times of commits, in milliseconds since 1970
 */
function courseOf(commits: readonly string[], found: readonly Change[], times: ReadonlyMap<string, number>): Course {
  const byCommit = Map.groupBy(found, ({ commit }) => commit);
  const standings = commits.flatMap((commit) =>
    (byCommit.get(commit) ?? []).map(({ path, id, deleted }) => ({
      commit,
      name: path,
      part: deleted ? undefined : id,
      time: times.get(commit) ?? 0,
    })),
  );
  return new Course(commits, standings);
}

/**
 * What a proposal branch holds beyond an environment branch; undefined when the two have no commit in common.
 * @param tip of the environment branch
 * @param there of the proposal
 */
export async function readProposed(git: Git, tip: string, there: string): Promise<Proposed | undefined> {
  const bases = await git.lines(['merge-base', tip, there]).catch((error: Error) => {
    if (error instanceof GitError && error.status === 1) return [];
    throw error;
  });
  const [base] = bases;
  if (base === undefined) return undefined;
  const log = await git.text([
    ...['log', '-z', '--topo-order', '--reverse', '--format=tformat:%H%x00%P%x00%B'],
    `${base}..${there}`,
  ]);
  const fields = log.split('\0');
  const commits = Array.from({ length: Math.floor(fields.length / 3) }, (_, at) => {
    const [commit = '', parents = '', message = ''] = fields.slice(at * 3, at * 3 + 3);
    return { commit, message, isMerge: parents.includes(' ') };
  });
  const ids = commits.map(({ commit }) => commit);
  const byCommit = Map.groupBy(await changes(git, ids, []), ({ commit }) => commit);
  const links = commits.map((one): Link => {
    const own = byCommit.get(one.commit) ?? [];
    const sets = own.map(({ path, mode, id, deleted }) => ({ name: path, mode, id: deleted ? undefined : id }));
    return { ...one, sets };
  });
  return { base, links };
}

/** What each commit changed against its first parent, file by file. */
export async function pathsOf(
  git: Git,
  commits: readonly string[],
): Promise<readonly { readonly commit: ObjectId; readonly path: string }[]> {
  return commits.length === 0 ? [] : changes(git, commits, ['-r', '--diff-merges=first-parent']);
}

/** An environment branch as the mirror saw it last; undefined when there is none. */
export async function environmentAt(mirror: Mirror, environment: string): Promise<EnvironmentHistory | undefined> {
  const tip = mirror.refs.get(head(environmentBranch(environment)));
  return tip === undefined ? undefined : readEnvironment(mirror.git, tip);
}

/** What a commit holds at its root, or under `prefix` (`production/`), by the rest of its path. */
export const entriesOf = (git: Git, commit: string, prefix = '') => listed(git, commit, prefix, []);

/** Every file of a commit, or those under `prefix`, by the rest of its path. */
export const filesOf = (git: Git, commit: string, prefix = '') => listed(git, commit, prefix, ['-r']);

/** The files of the parts under `prefix` of a commit, by app and name: `''` for an environment branch, `dev/` for `rendered`. */
export async function partFiles(git: Git, commit: string, prefix = ''): Promise<Map<string, Map<string, ObjectId>>> {
  const found = new Map<string, Map<string, ObjectId>>();
  for (const [path, { id }] of await filesOf(git, commit, prefix)) {
    const [app = '', file, ...deeper] = path.split('/');
    if (file === undefined || deeper.length > 0) continue;
    const files = found.get(app) ?? new Map<string, ObjectId>();
    found.set(app, files.set(file, id));
  }
  return found;
}

/**
 * The provenance of the parts under `prefix` of a commit, by app: `''` for an environment branch, `dev/` for `rendered`.
 * @param apps which ones. @default all
 */
export async function metadataAt(
  mirror: Mirror,
  commit: string,
  prefix = '',
  apps?: readonly string[],
): Promise<Map<string, Metadata>> {
  const few = apps && apps.length <= 500 ? apps.map((app) => `${prefix}${app}/${metadataFile}`) : undefined;
  if (few?.length === 0) return new Map();
  const listed = few
    ? await listTree(mirror.git, commit, few, [])
    : await listTree(mirror.git, commit, prefix ? [prefix] : [], ['-r']);
  const files = [...listed].flatMap(([path, { id }]) => {
    const [app, file, ...rest] = path.slice(prefix.length).split('/');
    return app && file === metadataFile && rest.length === 0 ? [{ of: app, id }] : [];
  });
  return legible(mirror, files);
}

/** The provenance of parts that stand in `rendered`, by their ids; what is none of ours is left out. */
export async function metadataOf(mirror: Mirror, parts: readonly ObjectId[]): Promise<Map<ObjectId, Metadata>> {
  const folders = await mirror.trees(parts);
  return legible(
    mirror,
    [...folders].flatMap(([of, entries]) => {
      const file = entries.get(metadataFile);
      // An edited part may have anything under that name.
      return file?.mode.startsWith('100') ? [{ of, id: file.id }] : [];
    }),
  );
}

/** The provenance in some files. A part that somebody edited may hold anything there: no reason to stop, and no evidence. */
async function legible(
  mirror: Mirror,
  files: readonly { readonly of: string; readonly id: ObjectId }[],
): Promise<Map<string, Metadata>> {
  const blobs = await mirror.blobs(files.map(({ id }) => id));
  const found = new Map<string, Metadata>();
  for (const { of, id } of files) {
    try {
      found.set(of, parseMetadata(String(blobs.get(id)), metadataFile));
    } catch {}
  }
  return found;
}

/** Where two commits or trees differ, file by file; all that `after` has where there is no `before`. */
export async function treeChanges(git: Git, before: string | undefined, after: string): Promise<TreeChange[]> {
  if (before === undefined) {
    return [...(await filesOf(git, after))].map(([path, is]) => ({ path, was: undefined, is }));
  }
  const args = ['diff-tree', '-r', '--raw', '-z', '--no-renames', '--no-abbrev', before, after];
  const tokens = (await git.bytes(args)).toString().split('\0');
  const found: TreeChange[] = [];
  for (let index = 0; index + 1 < tokens.length; index += 2) {
    const [wasMode = '', isMode, wasId, isId] = (tokens[index] as string).split(' ') as string[];
    const entry = (mode: string, id: string) => (/^0+$/.test(mode) ? undefined : { mode, id });
    found.push({
      path: tokens[index + 1] as string,
      was: entry(wasMode.slice(1), wasId as string),
      is: entry(isMode as string, isId as string),
    });
  }
  return found;
}

/** Whether something is an app's folder and not a file at the root. */
export const isFolder = (entry: Entry | undefined) => entry?.mode === mode.folder;

/** The apps' folders among what stands somewhere, by name. */
export const foldersIn = (entries: ReadonlyMap<string, Entry>): Map<string, ObjectId> =>
  new Map([...entries].flatMap(([name, entry]) => (isFolder(entry) ? [[name, entry.id]] : [])));

const raw = ['diff-tree', '--stdin', '--raw', '-z', '--no-renames', '--no-abbrev'];

/** What commits change against their parents, as the flags say which. */
async function changes(git: Git, commits: readonly string[], flags: readonly string[]): Promise<Change[]> {
  const args = [...raw, '--root', '--format=%x00%H', ...flags];
  const tokens = (await git.bytes(args, commits.map((commit) => `${commit}\n`).join(''))).toString().split('\0');
  const found: Change[] = [];
  let commit = '';
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens[index] as string;
    const colon = token.indexOf(':');
    if (colon >= 0) found.push(change(commit, token.slice(colon), tokens[++index] as string));
    else if (token.trim() !== '') commit = token.trim();
  }
  return found;
}

/** What differs between two folders, a level deep, by `<before> <after>`. */
async function changesBetween(git: Git, pairs: readonly string[]): Promise<Map<string, Change[]>> {
  const found = new Map<string, Change[]>();
  if (pairs.length === 0) return found;
  const tokens = (await git.bytes(raw, pairs.map((pair) => `${pair}\n`).join(''))).toString().split('\0');
  let own: Change[] = [];
  for (let index = 0; index + 1 < tokens.length; index += 2) {
    const token = tokens[index] as string;
    // The pair stands on a line of its own before its first difference.
    const line = token.indexOf('\n');
    if (line >= 0) {
      own = [];
      found.set(token.slice(0, line), own);
    }
    own.push(change('', token.slice(line + 1), tokens[index + 1] as string));
  }
  return found;
}

/** `:100644 100644 <was> <is> M`: https://git-scm.com/docs/git-diff-tree#_raw_output_format */
function change(commit: string, text: string, path: string): Change {
  const [, mode, was, id, status] = text.split(' ') as [string, string, string, string, string];
  return { commit, mode, was, id, path, deleted: status === 'D' };
}

async function listed(git: Git, commit: string, prefix: string, flags: readonly string[]): Promise<Map<string, Entry>> {
  const found = await listTree(git, commit, prefix ? [prefix] : [], flags);
  return prefix ? new Map([...found].map(([path, entry]) => [path.slice(prefix.length), entry])) : found;
}

/** What a commit or tree holds at these paths (a folder's own entries where the path ends in a slash), by full path. */
export async function listTree(
  git: Git,
  treeish: string,
  paths: readonly string[],
  flags: readonly string[],
): Promise<Map<string, Entry>> {
  const args = ['ls-tree', '-z', '--full-tree', ...flags, treeish, ...(paths.length > 0 ? ['--', ...paths] : [])];
  const lines = (await git.bytes(args)).toString().split('\0');
  const found = new Map<string, Entry>();
  for (const line of lines) {
    if (line === '') continue;
    const tab = line.indexOf('\t');
    const [mode, , id] = line.slice(0, tab).split(' ') as [string, string, string];
    found.set(line.slice(tab + 1), { mode, id });
  }
  return found;
}
