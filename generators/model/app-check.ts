import type { z } from 'zod';
import type { Excuse } from './app.ts';
import {
  type CheckedAgent,
  type CheckedApp,
  type CheckedPlatform,
  type CheckedStore,
  type CheckedWeb,
  type CheckedWorker,
  isBuilt,
  schema,
} from './app-schema.ts';
import { fieldOf, type Mistake, mistakesIn, told, type Where } from './definition.ts';
import { type Environment, type Path, scopeOf } from './environment.ts';
import { argoCdApp } from './kinds.ts';
import { lineOf } from './locate.ts';
import { isMapping } from './mapping.ts';
import { nearest } from './nearest.ts';
import { Misuse } from './refusal.ts';

/** An app with its defaults filled in. */
export interface Declared {
  /** As it is where no environment says otherwise. */
  readonly app: CheckedApp;
  /** By environment of its scope, in path order: as it is there. */
  readonly in: ReadonlyMap<Environment, CheckedApp>;
}

/** Fields of `in` that hold things by name: an environment adds to them, or replaces one. */
const merged = new Set(['env', 'files', 'secrets', 'scratch', 'node']);
/** What is the same everywhere, or it would be another app. */
const fixed = new Set([
  'kind',
  'name',
  'owner',
  'scope',
  'namespace',
  'profiles',
  'monitoring',
  'image',
  'source',
  'excuses',
  'patch',
  'in',
]);

/**
 * Checks what `apps/<name>/app.ts` exports and fills in the defaults.
 * @param excusable says which excuses are for nothing. @default all are for something
 * @param source the text of that file, to name lines
 * @throws {Misuse} with every mistake: file, line, field, value, what was expected, and the nearest legal word
 */
export function checkApp(
  name: string,
  value: unknown,
  path: Path,
  excusable: (excuses: readonly Partial<Excuse>[]) => readonly Mistake[] = () => [],
  source = '',
): Declared {
  const file = `apps/${name}/app.ts`;
  if (value === undefined) throw new Misuse(`${file}: it exports no \`app\`; write export const app: App = { … }.`);
  const where: Where = (field) => {
    const line = lineOf(source, field);
    return line === undefined ? file : `${file}:${line}`;
  };
  const base = parse(value, name, path);
  const overrides = overridesIn(value);
  const { scope } = base.sound;
  const own = path.environments.filter((one) => scope === undefined || scopeOf(one) === scope);
  const mistakes = [...base.mistakes, ...excusable(excusesIn(value))];
  const there = new Map<Environment, CheckedApp>();
  for (const [environment, changes] of overrides)
    if (!own.some((one) => one.name === environment)) mistakes.push(unknownEnvironment(environment, own));
    else for (const field of Object.keys(changes)) if (fixed.has(field)) mistakes.push(isFixed(environment, field));
  // What is wrong everywhere is told once, and not again for each environment.
  const everywhere = new Set(told(fieldOf, base.mistakes));
  for (const environment of own) {
    const changes = overrides.find(([one]) => one === environment.name)?.[1];
    const result = changes ? parse(mergeInto(value as object, changes), name, path) : base;
    const found = [...result.mistakes, ...misfits(result, environment)];
    // What an environment changes is looked for where it says so.
    const within = changes ? ['in', environment.name] : [];
    const more = found.filter(
      (mistake) => saysSo(changes, mistake.path) || !told(fieldOf, [mistake]).some((line) => everywhere.has(line)),
    );
    mistakes.push(...more.map((mistake) => ({ ...mistake, path: [...within, ...mistake.path] })));
    if (result.app) there.set(environment, result.app);
  }
  if (!base.app || mistakes.length > 0) throw new Misuse([...new Set(told(where, mistakes))].join('\n'));
  return { app: base.app, in: there };
}

