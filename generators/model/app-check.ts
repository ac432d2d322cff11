import type { z } from 'zod';
import type { Excuse } from './app.ts';
import { type CheckedApp, type CheckedProgram, isProgram, schema } from './app-schema.ts';
import { type Mistake, mistakesIn, told, type Where } from './definition.ts';
import { type Environment, type Path, scopeOf } from './environment.ts';
import { lineOf } from './locate.ts';
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
const fixed = new Set(['kind', 'name', 'owner', 'scope', 'namespace', 'image', 'excuses', 'patch', 'in']);

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
  excusable: (excuses: readonly Excuse[]) => readonly Mistake[] = () => [],
  source = '',
): Declared {
  const file = `apps/${name}/app.ts`;
  if (value === undefined) throw new Misuse(`${file}: it exports no \`app\`; write export const app: App = { … }.`);
  const where: Where = (field) => {
    const line = lineOf(source, field);
    return line === undefined ? file : `${file}:${line}`;
  };
  const base = parse(value, name, path);
  const overrides = Object.entries((value as { in?: Record<string, object> } | null)?.in ?? {});
  const own = base.app ? path.environments.filter((one) => scopeOf(one) === base.app?.scope) : [];
  const mistakes = [...base.mistakes, ...(base.app ? excusable(base.app.excuses) : [])];
  const there = new Map<Environment, CheckedApp>();
  for (const [environment, changes] of base.app ? overrides : [])
    if (!own.some((one) => one.name === environment)) mistakes.push(unknownEnvironment(environment, own));
    else for (const field of Object.keys(changes)) if (fixed.has(field)) mistakes.push(isFixed(environment, field));
  for (const environment of mistakes.length === 0 ? own : []) {
    const changes = overrides.find(([one]) => one === environment.name)?.[1];
    const result = changes ? parse(mergeInto(value as object, changes), name, path) : base;
    const found = [...result.mistakes, ...(result.app ? misfits(result.app, environment) : [])];
    // What an environment changes is looked for where it says so.
    const within = changes ? ['in', environment.name] : [];
    mistakes.push(...found.map((mistake) => ({ ...mistake, path: [...within, ...mistake.path] })));
    if (result.app) there.set(environment, result.app);
  }
  if (!base.app || mistakes.length > 0) throw new Misuse([...new Set(told(where, mistakes))].join('\n'));
  return { app: base.app, in: there };
}

function parse(value: unknown, name: string, path: Path): { app?: CheckedApp; mistakes: Mistake[] } {
  const result = schema.safeParse(value);
  if (!result.success) return { mistakes: mistakesIn(schema, result.error as z.ZodError, value) };
  const app = result.data;
  const mistakes = [...named(app, name), ...placed(app, path), ...(isProgram(app) ? contradictions(app) : [])];
  return mistakes.length > 0 ? { mistakes } : { app, mistakes };
}

function mergeInto(value: object, changes: object): object {
  const { in: _, ...base } = value as Record<string, unknown>;
  const entries = Object.entries(changes).map(([field, change]) => {
    const both = merged.has(field) && typeof base[field] === 'object' && typeof change === 'object';
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

const named = (app: CheckedApp, name: string): Mistake[] =>
  app.name === name
    ? []
    : [{ path: ['name'], says: `is ${JSON.stringify(app.name)}; it must be that of its folder, ${name}` }];

function placed({ kind, scope, namespace }: CheckedApp, { clusters }: Path): Mistake[] {
  if (kind === 'platform') return [];
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
function contradictions(app: CheckedProgram): Mistake[] {
  const found: Mistake[] = [];
  const wrong = (path: PropertyKey[], says: string) => found.push({ path, says });
  const port = 'port' in app ? app.port : undefined;
  if (app.metrics && app.metrics.port === undefined && port === undefined)
    wrong(['metrics', 'port'], 'is missing: the app has no port of its own');
  for (const probe of ['ready', 'live'] as const) {
    const value = probe in app ? (app as Readonly<Record<string, unknown>>)[probe] : undefined;
    if (typeof value === 'string' && port === undefined)
      wrong([probe], `is ${JSON.stringify(value)}: a path needs a port; name a command, or give the port`);
  }
  if (Object.keys(app.secrets).length > 0 && app.identity === undefined)
    wrong(['identity'], 'is missing: its secrets are read with the rights of a role in AWS');
  app.calls.forEach((callee, index) => {
    if (callee === app.name) wrong(['calls', index], `is ${JSON.stringify(callee)}: the app itself needs no call`);
    if (app.calls.indexOf(callee) !== index) wrong(['calls', index], `is ${JSON.stringify(callee)} a second time`);
  });
  const names = [...app.before, ...app.beside].map(({ name }) => name);
  names.forEach((name, index) => {
    const taken = name === app.name || names.indexOf(name) !== index;
    const [field, at] = index < app.before.length ? ['before', index] : ['beside', index - app.before.length];
    if (taken)
      wrong([field as string, at as number, 'name'], `is ${JSON.stringify(name)}, which another container has`);
  });
  const mounted = new Map<string, string>();
  for (const [path, field] of mounts(app)) {
    const other = mounted.get(path);
    if (other) wrong([field, path], `stands at the same place as one of ${other}`);
    mounted.set(path, field);
  }
  const keys = new Map<string, string>();
  for (const path of Object.keys(app.files)) {
    const key = fileKey(path);
    const other = keys.get(key);
    if (other) wrong(['files', path], `reads like ${other}; rename one of the two`);
    keys.set(key, path);
  }
  return found;
}

/** What a file is called inside the app's ConfigMap. */
export const fileKey = (path: string) => path.slice(1).replaceAll('/', '.');

function mounts(app: CheckedProgram): [path: string, field: string][] {
  return [
    ...Object.keys(app.files).map((path): [string, string] => [path, 'files']),
    ...Object.keys(app.scratch).map((path): [string, string] => [path, 'scratch']),
    ...('node' in app ? Object.keys(app.node) : []).map((path): [string, string] => [path, 'node']),
    ...('volume' in app ? [[app.volume.path, 'volume'] as [string, string]] : []),
    ...(Object.keys(app.secrets).length > 0 ? [['/secrets', 'secrets'] as [string, string]] : []),
  ];
}

/** What an environment's own values contradict. */
function misfits(app: CheckedApp, environment: Environment): Mistake[] {
  if (app.kind !== 'web' && app.kind !== 'worker') return [];
  const { scale } = app;
  const least = app.replicas ?? environment.replicas;
  return scale && scale.max <= least
    ? [{ path: ['scale', 'max'], says: `is ${scale.max}: ${environment.name} begins with ${least} pods` }]
    : [];
}
