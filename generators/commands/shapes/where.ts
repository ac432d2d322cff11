import { z } from 'zod';
import { answer, app, commit, deed as doing, environment, moment, objectId, text, texts } from './shared.ts';

const deed = doing.optional().describe('who made the commit; absent for one that this clone does not have');

const stood = {
  commit: commit.describe('of the environment branch'),
  at: z.iso.datetime({ offset: true }),
  version: text.describe('`removed`, `nothing` or `edited` where it has none'),
  by: text.optional().describe('absent where nobody can tell'),
  request: z.int().optional(),
  words: text.optional(),
};

/** Where a commit, a merge request, a version or an image is. */
export const where = answer({
  subject: z.union([
    z.strictObject({
      is: z.literal('commit'),
      commit,
      deed,
      publish: commit.optional().describe('the commit of rendered that was asked for'),
      brought: commit.optional().describe('the merge that brought it onto main'),
      isOnMain: z.boolean(),
      turnings: z
        .array(z.strictObject({ sha: commit, has: z.boolean(), deed }))
        .describe('who took it back on main (`has` is false), or gave it back: the oldest first'),
      published: z
        .strictObject({ commit, at: moment })
        .optional()
        .describe('the first commit of rendered that has it, and when it was made'),
      newest: commit.optional().describe('the commit of main that was published last'),
      touches: texts,
      beside: texts
        .optional()
        .describe('apps that the publish that first had it changed, where nobody can tell whether by this commit'),
      unbuilt: z.array(z.strictObject({ app, folder: text, tree: objectId })).describe('images that no publish had'),
    }),
    z.strictObject({ is: z.literal('version'), app, version: text }),
    z.strictObject({ is: z.literal('image'), digests: texts }),
    z.strictObject({
      is: z.literal('event'),
      environment,
      commit,
      deed,
      changes: texts.describe('what it did: `counter 1.0.3 → 1.0.4`'),
      open: z
        .strictObject({ iid: z.int(), url: text, source: text })
        .optional()
        .describe('the merge request, where it is not merged'),
    }),
  ]),
  places: z.array(
    z.strictObject({
      environment,
      app,
      is: z
        .enum(['there', 'edited', 'past', 'held', 'superseded', 'source', 'gate', 'proposed', 'open'])
        .describe(
          '`past`: what stands there is later and has it not; `superseded`: so is what is offered; `source`: the environment before does not offer it; `gate`: a gate does not agree; `proposed`: a request waits; `open`: nobody proposed it yet',
        ),
      after: environment.optional().describe('the environment that this one comes after'),
      stays: z
        .array(
          z.strictObject({
            came: z.strictObject(stood),
            left: z.strictObject({ ...stood, how: z.enum(['back', 'gone', 'edited', 'past']) }).optional(),
          }),
        )
        .describe('when it was there, the oldest first'),
      stands: z.strictObject(stood).optional().describe('what stands there now'),
      asBefore: z
        .literal(true)
        .optional()
        .describe(
          'main has it, and the files that stand here are those from before it: it was put back without a word',
        ),
      held: z.strictObject(stood).optional().describe('the step back that nobody went on from'),
      why: text.optional(),
      proposal: z.strictObject({ branch: text, request: z.int().optional(), url: text.optional() }).optional(),
    }),
  ),
});
