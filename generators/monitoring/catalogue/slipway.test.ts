import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposition } from '../../model/exposition.ts';
import { readingFamilies, versionFamilies } from '../../model/version-metrics.ts';
import { sourceOf } from './rendered.fixture.ts';
import { seriesOf } from './scraped.ts';
import { writeSource } from './source.ts';

test('what slipway metrics says of versions is what rules and dashboards are held against', () => {
  const row = {
    ...{ environment: 'dev', app: 'counter', version: '1.0.0', commit: 'c', since: '2026-01-01T00:00:00Z' },
    ...{ health: 'Healthy', state: 'held', held: true, heldSince: '2026-01-01T00:00:00Z', request: 7 },
    lacks: { parts: 2, since: '2026-01-01T00:00:00Z' },
  };
  const now = Date.parse('2026-01-02T00:00:00Z');
  const families = [
    ...versionFamilies([row], new Map([['dev', 'c']]), now),
    ...readingFamilies({ success: now, failures: 1 }),
  ];
  const { told } = sourceOf('slipway');
  assert.equal(writeSource({ told, series: seriesOf(exposition(families)) }), writeSource(sourceOf('slipway')));
});
