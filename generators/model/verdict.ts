import { mode } from './mode.ts';
import { metadataFile, pipelineFile, publishedFile } from './names.ts';
import type { Entry, Timeline } from './timeline.ts';

/** What is wrong with something that should be ours. */
export type Fault =
  /** Bytes that no publish wrote. */
  | 'edited'
  /** Every file is ours, and they never stood together: what a three-way merge makes. */
  | 'hybrid'
  /** Something that is no part: of another app or environment, a link, a submodule, a folder of its own. */
  | 'foreign'
  /** The same commit rendered twice gives two answers. */
  | 'not deterministic'
  /** Another Node rendered it, and renders otherwise. */
  | 'toolchain'
  /** `hydrator.metadata` or `published.json` says what is not so. */
  | 'forged provenance'
  | 'missing provenance'
  /** A signature that does not hold, or none where those before had one. */
  | 'signature'
  /** A request that was made on another commit than the branch's tip, or brings a merge. */
  | 'not on the tip'
  | 'merge'
  /** A request that does what its branch is not for, or says what it does not do. */
  | 'purpose'
  | 'text'
  /** What no cluster will do, or what cannot be undone. */
  | 'policy'
  | 'irreversible';

export interface Verdict {
  readonly fault: Fault;
  /** `staging/counter`, or a file of it. */
  readonly path: string;
  /** What was found, and against what. */
  readonly says: string;
}

/** What was proven, and what was not. */
export interface Verification {
  /** `env/staging` or `rendered`. */
  readonly branch: string;
  readonly tip: string;
  /** How many parts, or commits of `rendered`, are proven. */
  readonly proven: number;
  readonly verdicts: readonly Verdict[];
  /** What is no fault and worth knowing. */
  readonly notes: readonly string[];
}

/** An entry of an environment branch that is not ours, and what is known of it without reading it. */
export interface NotOurs {
  readonly name: string;
  readonly entry: Entry;
  /** What it is, where its name, mode or id says so; undefined for a part whose files have to be compared. */
  readonly verdict?: Verdict;
}

/**
 * Sorts the entries of an environment branch: parts that stood at their very path of `rendered`, what people keep at
 * the root, and what is neither.
 * @param timelines by path of `rendered`: `staging/counter`
 */
export function sortEntries(
  environment: string,
  entries: ReadonlyMap<string, Entry>,
  timelines: ReadonlyMap<string, Timeline>,
): { ours: string[]; people: string[]; foreign: NotOurs[] } {
  const ours: string[] = [];
  const people: string[] = [];
  const foreign: NotOurs[] = [];
  const twins = caseTwins([...entries.keys()]);
  for (const [name, entry] of entries) {
    const path = `${environment}/${name}`;
    const timeline = timelines.get(path);
    const expected = name === pipelineFile ? mode.file : mode.folder;
    const isFile = entry.mode === mode.file || entry.mode === mode.executable;
    if (timeline?.place(entry.id) !== undefined && entry.mode === expected) ours.push(name);
    else if (!timeline && isFile) people.push(name);
    else {
      const says = whatItIs(name, entry, expected, timeline, timelines, twins.get(name));
      foreign.push({ name, entry, ...(says ? { verdict: { fault: 'foreign', path, says } } : {}) });
    }
  }
  return { ours, people, foreign };
}

function whatItIs(
  name: string,
  { mode: is, id }: Entry,
  expected: string,
  timeline: Timeline | undefined,
  timelines: ReadonlyMap<string, Timeline>,
  twin: string | undefined,
): string | undefined {
  if (twin) return `its name and ${twin} differ by case only: some file systems take them for one`;
  if (is === mode.link) return 'it is a symbolic link';
  if (is === mode.submodule) return 'it is a submodule: Argo CD would fetch and apply another repository';
  const elsewhere = [...timelines].find(([, other]) => other.place(id) !== undefined)?.[0];
  if (elsewhere && !elsewhere.endsWith(`/${name}`)) return `it is the part ${elsewhere} of another app`;
  if (elsewhere && !timeline?.place(id)) return `it is the part ${elsewhere} of another environment`;
  if (!timeline) return `no app named ${name} was ever published for this environment`;
  if (is !== expected) return `its mode is ${is} and must be ${expected}`;
  return name === pipelineFile ? 'this pipeline file was never published' : undefined;
}