/** A value as an app, and what is wrong with it. */
interface Parsed {
  /** Where nothing is wrong. */
  readonly app?: CheckedApp;
  /** What is right of it, with defaults: one mistake must not hide another. */
  readonly sound: Sound;
  /** The fields that are wrong in themselves: nothing is concluded from them. */
  readonly wrong: ReadonlySet<PropertyKey | undefined>;
  readonly mistakes: readonly Mistake[];
}
/** The fields that are held against others. */
type Sound = Partial<Pick<CheckedApp, 'kind' | 'name' | 'scope'>> &
  Partial<Pick<CheckedStore, 'namespace' | 'port' | 'ready' | 'live' | 'volume' | 'files' | 'scratch' | 'secrets'>> &
  Partial<Pick<CheckedStore, 'image' | 'source' | 'identity' | 'metrics' | 'calls' | 'before' | 'beside'>> &
  Partial<Pick<CheckedStore, 'scrapes' | 'traces' | 'alerts'>> &
  Partial<
    Pick<CheckedWeb, 'objective'> &
      Pick<CheckedWorker, 'replicas' | 'scale' | 'serves'> &
      Pick<CheckedAgent, 'node'> &
      Pick<CheckedPlatform, 'provides'>
  >;

function parse(value: unknown, name: string, path: Path): Parsed {
  const result = schema.safeParse(value);
  const meant = meantBy(value);
  if (meant && !result.success) {
    const { mistakes, ...rest } = parse(meant, name, path);
    return { ...rest, mistakes: [...mistakesIn(schema, result.error, value), ...mistakes] };
  }
  const sound = (result.success ? result.data : soundIn(value)) as Sound;
  const own = result.success ? [] : mistakesIn(schema, result.error, value);
  const wrong = new Set(own.map((mistake) => mistake.path[0]));
  const together = [...named(sound, name), ...placed(sound, path), ...contradictions(sound, wrong)];
  const mistakes = [...own, ...together.filter((mistake) => !wrong.has(mistake.path[0]))];
  return { ...(result.success && mistakes.length === 0 ? { app: result.data } : {}), sound, wrong, mistakes };
}

/** An app whose kind is misspelt, as one of the kind that was meant: a word hides no other mistake. */
function meantBy(value: unknown): object | undefined {
  const kinds: string[] = schema.options.flatMap(({ shape }) => [...shape.kind.values]);
  if (!isMapping(value) || typeof value.kind !== 'string' || kinds.includes(value.kind)) return undefined;
  const kind = nearest(value.kind, kinds);
  return kind === undefined ? undefined : { ...value, kind };
}

/** Without a kind nobody knows which fields there are. */
function soundIn(value: unknown): Sound {
  if (!isMapping(value)) return {};
  const fields: Readonly<Record<string, z.ZodType>> =
    schema.options.find(({ shape }) => shape.kind.value === value.kind)?.shape ?? {};
  const parsed = Object.entries(fields).map(([field, type]) => [field, type.safeParse(value[field])] as const);
  return Object.fromEntries(parsed.flatMap(([field, { success, data }]) => (success ? [[field, data]] : [])));
}

/** What an app changes by environment, as far as it can be read. */
function overridesIn(value: unknown): (readonly [environment: string, changes: object])[] {
  const all = isMapping(value) && isMapping(value.in) ? value.in : {};
  return Object.entries(all).flatMap(([name, changes]) => (isMapping(changes) ? [[name, changes] as const] : []));
}

/** Every excuse, with nothing in place of what is none. */
function excusesIn(value: unknown): Partial<Excuse>[] {
  const all = isMapping(value) && Array.isArray(value.excuses) ? value.excuses : [];
  return all.map((one) => (isMapping(one) ? one : {}));
}

/** Whether an environment itself says what stands at a path. */
function saysSo(changes: object | undefined, [field = '', name = '']: readonly PropertyKey[]): boolean {
  if (!changes || !Object.hasOwn(changes, field)) return false;
  const change = (changes as Readonly<Record<PropertyKey, unknown>>)[field];
  return !merged.has(String(field)) || !isMapping(change) || Object.hasOwn(change, name);
}

function mergeInto(value: object, changes: object): object {
  const { in: _, ...base } = value as Record<string, unknown>;
  const own = Object.entries(changes).filter(([field]) => !fixed.has(field));
  const entries = own.map(([field, change]) => {
    const both = merged.has(field) && isMapping(base[field]) && isMapping(change);
    return [field, both ? { ...(base[field] as object), ...change } : change] as const;
  });
  return { ...base, ...Object.fromEntries(entries) };
}

