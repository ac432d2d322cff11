import { z } from 'zod';
import {
  answer,
  app,
  commit,
  count,
  deed,
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
import { where } from './where.ts';

const status = answer({
  rows: z.array(
    z.strictObject({
      environment,
      app,
      version: text.describe(
        'the version; `removed`, or `-` for nothing; of what was edited by hand the one that was edited, or `edited`',
      ),
      commit: commit.optional().describe('the commit of main that it is named after'),
      since: moment.optional().describe("when it came to stand here, by the branch's own commits"),
      health: text.describe('in the words of Argo CD; `unknown` where nothing can be asked, `-` where nothing stands'),
      sync: text.optional().describe('in the words of Argo CD; absent where it was not asked'),
      state: z.enum(['equal', 'older', 'newer', 'held', 'edited', 'none']).describe('against what its source offers'),
      held: z.boolean(),
      heldBy: deed.optional().describe('who took it back; absent where the branch itself never went back'),
      heldSince: moment.optional(),
      request: z.int().optional().describe('the merge request that brought it'),
      behind: count.optional().describe('so many later parts its source offers'),
      lacks: z
        .strictObject({ parts: count, since: moment })
        .optional()
        .describe(
          'how far behind main: so many later parts were published for here, and since when it lacks the first',
        ),
      sourceEdited: z.literal(true).optional().describe('nothing is offered: what its source runs was edited by hand'),
      edited: texts.optional().describe('the files that were changed by hand'),
      editedBy: deed.optional().describe('who edited it last'),
      gate: z
        .strictObject({
          is: z
            .enum(['yes', 'no', 'unknown', 'none'])
            .describe('`unknown` waits, or could not be asked; `none` where none is configured'),
          since: moment.optional().describe('since its source has what waits'),
          evidence: texts.describe('what was seen, and by whom'),
        })
        .optional()
        .describe('what the gates say of what its source runs and it does not; absent where nothing newer waits there'),
      proposed: z
        .strictObject({
          branch: text,
          iid: z.int().optional().describe('absent where the forge was not asked'),
          url: text.optional(),
          draft: z.literal(true).optional().describe('it may not be merged yet'),
        })
        .optional()
        .describe('what is proposed for it'),
      addresses: texts.optional().describe('where it answers, as it was published last'),
      url: text.optional().describe('where a person sees it run'),
      message: text.optional().describe('why it is not healthy, in the words of Argo CD'),
      note: text.optional().describe('why it is as it is'),
    }),
  ),
  foreign: z
    .array(z.strictObject({ environment, name: text, is: z.enum(['file', 'folder', 'link', 'submodule', 'pipeline']) }))
    .describe('what no publish wrote'),
  environments: z.array(
    z.strictObject({
      name: environment,
      after: environment.optional(),
      tip: commit.optional().describe('of its branch'),
      missing: z.literal(true).optional().describe('it has no branch: it is in the path, and publish makes it'),
      requests: z
        .array(
          z.strictObject({
            iid: z.int(),
            title: text,
            source: text.describe('the branch that it would merge'),
            url: text,
            draft: z.literal(true).optional(),
          }),
        )
        .optional()
        .describe('the open ones onto it; absent where the forge was not asked, or did not answer'),
      gate: text.optional().describe('who says whether what stands here may go on: `Argo CD`, or the reporter'),
    }),
  ),
  unpublished: count.describe('so many commits of main are newer than the last that was published'),
});

const history = answer({
  happenings: z
    .array(
      z.strictObject({
        at: moment,
        environment,
        commits: z.array(commit).describe('of its branch, the newest first: those of one push are one happening'),
        composed: z
          .literal(true)
          .optional()
          .describe(
            'the time is when Slipway composed it: a fast-forward brought it later, and leaves neither who nor when',
          ),
        by: text
          .optional()
          .describe(
            'whoever made the commit: of a merge, who merged; absent where nobody can tell, as for what was composed',
          ),
        words: text.describe('what they said of it; empty where that is what `changes` say'),
        request: z
          .union([z.int(), z.literal('unnumbered')])
          .optional()
          .describe('the merge request that it came by; `unnumbered`: a merge that does not say which'),
        changes: z.array(
          z.strictObject({
            name: app,
            from: text.optional().describe('its version; absent where nothing stood, and for an edit'),
            to: text.optional(),
            fromDry: commit.optional().describe('the commit of main that it was rendered from'),
            toDry: commit.optional(),
            turn: z.enum(['new', 'on', 'back', 'edited', 'gone']).describe('which way it went'),
            how: z
              .enum([
                ...(['published', 'promoted', 'hotfix', 'back', 'again', 'fix'] as const),
                ...(['edited', 'repaired', 'removed', 'file'] as const),
              ])
              .describe('how it came, by trees and their order'),
            files: texts.optional().describe('of an edit: the files that it changed'),
            text: text.describe('`counter 1.0.3 → 1.0.4`'),
            commits: z
              .array(z.strictObject({ sha: commit, by: text, subject: text }))
              .describe('of main, that touched it and lie between'),
          }),
        ),
        undo: texts.optional().describe('what undoes it, where it is the newest of its environment'),
      }),
    )
    .describe('newest first'),
  earlier: count.describe('so many commits did something before these'),
});

const open = answer({
  addresses: z.array(
    z.strictObject({
      name: text.describe('the app, `forge`, or `!12`'),
      environment: environment.optional().describe('absent for the forge'),
      url: text,
      forward: z
        .strictObject({ namespace: text, service: text, port: z.int(), local: z.int().describe('of this machine') })
        .optional()
        .describe('what kubectl has to bring here first'),
    }),
  ),
});

const side = z.strictObject({
  says: text.describe('the side as people read it'),
  environment: environment.optional().describe('the one that it is about; absent for every one'),
  app: app.optional().describe('the one that it is about; absent for every one'),
  commit: commit.optional().describe('of the environment branch or of rendered; absent for a time or a version'),
});
const between = answer({
  from: side,
  to: side,
  parts: z.array(
    z.strictObject({
      app,
      environments: z.tuple([environment, environment]),
      change: z.enum(['added', 'changed', 'removed']),
      from: text.optional().describe('the version; absent where nothing stands, or it does not say'),
      to: text.optional(),
      edited: z
        .array(z.enum(['from', 'to']))
        .optional()
        .describe('which sides somebody edited by hand; absent for neither'),
      objects: z.array(objectDifference),
      illegible: texts.describe('files that cannot be read as an object'),
    }),
  ),
}).describe('A..B');

const diff = answer({
  drySha: z
    .union([commit, z.string().regex(/^[0-9a-f]{40,64}-dirty$/)])
    .describe(
      'the commit that was compared; of a work tree the one that it stands on, with -dirty where more is saved',
    ),
  workTree: z.literal(true).optional().describe('it is what is saved, which nothing publishes'),
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
    back: count.describe('of them: an app was taken to before it; one may be of several kinds'),
    edited: count.describe('of them: an app was edited on the branch'),
    hotfix: count.describe('of them: an app got a part past the source'),
    young: count.describe('not failed, and younger than the window'),
  }),
  recovery: z
    .strictObject({
      ...spread,
      open: count.describe('failed, and not over'),
      hotfix: z.strictObject(spread).describe('of those that nothing but a hotfix followed'),
    })
    .describe('until the last step back, or until the last edit was gone'),
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
export const look: Readonly<Record<string, z.ZodType>> = {
  status,
  where,
  history,
  dora,
  open,
  diff: z.union([diff, between]),
  verify,
  excuses,
  logs,
};
