import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import fc from 'fast-check';
import { hour, measured, months } from '../model/delivery.fixture.ts';
import { tell } from '../model/history.fixture.ts';
import { Misuse } from '../model/refusal.ts';
import { stories } from '../model/stories.fixture.ts';
import { board } from './board-server.ts';
import type { Context } from './context.ts';
import { answer as answerFor, describe, measure, run } from './dora.ts';
import { program } from './hydrate-commit.ts';
import { repositoryOf } from './repository.fixture.ts';
import { answerOf } from './shapes.ts';

type Answer = ReturnType<typeof answerFor>;

test('what is read from git is what the story tells', async (t) => {
  await fc.assert(
    fc.asyncProperty(stories({ minLength: 40, maxLength: 60 }), async (steps) => {
      const told = tell(steps.map((step) => ({ ...step, after: Math.max(1, step.after ?? 60) })));
      const context = await repositoryOf(t, told);
      const window = 3000;
      for (const environment of ['production', 'dev']) {
        const [found] = await measure(context, { environment, from: Date.UTC(2026, 0, 1), window: window * 60_000 });
        assert.deepEqual(found, measured(told, { environment, window }));
      }
    }),
    { numRuns: 3, seed: 12 },
  );
});

/** Ten minutes before its end, in minutes from its beginning. */
const late = (tell(months).now - Date.UTC(2026, 0, 1)) / 60_000 - 10;

const printed = `How env/production is delivered to: 2026-01-01 to 2026-03-05, 62 d

deployments  29: 3.2 a week, on 28 days, one every 2 d
lead time    p50 28 h, p75 28 h, p95 28 h, of 28 commits
failed       2, 7 %: 1 taken back, 1 edited
             3 younger than 7 d may still fail
recovery     25 min
             1 not over: edited, and no part of ours since
rework       1, 3 %

from        deployments
2026-01-01  ███ 3 (6 d of 7 d)
2026-01-08  ██▒ 3, 1 failed
2026-01-15  ████ 4
2026-01-22  █ 1
2026-01-29  ████ 4
2026-02-05  ███ 3
2026-02-12  ████ 4
2026-02-19  ███ 3
2026-02-26  ███▒ 4, 1 failed

lead time  < 1 h  < 1 d  < 1 week  < 30 d  more
commits        0      0        27       1     0

app  deployments  lead p50   p95    failed  recovery  rework
a             28      28 h  28 h   1 (4 %)    25 min       1
b             10      28 h   8 d  1 (10 %)         -       -`;

test('what is printed says how often, how fast and how well, in 80 columns', () => {
  const window = 7 * 24 * hour;
  assert.equal(describe(measured(tell(months), { window }), { width: 80 }).join('\n'), printed);
  const edited = describe(measured(tell(months), { window, since: 90_000 }));
  assert.match(edited.join('\n'), /^recovery {5}1 not over: edited, and no part of ours since$/m);
  assert.deepEqual(describe(measured(tell(months), { window, since: late })).slice(1), ['', 'No deployment.']);
  // Of twenty seconds and two deployments there is no rate, and what begins in one minute is told apart.
  const soon = measured(tell(months));
  const [from, until] = [Date.UTC(2026, 0, 1, 0, 0, 40), Date.UTC(2026, 0, 1, 0, 2)];
  const bars = [
    { from, until: from + 20_000, deployments: 1, failed: 0 },
    { from: from + 20_000, until, deployments: 1, failed: 0 },
    { from: from + 21_000, until, deployments: 0, failed: 0 },
  ];
  const days = [0, 7, 31].map((hours) => ({ ...bars[2], from: from + hours * 3_600_000 }) as (typeof bars)[number]);
  const [, , last] = days.map((bar, at) => Object.assign(bar, { until: days[at + 1]?.from ?? bar.from + 86_400_000 }));
  const both = describe({ ...soon, from, until: last?.until ?? 0, bars: days }).join('\n');
  assert.match(both, /^2026-01-01 00:00 {2}· \(7 h of 24 h\)\n2026-01-01 07:00 {2}·$/m);
  const brief = describe({ ...soon, from, until, bars }).join('\n');
  assert.doesNotMatch(brief, /one every| a day/);
  assert.match(brief, /^01-01 00:00:40 {2}█ 1 \(20 s of 59 s\)\n01-01 00:01:00 {2}█ 1$/m);
});

