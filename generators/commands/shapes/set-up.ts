import { z } from 'zod';
import { answer, commit, environment, text, texts } from './shared.ts';

const doctor = answer({
  checks: z.array(
    z.strictObject({
      section: z.enum(['machine', 'repository', 'project', 'examples']).describe('where one looked'),
      name: text.describe('what was looked at: `protection of env/dev`'),
      verdict: z
        .enum(['ok', 'wrong', 'todo', 'unknown'])
        .describe('`todo` is missing, and nothing is wrong yet; `unknown` is not checked'),
      says: text,
      places: texts.optional().describe('where, each as `file:line` and what stands there'),
      remedy: text.optional().describe('the next step'),
      run: text.optional().describe('the command that makes it right'),
      fix: z
        .strictObject({
          method: z.enum(['POST', 'PUT', 'PATCH']),
          path: text.describe('behind `projects/:id`'),
          body: z.record(text, z.union([text, z.number(), z.boolean()])),
        })
        .optional()
        .describe("the call of GitLab's API that makes it right"),
    }),
  ),
  summary: z
    .strictObject({ wrong: z.number(), todo: z.number(), unknown: z.number(), ok: z.number() })
    .describe('how many of each'),
});

const command = z.strictObject({
  argv: texts,
  stdin: text.optional().describe('what stands on its standard input, as people know it'),
});
const difference = z.strictObject({ what: text, wanted: text, found: text });
const cluster = text.describe('the cluster');
const bootstrap = z.union([
  answer({
    cluster,
    dry: commit,
    examples: texts.describe("what of the definitions is the example's"),
    changes: z
      .strictObject({
        stacks: z.array(
          z.strictObject({
            name: text,
            outcome: z.enum(['made', 'changed', 'unchanged', 'stuck']),
            status: text.optional(),
            changes: z.array(
              z.strictObject({ action: text, id: text, type: text, replaces: z.enum(['yes', 'perhaps', 'no']) }),
            ),
          }),
        ),
        cluster: z.array(difference),
      })
      .optional()
      .describe('with --change-sets'),
    steps: z.array(
      z.strictObject({
        id: text,
        title: text,
        why: text,
        looks: z.array(command).describe('what it asks'),
        acts: z.array(command).describe('what it runs where something is missing'),
      }),
    ),
  }).describe('--dry-run'),
  answer({ cluster, dry: commit, differences: z.array(difference) }).describe('--drift'),
]);

const machine = text.describe('`linux-x64`');
const tools = z.union([
  answer({ machine, tools: z.array(z.strictObject({ name: text, version: text, lines: texts })) }),
  answer({ machine, tools: z.record(text, text).describe('by name the version that is found') }).describe('--install'),
]);

const taken = z.strictObject({ processes: z.int(), memory: z.number().describe('resident, in bytes') });
const local = z.union([
  answer({
    running: z.literal(true),
    pid: z.int(),
    instance: text,
    dir: text,
    repository: text,
    control: text.describe("where the forge and Argo CD's API answer"),
    proxy: text.describe('where apps answer'),
    project: text,
    environments: texts,
    prometheus: text.optional(),
    usage: z.strictObject({ world: taken, workloads: taken }).optional(),
  }).describe('up, and status where it runs'),
  answer({ running: z.literal(false) }).describe('down, and status where it does not run'),
  answer({ images: z.record(text, text).describe('by app the reference with its digest') }).describe('build'),
]);

const monitoring = answer({
  out: text.describe('the folder'),
  files: texts,
  leftOut: texts.describe('what is not watched, and why'),
});

const announcement = {
  environment,
  commit,
  state: z.enum(['pending', 'success', 'failed']),
  description: text,
  url: text.optional(),
  newest: z.boolean().describe('no part that stands there is of a newer commit'),
};
const announce = answer({
  announcements: z.array(z.strictObject(announcement)).describe('what there is to say'),
  told: z.array(
    z.strictObject({
      ...announcement,
      forge: z.enum(['gitlab', 'github']),
      outcome: z.enum(['said', 'unknown']).describe('`unknown`: the forge does not have that commit'),
    }),
  ),
  failed: texts.describe('what could not be asked or told'),
});

/** The answers of the verbs that set up. */
export const setUp: Readonly<Record<string, z.ZodType>> = { doctor, bootstrap, tools, local, monitoring, announce };
