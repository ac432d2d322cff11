import type { ObjectDifference } from './difference.ts';
import { formatValue } from './difference.ts';
import { least, ranks } from './risk.ts';
import { type Change, fieldLine, isVersionLabel, rankIn, withoutVersions } from './told.ts';
import { visible } from './words.ts';

/** One app that two sides do not have alike. */
export interface PartBetween {
  readonly app: string;
  readonly environments: readonly [from: string, to: string];
  readonly change: 'added' | 'changed' | 'removed';
  /** Versions; absent where nothing stands, and where a part that is not ours does not say. */
  readonly from?: string;
  readonly to?: string;
  /** Which sides somebody edited by hand; absent for neither. */
  readonly edited?: readonly ('from' | 'to')[];
  readonly objects: readonly ObjectDifference[];
  /** Files that cannot be read. */
  readonly illegible: readonly string[];
}

/** Characters of a value that are printed. */
const width = 120;
const signs = { added: '+', removed: '-', changed: '~' } as const;

/** What a person reads: by app, the riskiest first under the name of its risk; versions are told once. */
export function formatBetween(parts: readonly PartBetween[], [from, to]: readonly [string, string]): string[] {
  const lines = parts.flatMap((part) => [heading(part), ...objectLines(part), ...illegible(part)]);
  const count =
    parts.length === 0 ? 'nothing differs' : `${parts.length} ${parts.length === 1 ? 'part differs' : 'parts differ'}`;
  return [...lines, `${from} against ${to}: ${count}`];
}

function heading({ app, environments: [one, other], change, from, to, edited = [] }: PartBetween): string {
  const [was, is] = (
    [
      ['from', from],
      ['to', to],
    ] as const
  ).map(([side, version]) => {
    if (!edited.includes(side)) return version ?? 'unknown';
    return version === undefined ? 'edited by hand' : `${version}, edited by hand`;
  });
  const versions = {
    added: is,
    removed: was,
    changed: was === is ? was : `${was} → ${is}`,
  };
  if (one === other) return `${signs[change]} ${one}/${visible(app)} ${versions[change]}`;
  const [there, here] = [change === 'added' ? 'nothing' : was, change === 'removed' ? 'nothing' : is];
  return `${signs[change]} ${visible(app)} ${there} in ${one} → ${here} in ${other}`;
}

function objectLines({ app, change, objects }: PartBetween): string[] {
  const leaves = change === 'removed';
  const all = objects.map((object): Change => ({ app, object, leaves }));
  const { changes, labels } = withoutVersions(all);
  const ranked = changes.map((change) => ({ change, rank: rankIn(change) })).sort((a, b) => a.rank - b.rank);
  let last = -1;
  const lines = ranked.flatMap(({ change, rank }) => {
    const isNew = rank !== last && !(last < 0 && rank === least);
    last = rank;
    return [...(isNew ? [`  ${ranks[rank]?.name}`] : []), ...objectLine(change)];
  });
  return labels === 0
    ? lines
    : [...lines, `  the label of the version, on ${labels} ${labels === 1 ? 'object' : 'objects'}`];
}

function objectLine(change: Change): string[] {
  const { object } = change;
  const { kind, namespace, name } = object;
  const named = `${formatValue(kind)} ${namespace ? `${formatValue(namespace)}/` : ''}${formatValue(name)}`;
  const fields = object.change === 'changed' ? object.fields : [];
  const told = fields
    .filter((field) => !isVersionLabel(field))
    .toSorted((a, b) => rankIn(change, a) - rankIn(change, b));
  return [`  ${signs[object.change]} ${named}`, ...told.map((field) => `    ${fieldLine(field, width)}`)];
}

const illegible = ({ illegible: files }: PartBetween) =>
  files.map((file) => `  ! ${visible(file)} cannot be read as an object; --raw shows it`);
