import { z } from 'zod';
import { refused } from './definition.ts';
import { parseImage } from './image.ts';
import { legalName } from './names.ts';
import { Misuse } from './refusal.ts';

const quantity = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, `must be a quantity such as '${example}'`);

/** CPU and memory of one container: `limits.memory` is the request; CPU is not limited, so that nobody is throttled. */
export const resources = z.strictObject({
  /** Cores requested, as Kubernetes writes them: `'100m'` is a tenth of one. */
  cpu: quantity(/^(\d+m|\d+(\.\d{1,3})?)$/, '100m'),
  /** Memory requested and allowed: `'128Mi'`. */
  memory: quantity(/^\d+(Ki|Mi|Gi)$/, '128Mi'),
});
export type Resources = z.output<typeof resources>;

const port = z.int().min(1).max(65535);
const path = z.string().regex(/^\/[^\s]*$/, 'must be a path that starts with /');

const pinned = z.string().check((context) => {
  try {
    const { tag, digest } = parseImage(context.value, 'image');
    if (tag && digest) return;
  } catch {}
  context.issues.push({
    code: 'custom',
    input: context.value,
    message: 'must be pinned as registry/name:tag@sha256:<64 hex digits>',
  });
});

const built = z.strictObject({
  /** Where the pipeline pushes the image: registry and name, without tag. */
  repository: z.string().regex(/^[a-z0-9][a-z0-9./_:-]*[a-z0-9]$/, 'must be registry/name without tag'),
  /** The top-level folder of this repository that the image is built from. */
  build: z.string().regex(legalName, 'must be the name of a top-level folder'),
});

const common = {
  /** The app's name: its folder under `apps/`, and the name of its objects. */
  name: z.string().regex(legalName, 'must be a DNS label of at most 40 characters'),
  /** The team that answers for it. */
  owner: z.string().regex(legalName, 'must be a team, as in team-platform'),
  /** What it needs. @default the environment's `resources` */
  resources: resources.optional(),
};

const web = z.strictObject({
  /** A service that answers HTTP, reached by the host `<name>.<domain of the environment>`. */
  kind: z.literal('web'),
  ...common,
  /** The image: built from a folder of this repository, or pinned as `registry/name:tag@sha256:…`. */
  image: z.union([pinned, built]),
  /** The port that the container listens on; it is told so by the variable `PORT`. */
  port,
  /** Answers 200 when the pod may receive requests. @default '/readyz' */
  ready: path.default('/readyz'),
  /** Answers 200 while the process is alive; never depends on another service. @default '/healthz' */
  live: path.default('/healthz'),
  /** Further environment variables, the same in every environment. @default {} */
  env: z.record(z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be an upper-case variable name'), z.string()).default({}),
  /** How many pods. @default the environment's `replicas` */
  replicas: z.int().min(1).max(100).optional(),
  /** Seconds that a pod has to finish its requests after SIGTERM. @default 30 */
  grace: z.int().min(1).max(600).default(30),
});

const store = z.strictObject({
  /** One pod with a volume that outlives it, reached inside the environment as `<name>:<port>`. */
  kind: z.literal('store'),
  ...common,
  /** The image, pinned as `registry/name:tag@sha256:…`. */
  image: pinned,
  /** The port that the container listens on. */
  port,
  /** The container's arguments. @default [] */
  args: z.array(z.string()).default([]),
  /** A command that exits 0 when the store may be used. */
  ready: z.array(z.string()).min(1),
  /** The numeric user and group that the image runs as and that own the volume. */
  user: z.strictObject({ uid: z.int().min(1), gid: z.int().min(1) }),
  volume: z.strictObject({
    /** Where the container sees the volume. */
    path,
    /** Its size: `'1Gi'`. */
    size: quantity(/^\d+(Mi|Gi|Ti)$/, '1Gi'),
  }),
  /** Seconds that it has to write its data after SIGTERM. @default 30 */
  grace: z.int().min(1).max(600).default(30),
});

const app = z.discriminatedUnion('kind', [web, store]);

/** What an app's folder exports: data only. */
export type App = z.input<typeof app>;
/** An app with its defaults filled in. */
export type CheckedApp = z.output<typeof app>;
export type WebApp = z.output<typeof web>;
export type StoreApp = z.output<typeof store>;
export type BuiltImage = z.output<typeof built>;

/** Whether the app's image is built from a folder of this repository. */
export const isBuilt = (image: CheckedApp['image']): image is BuiltImage => typeof image !== 'string';

/**
 * Checks the list that `apps/index.ts` exports and fills in the defaults.
 * @throws {Misuse} with every mistake: file, field, value and what was expected.
 */
export function checkApps(list: unknown): CheckedApp[] {
  if (!Array.isArray(list)) throw new Misuse('apps/index.ts: `apps` must be an array of apps.');
  const mistakes: string[] = [];
  const checked: CheckedApp[] = [];
  const seen = new Set<string>();
  for (const [index, value] of list.entries()) {
    const name = (value as { name?: unknown } | null)?.name;
    const file = typeof name === 'string' ? `apps/${name}/app.ts` : `apps/index.ts (app number ${index + 1})`;
    const result = app.safeParse(value);
    if (!result.success) mistakes.push(...refused(file, result.error, value));
    else if (seen.has(result.data.name)) mistakes.push(`apps/index.ts: two apps are named ${result.data.name}`);
    else {
      seen.add(result.data.name);
      checked.push(result.data);
    }
  }
  if (mistakes.length > 0)
    throw new Misuse(`${mistakes.join('\n')}\nNothing was written; correct the definition and run again.`);
  return checked.sort((a, b) => (a.name < b.name ? -1 : 1));
}
