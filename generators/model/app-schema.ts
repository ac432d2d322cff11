import { z } from 'zod';
import type { App, BuiltImage, Resources, Store, WebService } from './app.ts';
import { type Accepts, refused, type Shape } from './definition.ts';
import { parseImage } from './image.ts';
import { legalName } from './names.ts';
import { Misuse } from './refusal.ts';

const quantity = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, `must be a quantity such as '${example}'`);

export const resources = z.strictObject({
  cpu: quantity(/^(\d+m|\d+(\.\d{1,3})?)$/, '100m'),
  memory: quantity(/^\d+(Ki|Mi|Gi)$/, '128Mi'),
} satisfies Shape<Resources>);

const port = z.int().min(1).max(65535);
const path = z.string().regex(/^\/[^\s]*$/, 'must be a path that starts with /');
const grace = z.int().min(1).max(600).default(30);
const id = z.int().min(1);

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
  repository: z.string().regex(/^[a-z0-9][a-z0-9./_:-]*[a-z0-9]$/, 'must be registry/name without tag'),
  build: z.string().regex(legalName, 'must be the name of a top-level folder'),
} satisfies Shape<BuiltImage>);

const common = {
  name: z.string().regex(legalName, 'must be a DNS label of at most 40 characters'),
  owner: z.string().regex(legalName, 'must be a team, as in team-platform'),
  resources: resources.optional(),
};

const variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be an upper-case variable name');

const web = z.strictObject({
  kind: z.literal('web'),
  ...common,
  image: z.union([pinned, built]),
  port,
  ready: path.default('/readyz'),
  live: path.default('/healthz'),
  env: z.record(variable, z.string()).default({}),
  replicas: z.int().min(1).max(100).optional(),
  grace,
} satisfies Shape<WebService>);

const store = z.strictObject({
  kind: z.literal('store'),
  ...common,
  image: pinned,
  port,
  args: z.array(z.string()).readonly().default([]),
  ready: z.array(z.string()).min(1).readonly(),
  user: z.strictObject({ uid: id, gid: id }),
  volume: z.strictObject({ path, size: quantity(/^\d+(Mi|Gi|Ti)$/, '1Gi') }),
  grace,
} satisfies Shape<Store>);

const app = z.discriminatedUnion('kind', [web, store]);
true satisfies Accepts<z.input<typeof app>, App>;

/** An app with its defaults filled in. */
export type CheckedApp = z.output<typeof app>;
export type CheckedWebService = z.output<typeof web>;
export type CheckedStore = z.output<typeof store>;

/** Whether the app's image is built from a folder of this repository. */
export const isBuilt = (image: CheckedApp['image']): image is z.output<typeof built> => typeof image !== 'string';

/**
 * Checks what `apps/<name>/app.ts` exports and fills in the defaults.
 * @throws {Misuse} with every mistake: file, field, value and what was expected
 */
export function checkApp(name: string, value: unknown): CheckedApp {
  const file = `apps/${name}/app.ts`;
  if (value === undefined) throw new Misuse(`${file}: it exports no \`app\`; write export const app: App = { … }.`);
  const result = app.safeParse(value);
  if (!result.success) throw new Misuse(refused(file, result.error, value).join('\n'));
  if (result.data.name !== name)
    throw new Misuse(
      `${file}: field name is ${JSON.stringify(result.data.name)}; it must be that of its folder, ${name}`,
    );
  return result.data;
}
