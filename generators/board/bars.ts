import { type Html, html } from './html.ts';

/** Counts beside each other: of each so many that went well, and so many that did not. */
export interface Bars {
  /** Unlike any other on the page. */
  readonly id: string;
  /** What it shows, and what that is, for whoever does not see it. */
  readonly title: string;
  readonly says: string;
  readonly bars: readonly { readonly well: number; readonly badly?: number }[];
}

/** Its own units: a page draws it as wide as there is room. */
const [height, step, gap] = [48, 10, 2];

/**
 * As SVG that needs no script and no style of its own. What went well stands on a line and what did not hangs from it, so
 * that colour alone says nothing.
 */
export function barChart({ id, title, says, bars }: Bars): Html {
  const top = Math.max(0, ...bars.map(({ well }) => well));
  const depth = Math.max(0, ...bars.map(({ badly = 0 }) => badly));
  const unit = height / Math.max(1, top + depth);
  const ground = round(top === 0 && depth === 0 ? height : top * unit);
  const box = (at: number, count: number, sign: 1 | -1) =>
    `M${at * step + gap / 2} ${ground}v${round(sign * count * unit)}h${step - gap}V${ground}z`;
  const standing = bars.map(({ well }, at) => (well > 0 ? box(at, well, -1) : '')).join('');
  const hanging = bars.map(({ badly = 0 }, at) => (badly > 0 ? box(at, badly, 1) : '')).join('');
  return html`<svg class="bars" viewBox="0 0 ${bars.length * step} ${height}" preserveAspectRatio="none" role="img" aria-labelledby="${id}-title ${id}-says"><title id="${id}-title">${title}</title><desc id="${id}-says">${says}</desc>${standing && html`<path class="well" d="${standing}"/>`}${hanging && html`<path class="badly" d="${hanging}"/>`}<path class="ground" d="M0 ${ground}h${bars.length * step}"/></svg>`;
}

const round = (value: number) => Math.round(value * 100) / 100;
