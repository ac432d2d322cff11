import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { broughtTime, measured } from './delivery.fixture.ts';
import { tell } from './history.fixture.ts';
import { pipelineFile } from './names.ts';
import { stories } from './stories.fixture.ts';
import type { Told } from './story.fixture.ts';

const minute = 60_000;

/** What stood when, as numbers: the place of its commit on main, -1 for no folder, undefined for what is not ours. */
type Log = readonly {
  readonly app: string;
  readonly time: number;
  readonly is: number | undefined;
  readonly gone: boolean;
}[];

function logOf({ environments, metadata, main }: Told, environment: string): Log {
  return (environments.get(environment)?.course.standings ?? [])
    .toReversed()
    .filter(({ name }) => name !== pipelineFile)
    .map(({ name: app, time, part }) => {
      const found = metadata.get(part ?? '');
      const at = main.findIndex(({ sha }) => sha === found?.drySha);
      return { app, time, is: part === undefined ? -1 : found ? at : undefined, gone: found?.removed === true };
    });
}

/** Counts from the log alone, each question by looking through all of it. */
function counted(story: Told, environment: string, window: number) {
  const log = logOf(story, environment);
  const before = story.path[story.path.indexOf(environment) - 1];
  const above = before === undefined ? undefined : logOf(story, before);
  const ours = ({ is }: Log[number]) => is !== undefined;
  /** Where the source's own part of the same publish was made. */
  const needs = (app: string, is: number) =>
    story.main.findIndex(
      ({ sha }) =>
        sha === story.metadata.get(story.part(before as string, app, story.main[is]?.name as string))?.drySha,
    );
  const isPast = ({ app, is = -1, time }: Log[number]) =>
    above !== undefined &&
    !above.some((one) => one.app === app && one.time <= time + 5 * minute && (one.is ?? -1) >= needs(app, is));
  const best = (entry: Log[number]) =>
    Math.max(-1, ...log.slice(0, log.indexOf(entry)).flatMap(({ app, is }) => (app === entry.app ? (is ?? -1) : [])));
  const came = log.filter((entry) => !entry.gone && (entry.is ?? -1) > best(entry));
  const sight = came.map((entry) => {
    const { app, time, is = -1 } = entry;
    const later = log.slice(log.indexOf(entry) + 1).filter((one) => one.app === app);
    const first = later.findIndex((one) => one.is !== is);
    const back = later.find((one) => one.is !== undefined && one.is < is && one.time <= time + window);
    const follower = later[first];
    const isStep = follower !== undefined && follower.time <= time + window;
    // A part that is not ours, or is past the source, only while this one runs.
    const edited = isStep && follower.is === undefined;
    const hotfix = isStep && (follower.is ?? -1) > is && isPast(follower);
    const repair = later.slice(first).find(ours);
    const failures = [
      ...(edited ? [{ isStep: true, ended: repair?.time }] : []),
      ...(hotfix ? [{ isStep: false, ended: follower.time }] : []),
      ...(back ? [{ isStep: true, ended: back.time }] : []),
    ];
    const last = log.slice(0, log.indexOf(entry)).findLast((one) => one.app === app);
    const isRework = isPast(entry) || (last !== undefined && last.is !== best(entry));
    const from = best(entry);
    const commits =
      from < 0 ? [] : story.main.filter(({ touches }, at) => from < at && at <= is && touches.includes(app));
    return { time, failures, isRework, commits };
  });
  const times = [...new Set(sight.map(({ time }) => time))];
  const at = (time: number) => sight.filter((one) => one.time === time);
  const leads = times.flatMap((time) => {
    const shas = new Set(at(time).flatMap(({ commits }) => commits));
    return [...shas].flatMap((one) =>
      one.brought.length === 0 ? [time - one.time] : one.brought.map((_, index) => time - broughtTime(one.time, index)),
    );
  });
  const failed = times.flatMap((time) => {
    const own = at(time).flatMap(({ failures }) => failures);
    const steps = own.filter(({ isStep }) => isStep);
    const over = own.every(({ ended }) => ended !== undefined);
    const took = over ? Math.max(...steps.map(({ ended }) => ended as number)) - time : undefined;
    return own.length === 0 ? [] : [{ over, took: steps.length > 0 ? took : undefined }];
  });
  const done = failed.flatMap(({ took }) => took ?? []).sort((a, b) => a - b);
  return {
    deployments: times.length,
    commits: leads.length,
    longest: Math.max(0, ...leads),
    failed: failed.length,
    open: failed.filter(({ over }) => !over).length,
    slowest: done.at(-1),
    rework: times.filter((time) => at(time).some(({ isRework }) => isRework)).length,
  };
}

test('random histories are counted as somebody counts who looks through all of them for each question', () => {
  const seen = { deployments: 0, failed: 0, open: 0, rework: 0, commits: 0 };
  fc.assert(
    fc.property(stories({ minLength: 10, maxLength: 60 }), fc.constantFrom(60, 3000, 40_000), (steps, window) => {
      const story = tell(steps.map((step) => ({ ...step, after: Math.max(1, step.after ?? 60) })));
      for (const environment of story.path) {
        const { all } = measured(story, { environment, window });
        const expected = counted(story, environment, window * minute);
        for (const key of ['deployments', 'failed', 'open', 'rework', 'commits'] as const) seen[key] += expected[key];
        const slowest = expected.slowest === undefined ? undefined : all.recovery.p95;
        assert.deepEqual(
          {
            deployments: all.deployments,
            commits: all.lead.count,
            failed: all.failed,
            open: all.open,
            rework: all.rework,
          },
          {
            deployments: expected.deployments,
            commits: expected.commits,
            failed: expected.failed,
            open: expected.open,
            rework: expected.rework,
          },
        );
        if (all.lead.count > 0 && all.lead.count < 20) assert.equal(all.lead.p95, expected.longest);
        if (all.recovery.count > 0 && all.recovery.count < 20) assert.equal(slowest, expected.slowest);
        assert.equal(
          all.histogram.reduce((sum, count) => sum + count, 0),
          all.lead.count,
        );
      }
    }),
    { numRuns: 150, seed: 12 },
  );
  for (const [key, count] of Object.entries(seen)) assert.ok(count > 9, `${key}: ${count}`);
});