/** Names that would be one on a file system that does not tell case apart. */
function caseTwins(names: readonly string[]): Map<string, string> {
  const twins = new Map<string, string>();
  const first = new Map<string, string>();
  for (const name of names) {
    const other = first.get(name.toLowerCase());
    if (other !== undefined) twins.set(name, other).set(other, name);
    else first.set(name.toLowerCase(), name);
  }
  return twins;
}

/** A part's files, by path inside it. */
export type Files = ReadonlyMap<string, Entry>;

/**
 * Tells what was done to a part, against those that stood at its path.
 * @param known every part that ever stood there, newest first
 */
export function explainPart(path: string, files: Files, known: readonly Files[]): Verdict[] {
  const found = known.map((candidate) => compareFiles(files, candidate));
  const nearest = found.reduce<FileChange[] | undefined>(
    (best, changes) => (best && best.length <= changes.length ? best : changes),
    undefined,
  );
  if (!nearest) return [{ fault: 'foreign', path, says: 'nothing was ever published there' }];
  const everyFileOurs = [...files].every(([name, entry]) => known.some((other) => same(other.get(name), entry)));
  if (everyFileOurs) {
    const says = `every file was published, and they never stood together: ${nearest.map(({ name }) => name).join(', ')} differ from the nearest part`;
    return [{ fault: 'hybrid', path, says }];
  }
  const twins = caseTwins([...files.keys()]);
  return nearest.map(({ name, how }) => {
    const fault = name !== metadataFile ? 'edited' : how === 'removed' ? 'missing provenance' : 'forged provenance';
    const twin = twins.get(name);
    return { fault, path: `${path}/${name}`, says: twin ? `${how}: it and ${twin} differ by case only` : how };
  });
}

export interface FileChange {
  readonly name: string;
  readonly how: string;
}

/** What became of the files of `expected`. */
export function compareFiles(actual: Files, expected: Files): FileChange[] {
  const changes: FileChange[] = [];
  for (const name of new Set([...expected.keys(), ...actual.keys()])) {
    const [was, is] = [expected.get(name), actual.get(name)];
    if (same(was, is)) continue;
    changes.push({ name, how: howOf(was, is) });
  }
  return changes;
}

function howOf(was: Entry | undefined, is: Entry | undefined): string {
  if (!is) return 'removed';
  const kind = { [mode.link]: 'a symbolic link', [mode.submodule]: 'a submodule', [mode.executable]: 'executable' }[
    is.mode
  ];
  if (!was) return `added${kind ? ` (${kind})` : ''}`;
  if (was.mode !== is.mode) return `${kind ? `made ${kind}` : `given the mode ${is.mode}`}`;
  return 'edited';
}

const same = (a: Entry | undefined, b: Entry | undefined) => a?.id === b?.id && a?.mode === b?.mode;

/** What is known of one changed file of a commit of `rendered`. */
export interface Suspicion {
  /** `dev/counter/deployment-counter.yaml`. */
  readonly path: string;
  readonly was: Entry | undefined;
  readonly is: Entry | undefined;
  /** A second render gave other bytes than the first. */
  readonly unsteady: boolean;
  /** The bytes that are there were published at this path by another commit. */
  readonly known: boolean;
  /** The Node that rendered then and now, where they differ. */
  readonly nodes: readonly [then: string, now: string] | undefined;
}

/** Tells apart why a file of `rendered` is not what its dry commit renders. */
export function judgeFile({ path, was, is, unsteady, known, nodes }: Suspicion): Verdict {
  const name = path.split('/').at(-1);
  const how = howOf(was, is);
  if (path === publishedFile || name === metadataFile) {
    if (!is) return { fault: 'missing provenance', path, says: how };
    return { fault: 'forged provenance', path, says: `${how}: it is not what a publish of this commit writes` };
  }
  if (unsteady) return { fault: 'not deterministic', path, says: 'two renders of the same commit differ in it' };
  if (was && is && was.mode === is.mode && known)
    return { fault: 'hybrid', path, says: 'these bytes were published here by another commit' };
  if (was && is && was.mode === is.mode && nodes)
    return { fault: 'toolchain', path, says: `rendered by Node ${nodes[0]}; ${nodes[1]} renders otherwise` };
  return { fault: 'edited', path, says: how };
}

/** Where two trees differ, as `git diff-tree -r` tells it. */
export interface TreeChange {
  readonly path: string;
  readonly was: Entry | undefined;
  readonly is: Entry | undefined;
}
