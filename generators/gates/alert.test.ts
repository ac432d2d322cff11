import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Firing } from '../model/gate.ts';
import { type AlertFacts, alertAnswer } from './alert.ts';

const now = Date.parse('2026-11-20T10:30:00Z');
const said = (firing: AlertFacts['firing'], soak = 1800) => {
  const { is, evidence } = alertAnswer({ environment: 'dev', app: 'a', firing, soak, now });
  return `${is}: ${evidence}`;
};
const fired = (alert: string, minutes: number): Firing => ({ alert, last: now - minutes * 60_000 });

test('an alert that fired during the soak time speaks against it, steadily', () => {
  assert.equal(said([]), 'yes: no alert of a fired in dev for 1800 s (Prometheus)');
  assert.equal(said([], 0), 'yes: no alert of a fires in dev (Prometheus)');
  assert.equal(said([fired('Burns', 1)]), 'no: alert Burns of a fires in dev (Prometheus)');
  assert.equal(said([fired('Burns', 0)]), said([fired('Burns', 4)]), 'the same text for as long as it fires');
  assert.equal(
    said([fired('Slow', 20), fired('Burns', 10)]),
    'no: alert Burns of a fired in dev until 2026-11-20T10:20:00Z (Prometheus), and 1800 s of silence are asked',
  );
  assert.equal(said({ refused: 'It cannot be asked.' }), 'unknown: It cannot be asked.');
  assert.match(said([fired('`x`\n# y', 0)]), /^no: alert 'x' # y of a fires/);
});
