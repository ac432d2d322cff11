import type { Dashboard } from './grafana.ts';
import { layout, type Section } from './layout.ts';
import { type About, linksFrom, titleOf, uids } from './link.ts';

/** What a dashboard has of its own. */
export interface Framed {
  readonly description: string;
  /** How far it looks back when it is opened: `now-6h`. */
  readonly from: string;
  readonly variables: NonNullable<NonNullable<Dashboard['templating']>['list']>;
  readonly marks: NonNullable<NonNullable<Dashboard['annotations']>['list']>;
  readonly sections: readonly Section[];
}

/** A dashboard of ours: what all of them have in common, and what it has of its own. */
export const framed = (about: About, { description, from, variables, marks, sections }: Framed): Dashboard => ({
  uid: uids[about],
  title: titleOf(about),
  description,
  tags: ['slipway'],
  schemaVersion: 42,
  editable: false,
  graphTooltip: 1,
  timezone: 'browser',
  refresh: '1m',
  time: { from, to: 'now' },
  templating: { list: variables },
  annotations: { list: marks },
  links: linksFrom(about),
  panels: layout(sections),
});
