import { z } from 'zod';
import type {
  Agent,
  Alert,
  App,
  BuiltImage,
  Computed,
  Container,
  Excuse,
  Job,
  Latency,
  Manifests,
  Metrics,
  Migration,
  Objective,
  Patch,
  Platform,
  Probe,
  Resources,
  Right,
  Scale,
  Secret,
  Source,
  Store,
  User,
  Volume,
  Web,
  Worker,
} from './app.ts';
import type { Accepts, Shape } from './definition.ts';
import { type Cluster, isTime, monitoringOf } from './environment.ts';
import { parseImage } from './image.ts';
import { legalName } from './names.ts';
import { wholeId } from './object-id.ts';
import { isSchedule } from './schedule.ts';

const quantity = (pattern: RegExp, example: string) =>
  z.string().regex(pattern, `must be a quantity such as '${example}'`);

export const resources = z.strictObject({
  cpu: quantity(/^(\d+m|\d+(\.\d{1,3})?)$/, '100m'),
  memory: quantity(/^\d+(Ki|Mi|Gi)$/, '128Mi'),
} satisfies Shape<Resources>);

/** A list that nothing here changes. Zod's own `readonly` freezes what it is given, also what is wrong or cannot be frozen. */
const list = <Item extends z.ZodType>(item: Item, least = 0, says?: string) =>
  z.array(item).min(least, says) as z.ZodType<readonly z.output<Item>[], readonly z.input<Item>[]>;

const whole = (least: number, most: number) =>
  z.int(`must be a whole number from ${least} to ${most}`).min(least).max(most);
const port = whole(1, 65535);
const path = z.string().regex(/^\/[^\s]*$/, 'must be a path that starts with /');
// What it is called in a ConfigMap may not begin with two dots: https://pkg.go.dev/k8s.io/apimachinery/pkg/util/validation#IsConfigMapKey
const file = z
  .string()
  .max(253, 'must have at most 253 characters')
  .regex(
    /^(\/(?!\.\.|\.(\/|$))[A-Za-z0-9._-]+)+$/,
    'must be an absolute path of letters, digits and ._-, of which no part is . or begins with ..',
  );
const size = quantity(/^\d+(Mi|Gi|Ti)$/, '1Gi');
const time = z.string().refine(isTime, "must be a time such as '10m'");
const command = list(z.string(), 1, 'must name a program');
const label = z.string().regex(legalName, 'must be a DNS label of at most 40 characters');
const team = z.string().regex(legalName, 'must be a team, as in team-platform');
const host = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be a DNS name');
const variable = z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be an upper-case variable name');
const percent = whole(1, 100);

