import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import type { Observing } from '../live/observed.ts';
import { Course } from '../model/course.ts';
import { Refusal } from '../model/refusal.ts';
import { type ActiveAlert, rangeAt, type SeriesOf } from '../model/signals.ts';
import { Timeline } from '../model/timeline.ts';
import { board } from './board-server.ts';
import { alertsIn, Observed, signalsAt } from './board-signals.ts';
import { sandbox } from './sandbox.fixture.ts';
import { nothingStands, type Standing } from './survey.ts';

const none: SeriesOf = { requests: [], errors: [], slow: [], busy: [], budget: [] };
const requests = (environment: string, app: string, at: number): SeriesOf => ({
  ...none,
  requests: [{ metric: { namespace: environment, app }, values: [[at / 1000, '7']] }],
});

test('what Prometheus said is shown for five seconds, and while it does not answer for as long as that takes', async () => {
  let now = 1_000_000;
  let asked = 0;
  let answer: () => Promise<SeriesOf> = async () => none;
  const door: Observing = {
    series: () => {
      asked++;
      return answer();
    },
    alerts: async () => [],
  };
  const observed = new Observed(door, () => now);
  await observed.latest();
  now += 5000;
  await observed.latest();
  assert.equal(asked, 1);
  const { promise, resolve } = Promise.withResolvers<SeriesOf>();
  answer = () => promise;
  now += 1;
  const started = performance.now();
  const [one, other] = await Promise.all([observed.latest(), observed.latest()]);
  assert.ok(performance.now() - started < 5000, 'no page waits for it');
  assert.deepEqual([one, other, asked], [one, one, 2], 'it is asked once');
  resolve(requests('dev', 'a', rangeAt(now).until));
  assert.equal((await observed.latest()).measured.get('dev/a')?.requests.at(-1), 7);
  answer = async () => {
    throw new Refusal('Prometheus cannot be asked.');
  };
  now += 6000;
  assert.deepEqual(
    [(await observed.latest()).refused, (await observed.latest()).measured.size],
    ['Prometheus cannot be asked.', 0],
  );
});

test('what fires is told of its own environment, pages first, and a runbook of ours is shown by the board', () => {
  const alert = (
    alertname: string,
    severity: string,
    since: number,
    runbook: string,
    namespace = 'dev',
  ): ActiveAlert => ({
    ...{
      labels: { alertname, severity, namespace, app: 'a' },
      annotations: { summary: `${alertname} | <b>`, runbook },
      since,
    },
  });
  const alerts = [
    alert('Late', 'page', 20, 'https://gitlab.com/example/slipway/-/blob/main/clusters/runbooks/late-page.md'),
    alert('Ticket', 'ticket', 1, 'https://wiki.example.com/x'),
    alert('Ticket', 'ticket', 2, 'https://wiki.example.com/x'),
    alert('Early', 'page', 10, 'javascript:alert(1)'),
    alert('Elsewhere', 'page', 1, '', 'staging'),
    alert('Up', 'ticket', 5, 'https://x/-/blob/main/clusters/runbooks/../../secret.md'),
  ];
  const found = alertsIn({ range: rangeAt(0), measured: new Map(), alerts }, 'dev');
  assert.deepEqual(
    found.map(({ name, runbook }) => [name, runbook]),
    [
      ['Early', undefined],
      ['Late', '/runbooks/late-page'],
      ['Ticket', 'https://wiki.example.com/x'],
      ['Up', 'https://x/-/blob/main/clusters/runbooks/../../secret.md'],
    ],
  );
  assert.equal(found[1]?.summary, 'Late ¦ ‹b>', 'in one line, and harmless');
});

test('roll-outs and steps back of an app are marked at the moment of their commits', () => {
  const range = rangeAt(1_000_000_000);
  const timeline = new Timeline();
  for (const [place, part] of ['one', 'two'].entries()) timeline.add(place, part);
  const standing = (commit: string, part: string, minutes: number, name = 'a') => ({
    ...{ commit, name, part },
    time: range.until - minutes * 60_000,
  });
  const standings = [
    standing('d', 'one', 1),
    standing('c', 'two', 5),
    standing('b', 'one', 5, 'b'),
    standing('a', 'one', 60),
  ];
  const course = new Course(['d', 'c', 'b', 'a'], standings);
  const stands: Standing = {
    ...nothingStands,
    rendered: { commits: [], timelines: new Map([['dev/a', timeline]]) },
    environments: new Map([['dev', { tip: 'd', entries: new Map(), seen: new Map(), course }]]),
  };
  const nothing = { requests: [], errors: [], slow: [], busy: [], budget: undefined };
  const seen = { range, measured: new Map([['dev/a', nothing]]), alerts: [] };
  assert.deepEqual(signalsAt(seen, 'dev', 'a', stands)?.rollouts, [
    { time: range.until - 300_000, isBack: false },
    { time: range.until - 60_000, isBack: true },
  ]);
  assert.equal(signalsAt(seen, 'dev', 'b', stands), undefined, 'nothing is measured of it');
  assert.equal(signalsAt(seen, 'staging', 'a', stands), undefined);
});

test('a runbook is shown as it stands on main, and runs nothing', async (t) => {
  const box = await sandbox(t);
  await box.commit({
    'clusters/runbooks/it-burns.md': '# It burns\n\n<script>alert(1)</script>\n\n`slipway status`\n',
  });
  const nearby = { environments: [], traffic: () => '', pods: () => [], address: () => undefined };
  const server = createServer(board({ ...box.context, checkout: box.remote }, nearby));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const get = async (path: string) => {
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const { status, text } = await get('/runbooks/it-burns');
  assert.equal(status, 200);
  assert.match(text, /<h1>It burns<\/h1>\s*<p>&lt;script&gt;.*<code>slipway status<\/code>/s);
  for (const other of ['never-written', '..%2f..%2fpackage', 'IT-BURNS', ''])
    assert.equal((await get(`/runbooks/${other}`)).status, 404, other);
});
