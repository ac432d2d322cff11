import { z } from 'zod';
import { resources } from './app-schema.ts';
import { type Calendar, closedTime, type Freeze, isDay, isZone, leavesOpen } from './calendar.ts';
import { type Accepts, mistakesIn, type Shape, told } from './definition.ts';
import {
  type Aws,
  type Cluster,
  type Environment,
  isTime,
  type Path,
  type People,
  type Quota,
  scopeOf,
} from './environment.ts';
import { legalEnvironment, legalName } from './names.ts';
import { instead } from './nearest.ts';
import { Misuse } from './refusal.ts';

const day = z.string().refine(isDay, "must be a day such as '2026-12-20'");

const calendar = z.strictObject({
  timeZone: z.string().refine(isZone, "must be a time zone's IANA name such as 'Europe/Berlin'"),
  closed: z
    .array(z.string().refine(closedTime, "must be times of the week such as 'Fri 16:00 - Mon 07:00'"))
    .refine(leavesOpen, 'must leave some time of the week open')
    .readonly(),
  freezes: z
    .array(
      z
        .strictObject({ from: day, until: day, reason: z.string().min(1, 'must say why') } satisfies Shape<Freeze>)
        .refine(({ from, until }) => from <= until, { message: 'must not end before it begins', path: ['until'] }),
    )
    .readonly()
    .optional(),
} satisfies Shape<Calendar>);

/** https://www.rfc-editor.org/rfc/rfc4632 */
const addresses = z
  .string()
  .regex(
    /^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!\/)|(?=\/))){4}\/(3[0-2]|[12]?\d)$/,
    "must be addresses such as '203.0.113.0/24'",
  );

const environment = z.strictObject({
  name: z.string().refine(legalEnvironment, 'must be a DNS label that does not read as a proposal branch'),
  cluster: z.string().regex(legalName, 'must be the name of a cluster'),
  scope: z.enum(['environment', 'cluster']).optional(),
  after: z.string().optional(),
  domain: z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a DNS name'),
  replicas: z.int().min(1).max(100),
  resources,
  production: z.boolean().optional(),
  sources: z.array(addresses).min(1, 'must name some; leave it out for everybody').readonly().optional(),
  quota: z
    .strictObject({
      ...resources.shape,
      pods: z.int().min(1),
      storage: z.string().regex(/^\d+(Mi|Gi|Ti)$/, "must be a quantity such as '50Gi'"),
    } satisfies Shape<Quota>)
    .optional(),
  soak: z.string().refine(isTime, "must be a time such as '10m'"),
  calendar: calendar.optional(),
  auto: z.boolean().optional(),
  reporter: z
    .string()
    .regex(/^[\w.-]{1,255}$/, "must be an account's name, as the forge has it")
    .optional(),
} satisfies Shape<Environment>);
true satisfies Accepts<z.input<typeof environment>, Environment>;

const groups = z
  .array(z.string().regex(/^[\w.-]+(\/[\w.-]+)*$/, "must be a group, as in 'example/platform'"))
  .min(1, 'must name a group')
  .readonly();

const cluster = z.strictObject({
  name: z.string().regex(legalName, 'must be a DNS label of at most 40 characters'),
  profile: z.enum(['eks', 'local']),
  registries: z
    .array(z.string().regex(/^[a-z0-9]([a-z0-9./_:-]*[a-z0-9])?$/, "must begin an image's name, up to a slash"))
    .min(1)
    .readonly(),
  storage: z.string().regex(legalName, 'must be the name of a StorageClass'),
  network: addresses.optional(),
  ingress: z.string().regex(legalName, 'must be the name of an IngressClass').optional(),
  monitoring: z.enum(['slipway', 'operator', 'none']).optional(),
  aws: z
    .strictObject({
      account: z.string().regex(/^\d{12}$/, "must be an account's twelve digits"),
      region: z.string().regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be a region such as 'eu-central-1'"),
      operators: z.array(addresses).min(1, 'must name some: nobody could reach it').readonly(),
    } satisfies Shape<Aws>)
    .optional(),
  people: z
    .strictObject({
      client: z.string().regex(/^[\w-]{1,128}$/, 'must be the id of an application of GitLab'),
      admins: groups,
      operators: groups.optional(),
      readers: groups.optional(),
    } satisfies Shape<People>)
    .optional(),
  namespaces: z.record(
    z.string().regex(legalName, 'must be a DNS label of at most 40 characters'),
    z.enum(['restricted', 'baseline', 'privileged']),
  ),
} satisfies Shape<Cluster>);
true satisfies Accepts<z.input<typeof cluster>, Cluster>;

const repository = z.url('must be the URL that Argo CD reads this repository from');

/**
 * Checks what `clusters/environments.ts` exports and orders it.
 * @throws {Misuse} with every mistake: field, value and what was expected; also for a circle or an unknown `after`.
 */
export function checkPath(value: { repository: unknown; clusters: unknown; environments: unknown }): Path {
  const file = 'clusters/environments.ts';
  const check = <T>(name: keyof typeof value, schema: z.ZodType<T>): { data?: T; mistakes: string[] } => {
    const result = schema.safeParse(value[name]);
    if (result.success) return { data: result.data, mistakes: [] };
    return { mistakes: told(() => `${file} (${name})`, mistakesIn(schema, result.error, value[name])) };
  };
  const url = check('repository', repository);
  const places = check('clusters', z.array(cluster).min(1));
  const list = check('environments', z.array(environment).min(1));
  const mistakes = [url, places, list].flatMap((one) => one.mistakes);
  if (!url.data || !places.data || !list.data) throw new Misuse(mistakes.join('\n'));
  const clusters = named(places.data, `${file}: two clusters are named`);
  const environments = named(list.data, `${file}: two environments are named`);
  for (const { name, cluster: place, after, scope, auto, calendar } of environments.values()) {
    if (!clusters.has(place)) throw unknown(`${file}: ${name} runs in ${place}`, 'a cluster', place, clusters.keys());
    if (after === undefined) {
      const idle = auto !== undefined ? 'auto' : calendar ? 'calendar' : undefined;
      if (idle)
        throw new Misuse(
          `${file}: ${name} has the field ${idle}, but comes after no environment: it takes what is published at once, without a request. Take the field out.`,
        );
      continue;
    }
    const before = environments.get(after);
    if (!before) throw unknown(`${file}: ${name} comes after ${after}`, 'an environment', after, environments.keys());
    if (scopeOf(before) !== scopeOf({ scope }))
      throw new Misuse(
        `${file}: ${name} comes after ${after}, which is of another scope; the two have no app in common.`,
      );
  }
  return { repository: url.data, clusters, environments: ordered(environments, file) };
}

function named<T extends { readonly name: string }>(list: readonly T[], twice: string): Map<string, T> {
  const found = new Map<string, T>();
  for (const item of list) {
    if (found.has(item.name)) throw new Misuse(`${twice} ${item.name}.`);
    found.set(item.name, item);
  }
  return found;
}

const unknown = (said: string, what: string, name: string, known: Iterable<string>): Misuse =>
  new Misuse(`${said}, which is not ${what}; ${instead(name, [...known])}`);

function ordered(environments: ReadonlyMap<string, Environment>, file: string): Environment[] {
  const left = new Map(environments);
  const list: Environment[] = [];
  while (left.size > 0) {
    const next = [...left.values()].find((item) => item.after === undefined || !left.has(item.after));
    if (!next)
      throw new Misuse(
        `${file}: ${[...left.keys()].join(', ')} come after one another in a circle; one of them must come first.`,
      );
    left.delete(next.name);
    list.push(next);
  }
  return list;
}
