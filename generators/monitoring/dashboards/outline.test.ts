import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Dashboard, Placed, Query, Row } from './grafana.ts';
import { dashboards } from './index.ts';

// What stands where on each dashboard, a line a panel and a line a query. Read it when it changes: that is what it is for.
// SLIPWAY_UPDATE=1 writes it anew.

const file = join(import.meta.dirname, 'outline.txt');

function outlineOf({ uid, title, templating, annotations, panels }: Dashboard): string {
  return [
    `# ${uid}: ${title}`,
    ...templating.list.map(
      ({ name, type, query }) =>
        `$${name} ${type} ${
          typeof query === 'string'
            ? query
            : (query?.query ??
              Object.values(query ?? {})
                .filter((word) => typeof word === 'string')
                .join(' '))
        }`,
    ),
    ...annotations.list.map(({ name, expr }) => `@ ${name}\n    ${expr}`),
    ...panels.map((panel) => (panel.type === 'row' ? rowLine(panel) : panelLines(panel))),
  ].join('\n');
}

const rowLine = ({ title }: Row) => `\n## ${title}`;

const panelLines = ({ id, type, title, targets, fieldConfig, gridPos: { x, y, w, h } }: Placed) =>
  [
    `${id} ${title} (${type}, ${fieldConfig.defaults.unit}) at ${x},${y} ${w}×${h}`,
    ...targets.map((query) => `    ${asked(query)}`),
  ].join('\n');

const asked = (query: Query) =>
  'metricName' in query
    ? `${query.namespace} ${query.metricName} ${query.statistic} by ${Object.keys(query.dimensions ?? {}).join(', ')}  → ${query.label}`
    : 'query' in query
      ? query.query
      : `${(query as { expr: string }).expr}${'legendFormat' in query ? `  → ${query.legendFormat}` : ''}`;

test('what stands where is as it was read last', () => {
  const text = `${dashboards(true).map(outlineOf).join('\n\n')}\n`;
  if (process.env.SLIPWAY_UPDATE === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'), 'outline.txt; SLIPWAY_UPDATE=1 writes it anew: then read it');
});
