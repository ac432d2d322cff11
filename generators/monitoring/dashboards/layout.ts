import type { Panel, Placed, Row } from './grafana.ts';

/** Panels under a line with a title. */
export interface Section {
  readonly title: string;
  readonly panels: readonly Sized[];
}

/** A panel, and how much room it takes: of 24 columns, and in rows of 30 pixels. */
export interface Sized {
  readonly panel: Panel;
  readonly width: number;
  readonly height: number;
}

/** @param width of 24 columns. @param height in rows of 30 pixels */
export const sized = (width: number, height: number, panel: Panel): Sized => ({ panel, width, height });

const columns = 24;

/**
 * Places sections below each other, and their panels from left to right as lines of a text. Ids follow the order.
 * @throws {Error} for a panel that is wider than the page
 */
export function layout(sections: readonly Section[]): (Row | Placed)[] {
  const placed: (Row | Placed)[] = [];
  let y = 0;
  let id = 0;
  for (const { title, panels } of sections) {
    placed.push({ type: 'row', id: ++id, title, collapsed: false, gridPos: { x: 0, y, w: columns, h: 1 }, panels: [] });
    y++;
    let x = 0;
    let tallest = 0;
    for (const { panel, width, height } of panels) {
      if (width > columns) throw new Error(`"${panel.title}" is ${width} of ${columns} columns wide`);
      if (x + width > columns) {
        y += tallest;
        x = 0;
        tallest = 0;
      }
      placed.push({ ...panel, id: ++id, gridPos: { x, y, w: width, h: height } });
      x += width;
      tallest = Math.max(tallest, height);
    }
    y += tallest;
  }
  return placed;
}
