import { z } from 'zod';
import {
  answer,
  app,
  commit,
  count,
  environment,
  excuse,
  moment,
  objectDifference,
  objectId,
  text,
  texts,
  verdict,
  version,
  warning,
} from './shared.ts';

const status = answer({
  rows: z.array(
    z.strictObject({
      environment,
      app,
      version: text.describe('the version; `removed`, `edited`, or `-` for nothing'),
      commit: commit.optional().describe('the commit of main that it is named after'),
      since: moment.optional().describe("when it came to stand here, by the branch's own commits"),
      health: text.describe('in the words of Argo CD; `unknown` where nothing can be asked'),
      state: z.enum(['equal', 'older', 'newer', 'held', 'edited', 'none']).describe('against what its source offers'),
      held: z.boolean(),
      heldBy: z
        .strictObject({
          author: text,
          words: text.describe('the subject of the commit, and the first line of what it says further'),
          date: text.describe('`2026-11-20`'),
          request: z.int().optional(),
        })
        .optional()
        .describe('who took it back'),
      heldSince: moment.optional(),
      request: z.int().optional().describe('the merge request that brought it'),
      behind: count.optional().describe('so many later parts are offered'),
      lacks: z
        .strictObject({ parts: count, since: moment })
        .optional()
        .describe('so many later parts were published for here, and since when it lacks the first'),
      edited: texts.optional().describe('the files that were changed by hand'),
      note: text.optional().describe('why it is as it is'),
    }),
  ),
  foreign: z
    .array(z.strictObject({ environment, name: text, is: z.enum(['file', 'folder', 'link', 'submodule', 'pipeline']) }))
    .describe('what no publish wrote'),
});

const diff = answer({
  drySha: commit.describe('the commit of main that was compared'),
  base: commit.optional().describe('the commit of rendered that it is compared with; absent before the first publish'),
  parts: z.array(
    z.strictObject({
      environment,
      app,
      change: z.enum(['added', 'changed', 'removed']),
      objects: z.array(objectDifference),
      remarks: z
        .array(
          z.strictObject({
            ...warning,
            field: text,
            excuse: z.strictObject(excuse).optional().describe('absent where the policy only warns'),
            newly: z.literal(true).optional().describe('nothing excused it before'),
          }),
        )
        .describe('policies that it breaks by leave, or that only warn'),
      refused: texts.describe('what a cluster will not do'),
    }),
  ),
  pipelines: texts.describe('environments whose pipeline file changes'),
  notBuilt: z.array(z.strictObject({ app, tree: objectId })).describe('apps whose image nobody built yet'),
  failed: z
    .array(z.strictObject({ app, message: text, exitCode: z.int() }))
    .describe('apps that cannot be rendered, and why'),
  expired: texts.describe('excuses of changed apps that no longer hold'),
  removals: texts.describe('what goes without a reason'),
  behind: commit.optional().describe('the published commit that this one does not descend from'),
});

const verification = {
  branch: text.describe('`env/staging` or `rendered`'),
  tip: commit,
  proven: count.describe('so many parts, or commits of rendered, are proven'),
  verdicts: z.array(verdict),
  notes: texts,
};
const verify = z.union([
  answer(verification).describe('--env and --rendered'),
  answer({
    branches: z.array(
      z.union([z.strictObject(verification), z.strictObject({ branch: text, failed: text.describe('why') })]),
    ),
  }).describe('--all'),
  answer({
    branch: text.describe('the environment branch'),
    tip: commit,
    proposal: commit,
    source: text.optional().describe('the proposal branch that stands at it'),
    moves: texts,
    verdicts: z.array(verdict).describe('what is wrong'),
    doubts: texts.describe('what nobody can prove, and may be meant'),
    notes: texts,
  }).describe('--proposal'),
]);

const excuses = answer({
  drySha: commit.describe('the commit of main that was published last'),
  excuses: z.array(
    z.strictObject({
      app,
      state: z.enum(['holds', 'ended', 'idle']).describe('`idle`: no object needs it'),
      ...excuse,
      in: texts.describe('the environments in which an object needs it'),
    }),
  ),
});

/** A duration; null for none. */
const seconds = z.int().nonnegative().nullable();
const spread = {
  count: count.describe('so many durations'),
  p50: seconds.describe('the smallest that half of them do not exceed; null where there is none'),
  p75: seconds,
  p95: seconds,
};
const share = z.number().min(0).max(1).nullable().describe('of all deployments; null where there is none');
const figures = {
  deployments: count,
  days: count.describe('days of UTC with a deployment'),
  between: seconds.describe('the middle of the times between two that follow each other; null where there are not two'),
  lead: z.strictObject({
    ...spread,
    buckets: z
      .array(z.strictObject({ below: seconds.describe('null: no limit'), commits: count }))
      .describe('so many commits took less than this, and not less than the one before'),
  }),
  failed: z.strictObject({
    count,
    rate: share,
    back: count.describe('of them: an app was taken to before it'),
    edited: count.describe('of them: an app was edited on the branch'),
    hotfix: count.describe('of them: an app got a part past the source'),
    young: count.describe('not failed, and younger than the window'),
  }),
  recovery: z.strictObject({ ...spread, open: count.describe('failed, and not over') }),
  rework: z.strictObject({ count, rate: share }),
};

const dora = answer({
  environments: z.array(
    z.strictObject({
      environment,
      from: moment.describe('when the first part came, where that is later than what was asked'),
      until: moment,
      window: z.int().describe('seconds after a deployment in which it may fail'),
      all: z.strictObject(figures),
      apps: z.array(z.strictObject({ app, ...figures })).describe('those that a deployment brought'),
      bars: z
        .array(z.strictObject({ from: moment, until: moment, deployments: count, failed: count }))
        .describe('stretches of equal length that end with the period, oldest first'),
    }),
  ),
});

const logs = z.strictObject({ version, environment, pod: text, line: text }).describe('one such object on each line');

/** The answers of the verbs that look. */
export const look: Readonly<Record<string, z.ZodType>> = { status, dora, diff, verify, excuses, logs };
