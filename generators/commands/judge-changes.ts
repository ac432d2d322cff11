import { foldersIn, isFolder } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { lineDifference } from '../model/line-difference.ts';
import { pipelineFile } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import type { Entry, EnvironmentHistory, ObjectId } from '../model/timeline.ts';
import { isRegarded, judgeChange, mayAlwaysChange } from '../policies/judge-change.ts';
import { judgeRemovals } from '../policies/removal.ts';
import { formatViolation } from '../policies/violation.ts';
import { parsed } from './parsed.ts';
import { objectsIn } from './removals.ts';

/** A part that takes the place of another: the files of both. */
export interface Replacement {
  readonly environment: string;
  readonly app: string;
  readonly before: ReadonlyMap<string, ObjectId>;
  readonly after: ReadonlyMap<string, ObjectId>;
}

type Texts = ReadonlyMap<ObjectId, string | Buffer>;

/** Reads the files of either side. */
export interface Sides {
  readonly before: (ids: readonly ObjectId[]) => Promise<Texts>;
  readonly after: (ids: readonly ObjectId[]) => Promise<Texts>;
}

/** What no cluster will do, though each part by itself is right: a line each, with file, field, rule and way out, by app. */
export async function impossibleChanges(
  replacements: readonly Replacement[],
  sides: Sides,
): Promise<Map<string, string[]>> {
  const pairs = replacements.map((replacement) => ({ ...replacement, files: changedFiles(replacement) }));
  const files = pairs.flatMap((pair) => pair.files);
  const [old, now] = await Promise.all([
    sides.before(files.map(({ was }) => was)),
    sides.after(files.map(({ is }) => is)),
  ]);
  const found = new Map<string, string[]>();
  for (const { environment, app, files: all } of pairs) {
    const files = all.filter(({ was, is }) => !isOrdinary(old.get(was), now.get(is)));
    if (files.length === 0) continue;
    const violations = judgeChange(
      files.map(({ was }) => objectIn(old, was)),
      files.map(({ is }) => objectIn(now, is)),
    );
    const lines = violations.map((one) => `in ${environment}: ${formatViolation(one)}`);
    if (lines.length > 0) found.set(app, [...(found.get(app) ?? []), ...lines]);
  }
  return found;
}

const objectIn = (texts: Texts, id: ObjectId): unknown => parsed(texts.get(id) ?? '');

/** Whether nothing but what may always change did: told from the lines, since it is nearly all of a promotion. */
function isOrdinary(was: string | Buffer | undefined, is: string | Buffer | undefined): boolean {
  const found = was === undefined || is === undefined ? undefined : lineDifference(String(was), String(is));
  return found !== undefined && mayAlwaysChange(found);
}

/** The files of both sides that differ and that a change policy looks at. */
function changedFiles({ before, after }: Replacement): { was: ObjectId; is: ObjectId }[] {
  return [...after].flatMap(([file, is]) => {
    const was = before.get(file);
    return was === undefined || was === is || !isRegarded(file) ? [] : [{ was, is }];
  });
}

/** Steps of a promotion onto an environment branch. */
export interface Move {
  readonly environment: string;
  readonly target: EnvironmentHistory;
  readonly steps: readonly Step[];
  /** By app, why it goes. */
  readonly removed: Readonly<Record<string, string>>;
}

/** Why steps cannot be taken, by app: what no cluster will do, and what is taken away without a reason. */
export async function refusedSteps(
  mirror: Mirror,
  { environment, target, steps, removed }: Move,
): Promise<Map<string, string[]>> {
  const parts = steps.flatMap(({ name, offer }) =>
    offer.part === undefined || name === pipelineFile ? [] : [{ app: name, part: offer.part }],
  );
  const folders = foldersIn(target.entries);
  const standing = parts.flatMap(({ app }) => folders.get(app) ?? []);
  const trees = await mirror.trees([...standing, ...parts.map(({ part }) => part)]);
  const replacements = parts.map(({ app, part }): Replacement => {
    const [before, after] = [folders.get(app), part].map((id) => filesIn(trees.get(id ?? '')));
    return { environment, app, before: before ?? new Map(), after: after ?? new Map() };
  });
  const found = await impossibleChanges(replacements, { before: mirror.blobs, after: mirror.blobs });
  // Most promotions take nothing away, and read no more than what they move.
  if (replacements.every(({ before, after }) => [...before.keys()].every((file) => after.has(file)))) return found;
  const all = await mirror.trees(folders.values());
  const before = new Map([...folders].map(([app, id]) => [app, filesIn(all.get(id))]));
  const after = new Map([...before, ...replacements.map(({ app, after }) => [app, after] as const)]);
  for (const { apps, says } of judgeRemovals(objectsIn(before), objectsIn(after), removed))
    for (const app of apps) found.set(app, [...(found.get(app) ?? []), says]);
  return found;
}

/** The files of a part; what somebody put into a folder in it is none of ours. */
const filesIn = (entries: ReadonlyMap<string, Entry> = new Map()): Map<string, ObjectId> =>
  new Map([...entries].flatMap(([name, entry]) => (isFolder(entry) ? [] : [[name, entry.id]])));