const unknownEnvironment = (environment: string, own: readonly Environment[]): Mistake => {
  const near = nearest(
    environment,
    own.map(({ name }) => name),
  );
  const known = near ? `did you mean ${near}?` : `known are ${own.map(({ name }) => name).join(', ') || 'none'}`;
  return { path: ['in', environment], says: `is not an environment of this app; ${known}` };
};

const isFixed = (environment: string, field: string): Mistake => ({
  path: ['in', environment, field],
  says: 'is the same in every environment',
});

function named(app: Sound, name: string): Mistake[] {
  if (app.name !== undefined && app.name !== name)
    return [{ path: ['name'], says: `is ${JSON.stringify(app.name)}; it must be that of its folder, ${name}` }];
  // By its name an app may put something where Argo CD takes its orders from: `kinds.ts`.
  if (app.provides === 'argocd' && name !== argoCdApp)
    return [
      { path: ['provides'], says: `is "argocd": only the app ${argoCdApp} does that, from folder apps/${argoCdApp}` },
    ];
  return name === argoCdApp && app.scope === 'cluster' && app.kind !== undefined && app.provides !== 'argocd'
    ? [{ path: ['name'], says: `is "${name}": an app of scope cluster by that name provides argocd, and nothing else` }]
    : [];
}

function placed({ kind, scope, namespace }: Sound, { clusters }: Path): Mistake[] {
  if (kind === undefined || kind === 'platform' || scope === undefined) return [];
  if (scope === 'environment')
    return namespace === undefined
      ? []
      : [
          {
            path: ['namespace'],
            says: `is ${JSON.stringify(namespace)}: an app of an environment lives in the namespace of that name`,
          },
        ];
  if (namespace === undefined && kind === 'manifests') return [];
  if (namespace === undefined)
    return [{ path: ['namespace'], says: 'is missing: an app of scope cluster says where it lives' }];
  return [...clusters.values()]
    .filter(({ namespaces }) => !Object.hasOwn(namespaces, namespace))
    .map(({ name, namespaces }) => {
      const near = nearest(namespace, Object.keys(namespaces));
      return {
        path: ['namespace'],
        says: `is ${JSON.stringify(namespace)}, which cluster ${name} does not list in clusters/environments.ts${near ? `; did you mean ${near}?` : ''}`,
      };
    });
}

