import { type Cell, columns, type Setting, widthOf } from './columns.ts';
import { type Concern, concernOf, isThere, signs } from './concern.ts';
import type { Row } from './row.ts';

/** An environment as the picture shows it. */
export interface Pictured {
  readonly name: string;
  readonly after?: string;
  /** It has no branch. */
  readonly missing?: true;
  /** The open requests onto it; absent where the forge was not asked. */
  readonly requests?: readonly { readonly iid: number }[];
}

/** So many open requests are named. */
const named = 2;

/**
 * The paths, each from a first environment to a last, and below every environment how many of its apps somebody might
 * look at. A path that is too wide stands line by line.
 */
export function pathPicture(environments: readonly Pictured[], rows: readonly Row[], setting: Setting = {}): string[] {
  const { width = Number.POSITIVE_INFINITY, paint } = setting;
  return pathsOf(environments).flatMap((path, index) => {
    const facts = path.map((one) => factsOf(one, rows));
    const across = sideBySide(path, facts);
    const fits = columns(across).every((line) => widthOf(line) <= width);
    const picture = fits ? columns(across, { paint }) : columns(lineByLine(path, facts), { width, paint, shape });
    return [...(index > 0 ? [''] : []), ...picture];
  });
}

const shape = [{}, {}, {}, { least: 6 }, { least: 6 }, { least: 6 }];

const title = ({ name }: Pictured): Cell => ({ text: name, colour: 'bold' });

function sideBySide(path: readonly Pictured[], facts: readonly (readonly Cell[])[]): Cell[][] {
  const height = Math.max(...facts.map(({ length }) => length));
  const line = (cells: readonly Cell[], between: string) =>
    cells.flatMap((cell, at) => (at === 0 ? [cell] : [between, cell]));
  return [
    line(path.map(title), '──►'),
    ...Array.from({ length: height }, (_, at) =>
      line(
        facts.map((own) => own[at] ?? ''),
        '',
      ),
    ),
  ];
}

const lineByLine = (path: readonly Pictured[], facts: readonly (readonly Cell[])[]): Cell[][] =>
  path.map((one, at) => [at === 0 ? '' : '└►', title(one), ...(facts[at] ?? [])]);

/** From each first environment to each that nothing comes after; what comes before a fork stands in every path. */
function pathsOf(environments: readonly Pictured[]): (readonly Pictured[])[] {
  const known = new Map(environments.map((one) => [one.name, one]));
  const upTo = (one: Pictured): Pictured[] => {
    const before = one.after === undefined ? undefined : known.get(one.after);
    return before ? [...upTo(before), one] : [one];
  };
  return environments.filter(({ name }) => !environments.some(({ after }) => after === name)).map(upTo);
}

/** The worst first, and what waits for a person last. */
function factsOf({ name, after, missing, requests = [] }: Pictured, rows: readonly Row[]): Cell[] {
  if (missing) return [{ text: '✗ no branch', colour: 'red' }];
  const own = rows.filter(({ environment }) => environment === name);
  const there = own.filter(isThere);
  const counts = Map.groupBy(own, concernOf);
  const concerns = (Object.keys(signs) as Concern[]).flatMap((concern): Cell[] => {
    const { length } = counts.get(concern) ?? [];
    const { mark, colour } = signs[concern];
    // A row says how far it is behind main; what its source has and it has not is what could move now.
    const what = concern === 'behind' ? `${length === 1 ? 'app' : 'apps'} behind ${after ?? 'main'}` : concern;
    return length === 0 ? [] : [{ text: `${mark} ${length} ${what}`, colour }];
  });
  const healthy = there.length > 0 && there.every(({ health }) => health === 'Healthy');
  const proposals = own.some(({ proposed }) => proposed && proposed.iid === undefined);
  return [
    `${there.length} ${there.length === 1 ? 'app' : 'apps'}`,
    ...(healthy ? [{ text: '✓ Healthy', colour: 'green' } as const] : []),
    ...concerns,
    ...requests.slice(0, named).map(({ iid }): Cell => ({ text: `!${iid} open`, colour: 'cyan' })),
    ...(requests.length > named ? [`${requests.length - named} more open`] : []),
    ...(proposals ? [{ text: 'proposal waits', colour: 'cyan' } as const] : []),
  ];
}
