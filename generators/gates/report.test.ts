import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '../forge/forge.ts';
import type { Answer } from '../model/gate.ts';
import { reportAnswer, reportOf } from './report.ts';

const status = (given: Partial<Status>): Status => ({
  name: 'slipway/gate/a',
  state: 'success',
  description: 'dev has it Synced and Healthy',
  author: 'cluster-bot',
  ...given,
});
const said = (...statuses: readonly Status[]) => {
  const { is, evidence } = reportAnswer({ environment: 'dev', app: 'a', reporter: 'cluster-bot', statuses });
  return `${is}: ${evidence}`;
};

test('only what the reporter itself set is evidence', () => {
  const none = 'unknown: cluster-bot has not set slipway/gate/a on the tip of env/dev yet';
  assert.equal(said(status({})), 'yes: dev has it Synced and Healthy (cluster-bot)');
  assert.equal(said(status({ state: 'pending', description: '' })), 'unknown: pending (cluster-bot)');
  assert.equal(said(status({ state: 'running' })).slice(0, 8), 'unknown:');
  assert.equal(said(status({ state: 'failed', description: '`x`\n# y' })), "no: 'x' # y (cluster-bot)");
  assert.equal(said(status({ state: 'canceled' })).slice(0, 3), 'no:');
  assert.equal(said(), none);
  assert.equal(said(status({ name: 'slipway/gate/ab' }), status({ name: 'build' })), none);
  assert.equal(said(status({ author: 'mallory' })), `${none}; what mallory set does not count`);
  assert.equal(said(status({ author: 'Cluster-Bot' })), `${none}; what Cluster-Bot set does not count`);
});

test('a report says in a state what the gates said of the part that stands there, and fits', () => {
  const answer = (is: Answer['is'], evidence: string): Answer => ({ gate: 'soak', is, evidence, link: 'https://cd/a' });
  const good = [answer('yes', 'it is Healthy')];
  const base = { name: 'slipway/gate/a', url: 'https://cd/a' };
  assert.deepEqual(reportOf('a', { answers: good, waits: [] }, true), {
    ...base,
    state: 'success',
    description: 'it is Healthy',
  });
  const waits = [answer('unknown', 'it still soaks'), answer('no', 'an alert fires')];
  assert.deepEqual(reportOf('a', { answers: good, waits }, false), {
    ...base,
    state: 'failed',
    description: 'it still soaks; an alert fires',
  });
  assert.equal(reportOf('a', { answers: [], waits: waits.slice(0, 1) }, false).state, 'pending');
  assert.equal(reportOf('a', { answers: [answer('yes', 'x'.repeat(400))], waits: [] }, true).description.length, 255);
});
