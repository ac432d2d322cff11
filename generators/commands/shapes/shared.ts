import { z } from 'zod';

/** The version of an answer's shape. A field may be added within a version; one that goes or changes makes the next. */
export const version = z.literal(1);

/** An answer: fields that are not named here are none of it. */
export const answer = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject({ version, ...shape });

export const text = z.string();
export const texts = z.array(z.string());
export const environment = text;
export const app = text;
export const count = z.int().nonnegative();
/** `2026-11-20T16:00:00.000Z` */
export const moment = z.iso.datetime();
/** Milliseconds since 1970. */
export const milliseconds = z.number();
export const objectId = text.regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
export const commit = objectId;
export const part = objectId.describe('the git tree of a part');
export const digest = text.regex(/^sha256:[0-9a-f]{64}$/);

/** Who made a commit: who is `by` and when is `at` wherever an answer says it. */
export const deed = z.strictObject({
  by: text,
  at: moment,
  words: text.describe('the subject of the commit, and the first line of what it says further'),
  request: z.int().optional().describe('the merge request that it says it merged'),
});

export const mergeRequest = z
  .strictObject({
    iid: z.int().describe('its number in the project'),
    source: text.describe('the branch that it would merge'),
    target: text.describe('the branch that it would merge into'),
    title: text,
    body: text,
    sha: commit.describe('the tip of its source branch, as the forge knows it'),
    url: text.describe('where a person reads it'),
    state: z.enum(['opened', 'merged', 'closed']),
    merged: z
      .strictObject({
        by: text.optional().describe('who pressed the button'),
        at: z.iso.datetime({ offset: true }),
        commit: commit.describe('what its target stood at then'),
      })
      .optional()
      .describe('absent for what was not merged'),
  })
  .describe('the merge request, where a forge was asked');

const requestOutcomes = ['opened', 'updated', 'unchanged', 'proposed', 'closed', 'nothing', 'theirs'] as const;
export const requestOutcome = z
  .enum(requestOutcomes)
  .describe("what became of the request; `proposed`: its branch alone, `theirs`: it holds somebody's own work");
export const outcomes = <Other extends string>(...others: Other[]) => z.enum([...requestOutcomes, ...others]);

export const moves = texts.describe('what moves, a line per app: `counter 1.0.3 → 1.0.4`');
export const dryRun = z.boolean().describe('whether only what would happen is told');

/** What stands somewhere against what is offered. */
export const step = z.strictObject({
  name: text.describe('the app, or the pipeline file'),
  from: part.optional().describe('what stands there; absent for nothing'),
  state: z.strictObject({
    is: z.enum(['equal', 'older', 'newer', 'held', 'edited', 'none']),
    heldBelow: part.optional().describe('a later part that stood there, and was taken back'),
  }),
  offer: z.union([
    z.strictObject({
      part,
      commit: commit.describe('the commit of rendered that it was taken from'),
      vouched: part.optional().describe('the part of the source that vouches for it; absent for a first environment'),
    }),
    z.strictObject({ why: text.describe('why nothing is offered') }),
  ]),
  isAhead: z.literal(true).optional().describe('somebody took it past its source'),
});

export const excuse = {
  policy: text.describe('the id of the policy'),
  reason: text,
  owner: text.describe('who answers for it'),
  until: text.describe('the last day: `2027-01-31`'),
  object: text.optional().describe('the one object that is meant; absent for every object of the app'),
};
export const warning = {
  policy: text.describe('the id of the policy'),
  object: text.describe('`Deployment/counter`'),
  says: text,
};

export const verdict = z.strictObject({
  fault: text.describe('what is wrong, in one word: `edited`, `hybrid`, `foreign`, `forged provenance` …'),
  path: text.describe('`staging/counter`, or a file of it'),
  says: text.describe('what was found, and against what'),
});

/** One field that differs. */
export const field = z.strictObject({
  path: z
    .array(z.union([text, z.number(), z.strictObject({ by: text, is: z.union([text, z.number()]) })]))
    .describe('field, place in a list, or the member of a list that is called so (`{ by: "name", is: "counter" }`)'),
  before: z.unknown().optional().describe('absent for a field that was not there'),
  after: z.unknown().optional().describe('absent for a field that is there no more'),
  order: z.literal(true).optional().describe('members of the list changed places'),
});

const objectName = {
  group: text.describe('`apps`; empty for the core group'),
  kind: text,
  namespace: text.describe('empty where the manifest names none'),
  name: text,
};
const manifest = z.record(text, z.unknown()).describe('the whole manifest');
/** One object that differs. */
export const objectDifference = z.discriminatedUnion('change', [
  z.strictObject({ ...objectName, change: z.literal('added'), after: manifest }),
  z.strictObject({ ...objectName, change: z.literal('removed'), before: manifest }),
  z.strictObject({ ...objectName, change: z.literal('changed'), fields: z.array(field) }),
]);