/** What the command says, called as a person calls it, by a Node without a package. */
async function called({ checkout }: Context, ...args: readonly string[]) {
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const child = spawn(process.execPath, [launcher, 'dora', '--remote', checkout.dir, ...args], { cwd: checkout.dir });
  const [out, err, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  return { out, err, status };
}

test('it is asked for an environment, an app, a period and a window, and says what it does not know', async (t) => {
  const context = await repositoryOf(t, tell(months));
  const answer = await called(context, '--json', '--since', '2026-01-01', '--window', '1d', '--app', 'a');
  const [production, ...others] = answerOf<{ environments: Answer[] }>('dora', answer.out).environments;
  assert.equal(others.length, 0, 'the end of the path alone');
  assert.deepEqual(
    [production?.environment, production?.window, production?.all.deployments, production?.all.failed.count],
    ['production', 86_400, 28, 1],
  );
  assert.deepEqual(production?.all.recovery, {
    ...{ count: 1, p50: 1500, p75: 1500, p95: 1500, open: 0 },
    hotfix: { count: 0, p50: null, p75: null, p95: null },
  });
  const none = { version: 1, environments: [answerFor(measured(tell(months), { since: late }))] };
  answerOf('dora', JSON.stringify(none));
  assert.deepEqual(none.environments[0]?.all.failed, {
    ...{ count: 0, rate: null, back: 0, edited: 0, hotfix: 0, young: 0 },
  });
  const asked = { from: 0, window: 1 };
  for (const [asking, says] of [
    [
      () => measure(context, { ...asked, environment: 'qa' }),
      /--env qa: not an environment; known are dev, staging, prod/,
    ],
    [() => measure(context, { ...asked, app: 'c' }), /--app c: nothing of it was ever published for production/],
    [() => run({ values: { since: '2026-02-31' }, words: [] }), /--since 2026-02-31: write a time such as 90d/],
    [() => run({ values: { since: '2999-01-01' }, words: [] }), /a day that has come/],
    [() => run({ values: { window: '0d' }, words: [] }), /--window 0d: write a time such as 7d/],
  ] as const)
    await assert.rejects(asking(), (error: Error) => error instanceof Misuse && says.test(error.message));
});

test('the board shows the same, and reads it anew when a branch moved', async (t) => {
  const context = await repositoryOf(t, tell(months));
  const nearby = { environments: [], traffic: () => '', pods: () => [], address: () => undefined };
  const server = createServer(board(context, nearby));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/delivery`;
  const page = await fetch(address);
  const shown = await page.text();
  assert.match(shown, /<h2 id="delivery-production">production<\/h2>/);
  assert.match(shown, /<dt>Failed<\/dt><dd><strong class="value">7 %<\/strong><span class="small">2 of 29<\/span>/);
  const again = await fetch(address, { headers: { 'if-none-match': page.headers.get('etag') ?? '' } });
  assert.equal(again.status, 304);
  // Somebody puts an app back to where it was at first.
  const { checkout } = context;
  const files = await checkout.text(['ls-tree', 'env/production']);
  const [, first] = (await checkout.lines([
    'log',
    '--reverse',
    '--format=%H',
    'env/production',
    '--',
    'a',
  ])) as string[];
  const before = await checkout.text(['rev-parse', `${first}:a`]);
  const tree = await checkout.text(['mktree'], `${files.replace(/[0-9a-f]{40}\ta$/m, `${before}\ta`)}\n`);
  const when = `${Math.floor(context.now() / 1000)} +0000`;
  const who = { NAME: 'Bob', EMAIL: 'bob@example.com', DATE: when };
  const variables = Object.entries(who).flatMap(([key, value]) =>
    ['AUTHOR', 'COMMITTER'].map((role) => [`GIT_${role}_${key}`, value]),
  );
  const by = checkout.with(Object.fromEntries(variables));
  const commit = await by.text(['commit-tree', tree, '-p', 'env/production', '-m', 'back']);
  await checkout.bytes(['update-ref', 'refs/heads/env/production', commit]);
  // What came within the last seven days goes with it: four deployments of which one had failed before.
  assert.match(await (await fetch(address)).text(), /<span class="small">5 of 29<\/span>/);
});
