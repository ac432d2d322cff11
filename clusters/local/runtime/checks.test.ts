import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Checks, type ProbeKind } from './checks.ts';
import type { Probe } from './template.ts';

const probe = (rest: Partial<Probe> = {}): Probe => ({ tcpSocket: { port: 1 }, ...rest });

/** `r+` at a second says that the readiness probe passed then, `l-` that the liveness probe failed. */
const kinds: Readonly<Record<string, ProbeKind>> = { s: 'startup', l: 'liveness', r: 'readiness' };

test('what probes said decides who is ready and who is restarted, by the thresholds of Kubernetes', () => {
  const [startupProbe, livenessProbe, readinessProbe] = [probe(), probe(), probe()];
  const table: [name: string, probes: ConstructorParameters<typeof Checks>[0], said: string, then: string][] = [
    ['without probes it is ready when it runs', {}, '', 'ready'],
    ['it is not ready before it was asked', { readinessProbe }, '', 'waits'],
    ['one success makes it ready', { readinessProbe }, '0r+', 'ready'],
    ['a success is as good after failures', { readinessProbe }, '0r- 0.1r- 0.2r- 0.3r+', 'ready'],
    ['two failures leave it ready', { readinessProbe }, '0r+ 10r- 20r-', 'ready'],
    ['three make it unready, and restart nothing', { readinessProbe }, '0r+ 10r- 20r- 30r-', 'unready'],
    ['failures within a period count once', { readinessProbe }, '0r+ 10r- 11r- 12r- 13r- 19r-', 'ready'],
    ['a success in between begins anew', { readinessProbe }, '0r+ 10r- 20r- 30r+ 40r- 50r-', 'ready'],
    ['its own period', { readinessProbe: probe({ periodSeconds: 1 }) }, '0r+ 1r- 2r- 3r-', 'unready'],
    ['its own threshold', { readinessProbe: probe({ failureThreshold: 1 }) }, '0r+ 10r-', 'unready'],
    ['one success is too few', { readinessProbe: probe({ successThreshold: 2 }) }, '0r+ 1r+', 'waits'],
    ['a second one a period later is enough', { readinessProbe: probe({ successThreshold: 2 }) }, '0r+ 10r+', 'ready'],
    ['a liveness probe alone leaves it ready', { livenessProbe }, '', 'ready'],
    ['two failures are no reason', { livenessProbe }, '10l- 20l-', 'ready'],
    ['a third is a restart', { livenessProbe }, '10l- 20l- 30l-', 'liveness'],
    ['quick failures are no reason', { livenessProbe }, '10l- 11l- 12l- 13l-', 'ready'],
    ['a startup probe keeps it unready', { startupProbe, readinessProbe }, '0r+', 'waits'],
    ['until it has passed', { startupProbe, readinessProbe }, '0s+ 0.1r+', 'ready'],
    ['one that never passes is a restart', { startupProbe }, '0s- 10s- 20s-', 'startup'],
    ['failures of the start are none of its life', { startupProbe, livenessProbe }, '0s- 10s- 11s+ 20l- 30l-', 'ready'],
  ];
  for (const [name, probes, said, then] of table) {
    const checks = new Checks(probes, 0);
    for (const [, at, kind, sign] of said.matchAll(/([\d.]+)([slr])([+-])/g))
      checks.answer(kinds[kind as string] as ProbeKind, sign === '+', Number(at) * 1000);
    const state = checks.ready ? 'ready' : checks.unready ? 'unready' : 'waits';
    assert.equal(checks.fatal ?? state, then, name);
  }
});

test('a probe is asked after its delay and by its period, and sooner while something waits for it to pass', () => {
  const waits = (probes: ConstructorParameters<typeof Checks>[0], kind: ProbeKind, now: number, ...said: string[]) => {
    const checks = new Checks(probes, 0);
    for (const one of said) checks.answer(kinds[one[0] as string] as ProbeKind, one[1] === '+', 1000);
    return checks.wait(kind, now);
  };
  const delayed = probe({ initialDelaySeconds: 5, periodSeconds: 20 });
  assert.equal(waits({ readinessProbe: delayed }, 'readiness', 0), 5000);
  assert.equal(waits({ readinessProbe: delayed }, 'readiness', 6000), 0);
  assert.equal(waits({ readinessProbe: probe() }, 'readiness', 1000, 'r-'), 100);
  assert.equal(waits({ readinessProbe: probe() }, 'readiness', 1000, 'r+'), 10_000);
  assert.equal(waits({ livenessProbe: probe() }, 'liveness', 1000, 'l-'), 10_000);
  assert.equal(waits({ startupProbe: probe(), livenessProbe: probe() }, 'liveness', 1000, 's-'), 100);
  assert.equal(waits({ startupProbe: probe() }, 'startup', 1000, 's+'), undefined);
  // One that does not become ready is not asked ten times a second for ever.
  assert.equal(waits({ readinessProbe: probe() }, 'readiness', 60_000, 'r-'), 0);
  const late = new Checks({ readinessProbe: probe() }, 0);
  late.answer('readiness', false, 60_000);
  assert.equal(late.wait('readiness', 60_000), 1000);
});
