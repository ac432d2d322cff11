import { z } from 'zod';
import {
  answer,
  app,
  commit,
  dryRun,
  environment,
  mergeRequest,
  moves,
  outcomes,
  part,
  requestOutcome,
  step,
  text,
  texts,
} from './shared.ts';

const publish = answer({
  outcome: z.enum(['published', 'unchanged', 'superseded']),
  drySha: commit.describe('the commit of main'),
  by: commit.optional().describe('the newer commit that is published, when superseded'),
  changed: texts.describe('parts that are new in rendered: `dev/counter`'),
  kept: z.array(z.strictObject({ app, message: text })).describe('apps that stay as they are, and why'),
  environments: z.array(
    z.strictObject({
      environment,
      outcome: z.enum(['created', 'moved', 'unchanged']),
      moved: moves,
      steps: z.array(step).describe('what was left alone'),
    }),
  ),
});

const request = mergeRequest.optional();
const promote = answer({
  promotions: z.array(
    z.strictObject({
      environment,
      source: text.describe('the environment that it takes from; `rendered` for a first one'),
      outcome: outcomes('merged').describe('what became of the one promotion request'),
      request,
      moves,
      others: z
        .array(
          z.strictObject({
            branch: text,
            kind: z
              .enum(['promotion', 'one', 're-apply', 'repair', 'release', 'rollback', 'bump'])
              .optional()
              .describe('absent for one that a person opened in the forge'),
            outcome: requestOutcome,
            request,
            moves,
          }),
        )
        .describe('the requests beside it'),
      left: texts.describe('what is left alone, and why'),
    }),
  ),
});

const gateAnswers = z.array(
  z.strictObject({
    gate: text.describe('`soak`, `alert`, `calendar` or `report`'),
    is: z.enum(['yes', 'no', 'unknown']),
    evidence: text,
    link: text.optional(),
  }),
);
const gate = answer({
  environment,
  apps: z.array(
    z.strictObject({
      app,
      agrees: z.boolean().describe('whether every gate agrees with the part that stands there'),
      part: part.optional().describe('the newest part that every gate agrees with'),
      answers: gateAnswers.describe('why that part may go on'),
      waits: gateAnswers.describe('what the part that stands there waits for'),
      reported: text.optional().describe('the commit status that was set'),
    }),
  ),
});

const put = answer({
  environment,
  outcome: outcomes('pushed'),
  request,
  moves,
  branch: text.optional().describe('the branch that a person merges, where no forge was asked'),
});

const apply = z.union([
  answer({
    environment,
    app,
    from: commit,
    part,
    dryRun,
    begun: z.boolean().describe('whether it came to applying; before that nothing is changed'),
    application: z.enum(['paused', 'running', 'absent']).describe('whether Argo CD leaves the app alone now'),
    objects: z.array(
      z.strictObject({
        object: text.describe('`Deployment/counter`'),
        outcome: z.enum(['created', 'changed', 'unchanged', 'refused', 'not applied']),
        says: text.optional().describe('what the server said'),
      }),
    ),
    hooks: texts.describe('objects that Argo CD would run as hooks; they were not run'),
    left: texts.describe('what stands in the cluster for the app and not in the part'),
    notes: texts,
    wayBack: texts,
  }).describe('--from'),
  answer({ environment, app, outcome: z.enum(['resumed', 'unchanged']), notes: texts }).describe('--resume'),
]);

/** The answers of the verbs that move parts. */
export const move: Readonly<Record<string, z.ZodType>> = {
  publish,
  promote,
  gate,
  rollback: put,
  release: put,
  apply,
};
