import { Course, type Standing } from '../model/course.ts';
import { type Metadata, parseMetadata } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import { environmentBranch, head, metadataFile } from '../model/names.ts';
import type { Link, Proposed } from '../model/proposed.ts';
import { type Entry, type EnvironmentHistory, type ObjectId, type Rendered, Timeline } from '../model/timeline.ts';
import type { TreeChange } from '../model/verdict.ts';
import { type Git, GitError } from './git.ts';
import type { Mirror } from './mirror.ts';
import { compareFolders, type Pair, type Step, stepsOf, walk } from './walk.ts';

/** A folder of `rendered` that a commit changed, and the place of that commit. */
interface Folder extends Pair {
  readonly place: number;
  readonly path: string;
}

/** Reads `rendered` from its root to `tip`: which part stood when at `<environment>/<app>`. */
export async function readRendered(git: Git, tip: string | undefined): Promise<Rendered> {
  const timelines = new Map<string, Timeline>();
  if (tip === undefined) return { commits: [], timelines };
  // The newest first: that is how git packs what changes.
  const steps = (await walk(git, ['--first-parent', tip])).reverse();
  // Folder by folder: below the parts, git would list every file that ever changed, which is ten times as much.
  const folders: Folder[] = [];
  for (const [place, { parents, changes }] of steps.entries()) {
    if (parents.length > 1) continue;
    for (const { path, mode: is, was, id, deleted } of changes)
      if (is === mode.folder && !deleted)
        folders.push({ place, path, was: /^0+$/.test(was) ? emptyTree(id) : was, id });
  }
  await compareFolders(git, folders, ({ place, path }, name, part) => {
    if (part === undefined) return;
    const at = `${path}/${name}`;
    const timeline = timelines.get(at) ?? new Timeline();
    timelines.set(at, timeline);
    timeline.add(place, part);
  });
  return { commits: steps.map(({ commit }) => commit), timelines };
}

/** What git takes for a folder with nothing in it, whether it is there or not. */
const emptyTree = ({ length }: ObjectId) =>
  length === 40
    ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';

/** Reads an environment branch: what stands there, what ever stood there, and since when. */
export async function readEnvironment(git: Git, tip: string): Promise<EnvironmentHistory> {
  const [steps, entries] = await Promise.all([walk(git, [tip]), entriesOf(git, tip)]);
  // Whatever stood in a commit stood in its first parent, or came with it: the other parents are commits of their own.
  const seen = new Map<string, Set<string>>();
  for (const { changes } of steps) {
    for (const { path, id, deleted } of changes) {
      if (deleted) continue;
      const ids = seen.get(path);
      if (ids) ids.add(id);
      else seen.set(path, new Set([id]));
    }
  }
  return { tip, entries, seen, course: courseOf(tip, steps) };
}

/** An environment branch along its first parents. */
export const readCourse = async (git: Git, tip: string): Promise<Course> =>
  courseOf(tip, await walk(git, ['--first-parent', tip]));

/** @param steps at least those of the branch itself */
function courseOf(tip: string, steps: readonly Step[]): Course {
  const byCommit = new Map(steps.map((step) => [step.commit, step]));
  const commits: string[] = [];
  const standings: Standing[] = [];
  for (let step = byCommit.get(tip); step; step = byCommit.get(step.parents[0] ?? '')) {
    const { commit, time, changes } = step;
    commits.push(commit);
    for (const { path, id, deleted } of changes)
      standings.push({ commit, name: path, part: deleted ? undefined : id, time });
  }
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
  const steps = await stepsOf(git, commits.map(({ commit }) => `${commit}\n`).join(''));
  const byCommit = new Map(steps.map(({ commit, changes }) => [commit, changes]));
  const links = commits.map((one): Link => {
    const own = one.isMerge ? [] : (byCommit.get(one.commit) ?? []);
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
  if (commits.length === 0) return [];
  const steps = await stepsOf(git, commits.map((commit) => `${commit}\n`).join(''), 'files');
  return steps.flatMap(({ commit, changes }) => changes.map(({ path }) => ({ commit, path })));
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
