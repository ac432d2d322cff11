import { z } from 'zod';
import { answer, app, commit, digest, dryRun, mergeRequest, milliseconds, objectId, text, texts } from './shared.ts';

const made = answer({ app, kind: text, files: texts.describe('what was written') });

const bump = answer({
  outcome: z.enum(['written', 'proposed', 'opened', 'updated', 'unchanged', 'superseded']),
  app,
  file: text,
  before: texts.describe('the references that stood there'),
  after: text,
  commit: commit.optional().describe('the commit that it was built from'),
  where: text.optional().describe('what has it already, or a later one'),
  branch: text.optional(),
  request: mergeRequest.optional(),
});

const repository = text.describe('registry and name, without tag');
const tree = objectId.describe('the git tree that the image is built from');
const prunings = z.array(
  z.strictObject({
    repository,
    take: z.array(
      z.strictObject({
        digest,
        tags: texts,
        left: milliseconds.describe('when main left the last of its trees, in milliseconds since 1970'),
        deletes: texts.describe('what is deleted, in order'),
      }),
    ),
    kept: z.array(z.strictObject({ digest, tags: texts, why: text })),
  }),
);
const image = z.union([
  answer({
    found: z.boolean(),
    repository,
    tree,
    digest: digest.optional(),
    reference: text.optional(),
  }).describe('find'),
  answer({
    images: z.record(text, text).describe('by app the reference with its digest'),
    missing: z.record(text, text).describe('by app why there is none'),
  }).describe('find --all'),
  answer({ repository, tree, digest, platforms: texts }).describe('join'),
  answer({
    repository,
    tree,
    humanVersion: text.optional(),
    outcome: z.enum(['signed', 'unchanged', 'stands']),
    digest,
    did: texts.describe('what was done, in order'),
    reference: text,
  }).describe('sign'),
  answer({
    images: z.array(
      z.strictObject({
        repository,
        digest,
        places: z.array(
          z.strictObject({
            branch: text,
            app,
            until: milliseconds.optional().describe('when it went from there; absent where it stands'),
          }),
        ),
        state: z.enum(['there', 'missing', 'unknown']),
        why: text.optional(),
        built: z.boolean().describe('whether it is built here'),
      }),
    ),
    prunings,
  }).describe('report'),
  answer({ dryRun, prunings }).describe('prune'),
  answer({
    dry: commit,
    builds: z.array(z.strictObject({ app, repository, folder: text, tree })),
  }).describe('builds, with and without --json'),
]);

/** The answers of the verbs that make. */
export const make: Readonly<Record<string, z.ZodType>> = { new: made, bump, image };
