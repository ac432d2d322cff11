import { type Html, html } from './html.ts';

/** A small picture of some points in time. */
export interface Spark {
  /** Unlike any other on the page. */
  readonly id: string;
  /** What it shows, and what that is now, for whoever does not see it. */
  readonly title: string;
  readonly says: string;
  /** From the oldest to the newest; undefined where nothing was measured. */
  readonly points: readonly (number | undefined)[];
  /** What fills its height at least, so that little is seen to be little. */
  readonly ceiling: number;
  /** Where something happened: 0 is its left edge and 1 its right. */
  readonly marks: readonly { readonly at: number; readonly isBack: boolean }[];
}

/** Its own units: a page shows it as large as there is room. */
const [width, height, edge] = [120, 30, 2];

/** As SVG that needs no script and no style of its own. A roll-out is a line and a triangle that points up, going back one that points left. */
export function spark({ id, title, says, points, ceiling, marks }: Spark): Html {
  const top = Math.max(ceiling, ...points.map((point) => point ?? 0));
  const x = (at: number) => round(points.length > 1 ? (at * width) / (points.length - 1) : 0);
  const y = (value: number) => round(height - edge - (Math.max(0, value) / top) * (height - 2 * edge));
  const runs = runsOf(points);
  const line = runs.map((run) => `M${run.map(([at, value]) => `${x(at)} ${y(value)}`).join('L')}h.1`).join('');
  const area = runs
    .map((run) => {
      const [[first] = [0], [last] = [0]] = [run[0] ?? [0], run.at(-1) ?? [0]] as [number[], number[]];
      return `M${x(first ?? 0)} ${height}L${run.map(([at, value]) => `${x(at)} ${y(value)}`).join('L')}L${x(last ?? 0)} ${height}z`;
    })
    .join('');
  return html`<svg class="spark" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-title ${id}-says"><title id="${id}-title">${title}</title><desc id="${id}-says">${says}</desc><path class="ground" d="M0 ${height - 0.5}h${width}"/>${marks.map(
    ({ at, isBack }) => {
      const left = round(Math.min(width - edge, Math.max(edge, at * width)));
      return isBack
        ? html`<path class="mark back" d="M${left} 0V${height}M${left + 3} ${height - 6}l-6 3l6 3z"/>`
        : html`<path class="mark" d="M${left} 0V${height}M${left - 3} ${height}l3 -6l3 6z"/>`;
    },
  )}${area && html`<path class="area" d="${area}"/><path class="line" d="${line}"/>`}</svg>`;
}

/** Points that follow each other, with their places. */
function runsOf(points: readonly (number | undefined)[]): [number, number][][] {
  const runs: [number, number][][] = [];
  let open = false;
  for (const [at, point] of points.entries()) {
    if (point !== undefined) {
      if (!open) runs.push([]);
      runs.at(-1)?.push([at, point]);
    }
    open = point !== undefined;
  }
  return runs;
}

const round = (value: number) => Math.round(value * 10) / 10;