/** With a tag, so that people know what it is; whether the digest may be missing is for a policy, which knows the cluster. */
const pinned = z.string().check((context) => {
  try {
    const { tag } = parseImage(context.value, 'image');
    if (tag && tag !== 'latest') return;
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

const source = z.strictObject({
  repository: z
    .string()
    .max(500)
    .regex(
      /^https:\/\/[A-Za-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)+$/,
      "must be where people find it, as in 'https://gitlab.com/example/shop'",
    ),
  commit: z.string().regex(wholeId, 'must be the whole id of a commit'),
} satisfies Shape<Source>);

const excuse = z.strictObject({
  policy: z.string(),
  reason: z.string().min(10, 'must say why, in a sentence'),
  owner: team,
  until: z.iso.date("must be a day such as '2027-01-31'"),
  object: z
    .string()
    .regex(/^[A-Z]\w*\/\S+$/, "must be Kind/name, as in 'DaemonSet/collector'")
    .optional(),
} satisfies Shape<Excuse>);

const any = {
  // What the charts make of an app has such names: two apps would fight over them.
  name: label
    .refine((name) => !name.endsWith('-migrate'), 'must not end in -migrate, which names migrations')
    .refine(
      (name) => !/-(rules|probes)$/.test(name),
      'must not end in -rules or -probes, which name what is watched of an app',
    ),
  owner: team,
  scope: z.enum(['environment', 'cluster']).default('environment'),
  namespace: label.optional(),
  profiles: list(z.enum(['eks', 'local']), 1, 'must name one').default(['eks', 'local']),
  monitoring: list(z.enum(['slipway', 'operator', 'none']), 1, 'must name one').default([
    'slipway',
    'operator',
    'none',
  ]),
  excuses: list(excuse).default([]),
  patch: z.custom<Patch>((value) => typeof value === 'function', 'must be a function').optional(),
};

const run = {
  command: command.optional(),
  args: list(z.string()).default([]),
  env: z.record(variable, z.string()).default({}),
  resources: resources.optional(),
};

const container = z.strictObject({
  ...run,
  name: label,
  image: pinned.optional(),
} satisfies Shape<Container>);

/** Never a star: it would also mean what will be added later. */
const right = z.strictObject({
  group: z
    .string()
    .regex(/^([a-z][a-z0-9-]*[a-z0-9](\.[a-z0-9-]+)*)?$/, "must be an API group such as 'batch', or '' for the core")
    .default(''),
  resources: list(
    z.string().regex(/^[a-z][a-z0-9]*(\/[a-z]+)?$/, "must be a resource such as 'pods' or 'pods/log'"),
    1,
    'must name a resource',
  ),
  verbs: list(
    z.enum(['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']),
    1,
    'must name a verb',
  ),
} satisfies Shape<Right>);

const line = (most: number) =>
  z.string().regex(new RegExp(`^(?=.*\\S)[^\\p{Cc}]{1,${most}}$`, 'u'), `must be a line of at most ${most} characters`);
const sentence = z.string().min(10, 'must say it, in a sentence').max(1000, 'must have at most 1000 characters');

const alert = z.strictObject({
  name: z.string().regex(/^([A-Z][a-z0-9]+){2,10}$/, 'must be words such as CounterCannotCount'),
  expr: z.string().regex(/\S/, 'must be an expression of PromQL').max(4000, 'must have at most 4000 characters'),
  for: time,
  severity: z.enum(['page', 'ticket']),
  summary: sentence,
  look: sentence,
  runbook: z
    .string()
    .regex(/^https:\/\/[^\s"'<>{}]{1,500}$/, "must be an address such as 'https://wiki.example.com/shop'")
    .optional(),
} satisfies Shape<Alert>);

const computed = z.strictObject({
  computed: z.enum(['prometheus', 'platform-rules', 'grafana', 'cloud-watch', 'gatherer', 'program']),
} satisfies Shape<Computed>);

const program = {
  ...any,
  ...run,
  image: z.union([pinned, built]),
  source: source.optional(),
  files: z.record(file, z.union([z.string(), computed])).default({}),
  secrets: z
    .record(
      z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be the name of a file'),
      z.strictObject({
        name: z.string().regex(/^[A-Za-z0-9/_+=.@-]{1,512}$/, 'must be the name of a secret'),
        version: z.string().regex(/^[A-Za-z0-9-]{32,64}$/, 'must be the id of a version'),
      } satisfies Shape<Secret>),
    )
    .default({}),
  scratch: z.record(file, size).default({}),
  user: z
    .strictObject({ uid: whole(0, 2 ** 31 - 1), gid: whole(0, 2 ** 31 - 1) } satisfies Shape<User>)
    .default({ uid: 65532, gid: 65532 }),
  before: list(container).default([]),
  beside: list(container).default([]),
  calls: list(
    z
      .string()
      .regex(
        /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?(\.[a-z]([a-z0-9-]{0,38}[a-z0-9])?)?$/,
        "must be an app, as in 'redis', or 'loki.monitoring' in another namespace",
      ),
  ).default([]),
  outside: list(port).default([]),
  identity: label.optional(),
  rights: list(right).default([]),
  metrics: z
    .strictObject({ port: port.optional(), path: path.default('/metrics') } satisfies Shape<Metrics>)
    .optional(),
  scrapes: z.boolean().default(false),
  traces: z.boolean().default(false),
  alerts: list(alert).default([]),
  processors: list(z.enum(['arm64', 'amd64']), 1, 'must name one').default(['arm64', 'amd64']),
  grace: whole(1, 600).default(30),
};

const replicas = whole(1, 100);
const serving = {
  replicas: replicas.optional(),
  scale: z
    .strictObject({ max: replicas, cpu: percent.optional(), memory: percent.optional() } satisfies Shape<Scale>)
    .optional(),
};
const migration = z
  .strictObject({ ...run, deadline: time, reversible: z.boolean() } satisfies Shape<Migration>)
  .optional();
const probe = z.union([path, command]);

/**
 * Seconds: the bounds of the histogram, as OpenTelemetry advises them. A share of requests is known at these alone.
 * https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
 */
export const durationBounds: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

const share = z.number().min(50).lt(100);
/** Once it is checked, it has one form. */
const objective = z.union([
  share.transform(
    (availability) => ({ availability }) as { availability: number; latency?: { share: number; within: number } },
  ),
  z.strictObject({
    availability: share,
    latency: z
      .strictObject({
        share,
        within: z
          .number()
          .refine((seconds) => durationBounds.includes(seconds), `must be one of ${durationBounds.join(', ')} seconds`),
      } satisfies Shape<Latency>)
      .optional(),
  } satisfies Shape<Objective>),
]);

const outside = z.strictObject({
  path: path.optional(),
  text: line(200).optional(),
  version: path.optional(),
} satisfies Shape<Probe>);

/** Checked once they are merged into the rest. */
const overrides = z.record(z.string(), z.looseObject({})).default({});

const web = z.strictObject({
  kind: z.literal('web'),
  ...program,
  ...serving,
  port,
  ready: path.default('/readyz'),
  live: path.default('/healthz'),
  hosts: list(host).optional(),
  path: path.default('/'),
  objective: objective.optional(),
  probe: outside.optional(),
  migration,
  in: overrides,
} satisfies Shape<Web>);

const worker = z.strictObject({
  kind: z.literal('worker'),
  ...program,
  ...serving,
  port: port.optional(),
  serves: z.enum(['environments']).optional(),
  ready: probe.optional(),
  live: probe.optional(),
  migration,
  in: overrides,
} satisfies Shape<Worker>);

const job = z.strictObject({
  kind: z.literal('job'),
  ...program,
  schedule: z.string().refine(isSchedule, "must be five fields of cron, as in '15 2 * * *'"),
  timeZone: z
    .string()
    // The oldest have no place: UTC, EST5EDT.
    .regex(/^[A-Z][A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/, "must be a time zone such as 'Etc/UTC'")
    .default('Etc/UTC'),
  deadline: time,
  retries: whole(0, 10).default(2),
  in: overrides,
} satisfies Shape<Job>);

const store = z.strictObject({
  kind: z.literal('store'),
  ...program,
  port,
  ready: probe.optional(),
  live: probe.optional(),
  volume: z.strictObject({ path: file, size, class: label.optional() } satisfies Shape<Volume>),
  single: z.boolean().default(false),
  in: overrides,
} satisfies Shape<Store>);

const agent = z.strictObject({
  kind: z.literal('agent'),
  ...program,
  port: port.optional(),
  ready: probe.optional(),
  live: probe.optional(),
  node: z.record(file, file).default({}),
  in: overrides,
} satisfies Shape<Agent>);

const manifests = z.strictObject({
  kind: z.literal('manifests'),
  ...any,
  files: list(
    z
      .string()
      .regex(/^(?!.*\/\.\.?\/)[a-z0-9][a-z0-9._/-]*\.ya?ml$/, "must be a file of the app's folder, as in 'crds.yaml'"),
    1,
    'must name a file',
  ),
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be a version'),
  in: overrides,
} satisfies Shape<Manifests>);

const platform = z.strictObject({
  kind: z.literal('platform'),
  ...any,
  scope: z.literal('cluster'),
  provides: z.enum(['classes', 'namespaces', 'policies', 'monitoring', 'argocd', 'dashboards']),
} satisfies Shape<Platform>);

export const schema = z.discriminatedUnion('kind', [web, worker, job, store, agent, manifests, platform]);
true satisfies Accepts<z.input<typeof schema>, App>;

/** An app with its defaults filled in, as it is in one environment. `app-check.ts` makes it. */
export type CheckedApp = z.output<typeof schema>;
export type CheckedWeb = z.output<typeof web>;
export type CheckedWorker = z.output<typeof worker>;
export type CheckedJob = z.output<typeof job>;
export type CheckedStore = z.output<typeof store>;
export type CheckedAgent = z.output<typeof agent>;
export type CheckedManifests = z.output<typeof manifests>;
export type CheckedPlatform = z.output<typeof platform>;
/** What runs a container of its own. */
export type CheckedProgram = CheckedWeb | CheckedWorker | CheckedJob | CheckedStore | CheckedAgent;
export type CheckedContainer = z.output<typeof container>;

/** Whether the app runs a container, and so has an image. */
export const isProgram = (app: CheckedApp): app is CheckedProgram =>
  app.kind !== 'manifests' && app.kind !== 'platform';

/** Whether the app runs on such a cluster; where it does not, its part holds its Application alone. */
export const runsOn = (
  { profiles, monitoring }: Pick<CheckedApp, 'profiles' | 'monitoring'>,
  cluster: Pick<Cluster, 'profile' | 'monitoring'>,
) => profiles.includes(cluster.profile) && monitoring.includes(monitoringOf(cluster));

/** Whether the app's image is built from a folder of this repository. */
export const isBuilt = (image: CheckedProgram['image']): image is z.output<typeof built> => typeof image !== 'string';
