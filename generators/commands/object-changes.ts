import type { Mirror } from '../git/mirror.ts';
import { byObject, differences, type ObjectDifference } from '../model/difference.ts';
import { excusedIn } from '../model/excused.ts';
import { legible } from '../model/legible.ts';
import { lineDifference } from '../model/line-difference.ts';
import type { Manifest } from '../model/manifest.ts';
import { isMapping } from '../model/mapping.ts';
import type { Published } from '../model/metadata.ts';
import { ranToo } from '../model/ran-too.ts';
import type { Item, NewExcuse } from '../model/request.ts';
import type { Entry } from '../model/timeline.ts';
import { isVersionLabel } from '../model/told.ts';
import { compareFiles } from '../model/verdict.ts';
import {
  blobOf,
  type ChangedFiles,
  changedFiles,
  contentsOf,
  type Files,
  type Moving,
  type Pair,
} from './changed-files.ts';

export type ObjectFacts = Pick<Item, 'too' | 'only' | 'illegible' | 'excused' | 'files'>;

export interface Excusing extends Moving {
  readonly published: Published;
}

/** What changes in the objects of each app, and what of it the source ran too. */
export async function objectChanges(mirror: Mirror, moving: Excusing): Promise<Map<string, ObjectFacts>> {
  const changed = await changedFiles(mirror, moving);
  const compareTargets = await comparer(mirror, contentsOf(changed.map(({ names, target }) => [names, target])));
  const compared = changed.map((one) => {
    const own = compareTargets(one.names, one.target);
    return { ...one, own, asked: one.names.filter((file) => isToBeCompared(file, one, own)) };
  });
  const compareSources = await comparer(mirror, contentsOf(compared.map(({ asked, source }) => [asked, source])));
  return new Map(
    compared.map(({ app, names, target, source, own, asked }) => {
      const theirs = compareSources(asked, source);
      const unread = names.flatMap((file) => (asked.includes(file) ? [] : (own.told.get(file) ?? [])));
      const found: ObjectFacts = {
        ...ranToo(allOf(own), [...allOf(theirs), ...unread].sort(byObject)),
        illegible: own.illegible,
        excused: newlyExcused(moving, app, own.before, own.after),
        // What the edit did, seen from what takes it back.
        files: compareFiles(target[1], target[0]),
      };
      return [app, found];
    }),
  );
}

/** What differs between two sides: told from lines where that can be, else as objects. */
interface Compared {
  readonly told: ReadonlyMap<string, ObjectDifference>;
  readonly before: readonly Manifest[];
  readonly after: readonly Manifest[];
  /** Files that hold no object. */
  readonly illegible: readonly string[];
}

/**
 * Whether the source has to be read to know what of a file it ran too. Every object of an app says its version, so that
 * most files of a promotion differ in that label alone: where the source has changed such a file, it is no other change.
 */
function isToBeCompared(file: string, { source }: ChangedFiles, own: Compared): boolean {
  const [before, after] = [source[0].get(file)?.id, source[1].get(file)?.id];
  const told = own.told.get(file);
  const isVersionAlone = told?.change === 'changed' && told.fields.every(isVersionLabel);
  return !(isVersionAlone && before !== undefined && after !== undefined && before !== after);
}

const allOf = ({ before, after, told }: Compared): ObjectDifference[] =>
  [...differences(before, after), ...told.values()].sort(byObject);

/** Reads contents, and gives what compares files of them; the parser is loaded where there is something to read. */
async function comparer(mirror: Mirror, ids: readonly string[]) {
  const texts = await mirror.blobs(ids);
  const { parsed } = texts.size > 0 ? await import('./parsed.ts') : { parsed: () => undefined };
  const manifestOf = (entry: Entry | undefined): Manifest | undefined => {
    const bytes = texts.get(blobOf(entry) ?? '');
    const manifest = bytes && manifestIn(parsed(bytes));
    return manifest && legible(manifest, parsed);
  };
  const textOf = (entry: Entry | undefined) => texts.get(blobOf(entry) ?? '')?.toString();
  return (names: readonly string[], [old, now]: Pair): Compared => {
    const told = new Map<string, ObjectDifference>();
    for (const file of names) {
      const [was, is] = [textOf(old.get(file)), textOf(now.get(file))];
      const difference = was === undefined || is === undefined ? undefined : lineDifference(was, is);
      if (difference) told.set(file, difference);
    }
    const others = names.filter((file) => !told.has(file));
    const manifests = (files: Files) => others.flatMap((file) => manifestOf(files.get(file)) ?? []);
    const isIllegible = (file: string) =>
      [old, now].some((files) => files.has(file) && manifestOf(files.get(file)) === undefined);
    return { told, before: manifests(old), after: manifests(now), illegible: others.filter(isIllegible) };
  };
}

/** An object; undefined for what is none. */
export function manifestIn(value: unknown): Manifest | undefined {
  if (!isMapping(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') return undefined;
  return isMapping(value.metadata) && typeof value.metadata.name === 'string'
    ? (value as unknown as Manifest)
    : undefined;
}

function newlyExcused(
  { published, environment }: Excusing,
  app: string,
  before: readonly Manifest[],
  after: readonly Manifest[],
): NewExcuse[] {
  const idOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;
  const old = new Map(before.map((manifest) => [idOf(manifest), excusedIn(manifest)]));
  const excuses = published.outlines[app]?.excuses ?? [];
  return after.flatMap((manifest) => {
    const object = idOf(manifest);
    const policies = excusedIn(manifest).filter((policy) => policy !== '' && !old.get(object)?.includes(policy));
    return policies.map((policy): NewExcuse => {
      const covers = (one: (typeof excuses)[number]) =>
        one.policy === policy && (one.object ?? object) === object && one.in.includes(environment);
      return { object, policy, excuse: excuses.find(covers) };
    });
  });
}
