import assert from 'node:assert/strict';
import { test } from 'node:test';
import { barChart } from './bars.ts';
import { delivery } from './delivery.fixture.ts';
import { deliveryPage } from './delivery-page.ts';
import type { DeliveryFacts } from './facts.ts';

const text = (facts: DeliveryFacts) => deliveryPage(facts).text;

test('how we deliver is told in figures, in charts that are read out, and in tables', () => {
  const page = text(delivery);
  for (const told of [
    /<dt>Deployments<\/dt><dd><strong class="value">29<\/strong><span class="small">on 28 days<\/span>/,
    /<dt>Failed<\/dt><dd><strong class="value">7 %<\/strong><span class="small">2 of 29<\/span>/,
    /<dt>Recovery<\/dt><dd><strong class="value">25 min<\/strong><span class="small">1 not over<\/span>/,
    /Deployments to production in stretches of 7 d<\/title>/,
    /<p class="axis even small" aria-hidden="true"><span>3<\/span><span>3<br>−1<\/span>/,
    /From the oldest to the newest: 3, 3 \(1 failed\), 4, 1, 4, 3, 4, 3, 4 \(1 failed\)\.<\/desc>/,
    /&#60; 1 h: 0, &#60; 1 d: 0, &#60; 1 week: 27, &#60; 30 d: 1, more: 0\.<\/desc>/,
    /<tr><th scope="row">2026-01-08<\/th><td>3<\/td><td>1<\/td><\/tr>/,
    /<tr><th scope="row">b<\/th><td>10<\/td><td>28 h<\/td><td>1<\/td><td>–<\/td><td>0<\/td><\/tr>/,
    /<dt>Failed<\/dt><dd>a deployment of which, within 7 d,/,
    /<a href="https:\/\/dora\.dev\/guides\/dora-metrics\/">DORA<\/a>/,
  ])
    assert.match(page, told);
  assert.doesNotMatch(page, / style=|NaN|Infinity|undefined/);
});

test('where nothing was deployed, or nothing published, no chart is drawn', () => {
  const [end] = delivery.ends;
  assert.ok(end);
  const none = text({ ...delivery, ends: [{ ...end, apps: [], all: { ...end.all, deployments: 0 } }] });
  assert.match(none, /No deployment\./);
  assert.doesNotMatch(none, /<svg|NaN/);
  assert.match(text({ ...delivery, ends: [] }), /Nothing is published yet\./);
});

test('the bars of a chart share one scale, and what failed hangs from the line', () => {
  const chart = (bars: Parameters<typeof barChart>[0]['bars']) =>
    barChart({ id: 'x', title: 'x', says: 'x', bars }).text;
  // 48 units for 3 above the line and 1 below: the line is at 36, and one deployment is 12.
  const { text: drawn } = barChart({ id: 'x', title: 'x', says: 'x', bars: [{ well: 3 }, { well: 1, badly: 1 }] });
  assert.match(drawn, /class="well" d="M1 36v-36h8V36zM11 36v-12h8V36z"/);
  assert.match(drawn, /class="badly" d="M11 36v12h8V36z"/);
  assert.match(drawn, /class="ground" d="M0 36h20"/);
  assert.doesNotMatch(chart([{ well: 0 }]), /class="well"|class="badly"|NaN/);
});