/** Fields that are right one by one, and not together. */
function contradictions(app: Sound, without: Parsed['wrong']): Mistake[] {
  if (app.kind === undefined || app.kind === 'manifests' || app.kind === 'platform') return [];
  const found: Mistake[] = [];
  const wrong = (path: PropertyKey[], says: string) => found.push({ path, says });
  if (app.source && app.image !== undefined && isBuilt(app.image))
    wrong(['source'], `is of no use: its image is built from ${app.image.build}, in this repository`);
  const portless = app.port === undefined && !without.has('port');
  if (app.metrics && app.metrics.port === undefined && portless)
    wrong(['metrics', 'port'], 'is missing: the app has no port of its own');
  if (app.objective !== undefined && !app.metrics && !without.has('metrics')) {
    const { availability, latency } = app.objective;
    wrong(
      ['objective'],
      `is ${JSON.stringify(latency ? app.objective : availability)}: nobody measures whether it is kept; give metrics, or take it away`,
    );
  }
  for (const probe of ['ready', 'live'] as const) {
    const value = app[probe];
    if (typeof value === 'string' && portless)
      wrong([probe], `is ${JSON.stringify(value)}: a path needs a port; name a command, or give the port`);
  }
  if (Object.keys(app.secrets ?? {}).length > 0 && app.identity === undefined)
    wrong(['identity'], 'is missing: its secrets are read with the rights of a role in AWS');
  const { calls = [], before = [], beside = [] } = app;
  calls.forEach((callee, index) => {
    if (callee === app.name) wrong(['calls', index], `is ${JSON.stringify(callee)}: the app itself needs no call`);
    if (calls.indexOf(callee) !== index) wrong(['calls', index], `is ${JSON.stringify(callee)} a second time`);
    if (callee.includes('.') && app.scope === 'environment')
      wrong(['calls', index], `is ${JSON.stringify(callee)}: an app of an environment calls none of another namespace`);
  });
  for (const field of ['serves', 'scrapes'] as const)
    if (app[field] && app.scope === 'environment')
      wrong([field], `is ${JSON.stringify(app[field])}: only an app of scope cluster may`);
  if (app.traces && app.scope === 'cluster')
    wrong(['traces'], 'is true: the collector takes spans from environments alone, and would drop them');
  if (app.serves && portless) wrong(['serves'], `is "${app.serves}": without a port nobody calls it`);
  const { alerts = [] } = app;
  alerts.forEach(({ name }, index) => {
    if (alerts.findIndex((one) => one.name === name) !== index)
      wrong(['alerts', index, 'name'], `is ${JSON.stringify(name)} a second time`);
  });
  const names = [...before, ...beside].map(({ name }) => name);
  names.forEach((name, index) => {
    const taken = name === app.name || names.indexOf(name) !== index;
    const [field, at] = index < before.length ? ['before', index] : ['beside', index - before.length];
    if (taken)
      wrong([field as string, at as number, 'name'], `is ${JSON.stringify(name)}, which another container has`);
  });
  const mounted = new Map<string, string>();
  for (const [path, field] of mounts(app)) {
    const other = mounted.get(path);
    if (other) wrong([field, path], `stands at the same place as one of ${other}`);
    mounted.set(path, field);
  }
  // What is made of a path is the same for some that differ; another name is for a person to choose.
  const alike = (paths: readonly string[], nameOf: (path: string) => string, at: (path: string) => PropertyKey[]) => {
    const names = new Map<string, string>();
    for (const path of paths) {
      const other = names.get(nameOf(path));
      if (other) wrong(at(path), `reads like ${other}; rename one of the two`);
      names.set(nameOf(path), path);
    }
  };
  alike(Object.keys(app.files ?? {}), fileKey, (path) => ['files', path]);
  alike(
    Object.keys(app.scratch ?? {}),
    (path) => volumeName('scratch', path),
    (path) => ['scratch', path],
  );
  const folders = Object.entries(app.node ?? {}).map(([path, folder]) => [folder, path] as const);
  const seenAt = new Map(folders);
  alike(
    [...seenAt.keys()],
    (folder) => volumeName('node', folder),
    (folder) => ['node', seenAt.get(folder) ?? folder],
  );
  return found;
}

/** What a file is called inside the app's ConfigMap. */
export const fileKey = (path: string) => path.slice(1).replaceAll('/', '.');

/** What a volume is called after where it stands, as a DNS label: `scratch-tmp`. Of a long path it is the end. */
export const volumeName = (what: string, path: string) => {
  const words = path.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  const end = words
    .join('-')
    .slice(what.length - 62)
    .replace(/^-/, '');
  return end ? `${what}-${end}` : what;
};

function mounts({ files = {}, scratch = {}, node = {}, secrets = {}, volume }: Sound): [path: string, field: string][] {
  return [
    ...Object.keys(files).map((path): [string, string] => [path, 'files']),
    ...Object.keys(scratch).map((path): [string, string] => [path, 'scratch']),
    ...Object.keys(node).map((path): [string, string] => [path, 'node']),
    ...(volume ? [[volume.path, 'volume'] as [string, string]] : []),
    ...(Object.keys(secrets).length > 0 ? [['/secrets', 'secrets'] as [string, string]] : []),
  ];
}

/** What an environment's own values contradict. */
function misfits({ sound: { scale, replicas }, wrong }: Parsed, environment: Environment): Mistake[] {
  const least = replicas ?? environment.replicas;
  return scale && !wrong.has('replicas') && scale.max <= least
    ? [{ path: ['scale', 'max'], says: `is ${scale.max}: ${environment.name} begins with ${least} pods` }]
    : [];
}
