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

/**
 * Reads `rendered` from its root to `tip`: which part stood when at `<environment>/<app>`.
 * @param known what it was at an earlier tip; only what came after it is read, and laid onto it, which is taken over
 */
export async function readRendered(git: Git, tip: string | undefined, known?: Rendered): Promise<Rendered> {
  if (tip === undefined) return { commits: [], timelines: new Map() };
  const last = known?.commits.at(-1);
  if (known && tip === last) return known;
  const after = last === undefined ? undefined : await stepsAfter(git, last, tip, ['--first-parent']);
  // The newest first: that is how git packs what changes.
  const steps = (after ?? (await walk(git, ['--first-parent', tip]))).reverse();
  const before = after && known ? known : { commits: [], timelines: new Map<string, Timeline>() };
  const timelines = new Map(before.timelines);
  // Folder by folder: below the parts, git would list every file that ever changed, which is ten times as much.
  const folders: Folder[] = [];
  for (const [index, { parents, changes }] of steps.entries()) {
    if (parents.length > 1) continue;
    const place = before.commits.length + index;
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
  return { commits: [...before.commits, ...steps.map(({ commit }) => commit)], timelines };
}

/**
 * What came to a branch after a commit that was its tip, newest first; undefined where that is not on its own chain of
 * first parents, or is no commit any more: then nothing that was known of it counts.
 */
async function stepsAfter(
  git: Git,
  last: string,
  tip: string,
  flags: readonly string[] = [],
): Promise<Step[] | undefined> {
  const steps = await walk(git, [...flags, tip, `^${last}`]).catch((error: Error) => {
    if (error instanceof GitError) return undefined;
    throw error;
  });
  const parents = new Map(steps?.map((step) => [step.commit, step.parents[0]]));
  let at: string | undefined = tip;
  while (at !== undefined && parents.has(at)) at = parents.get(at);
  return at === last ? steps : undefined;
}

/** What git takes for a folder with nothing in it, whether it is there or not. */
const emptyTree = ({ length }: ObjectId) =>
  length === 40
    ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904'
    : '6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321';

/**
 * Reads an environment branch: what stands there, what ever stood there, and since when.
 * @param known what it was at an earlier tip; only what came after it is read, and laid onto it, which is taken over
 */
export async function readEnvironment(git: Git, tip: string, known?: EnvironmentHistory): Promise<EnvironmentHistory> {
  if (known?.tip === tip) return known;
  const after = known && (await stepsAfter(git, known.tip, tip));
  const before = after && known;
  const steps = after ?? (await walk(git, [tip]));
  // Whatever stood in a commit stood in its first parent, or came with it: the other parents are commits of their own.
  const seen = new Map([...(before?.seen ?? [])].map(([name, ids]) => [name, new Set(ids)]));
  for (const { changes } of steps) {
    for (const { path, id, deleted } of changes) {
      if (deleted) continue;
      const ids = seen.get(path);
      if (ids) ids.add(id);
      else seen.set(path, new Set([id]));
    }
  }
  const own = ownSteps(tip, steps);
  const course = courseOf(own);
  return {
    ...{ tip, entries: entriesAfter(before?.entries ?? new Map(), own), seen },
    course: before
      ? new Course([...course.commits, ...before.course.commits], [...course.standings, ...before.course.standings])
      : course,
  };
}

/** What stands at the root after steps, newest first, in the order of git: no other git need be asked. */
function entriesAfter(before: ReadonlyMap<string, Entry>, steps: readonly Step[]): Map<string, Entry> {
  const entries = new Map(before);
  for (const { changes } of steps.toReversed()) {
    // A file where a folder was is two changes, in the order of git: what goes may stand behind what comes.
    for (const { path, deleted } of changes) if (deleted) entries.delete(path);
    for (const { path, mode, id, deleted } of changes) if (!deleted) entries.set(path, { mode, id });
  }
  const key = (name: string, entry: Entry) => (isFolder(entry) ? `${name}/` : name);
  const keyed = [...entries].map(([name, entry]) => ({ key: key(name, entry), name, entry }));
  return new Map(keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ name, entry }) => [name, entry]));
}

/** An environment branch along its first parents. */
export const readCourse = async (git: Git, tip: string): Promise<Course> =>
  courseOf(ownSteps(tip, await walk(git, ['--first-parent', tip])));

/** The steps of the branch itself, newest first, as far back as they are among these. */
function ownSteps(tip: string, steps: readonly Step[]): Step[] {
  const byCommit = new Map(steps.map((step) => [step.commit, step]));
  const own: Step[] = [];
  for (let step = byCommit.get(tip); step; step = byCommit.get(step.parents[0] ?? '')) own.push(step);
  return own;
}

/** @param own the steps of the branch itself, newest first */
const courseOf = (own: readonly Step[]): Course =>
  new Course(
    own.map(({ commit }) => commit),
    own.flatMap(({ commit, time, changes }) =>
      changes.map(({ path, id, deleted }): Standing => ({ commit, name: path, part: deleted ? undefined : id, time })),
    ),
  );

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
