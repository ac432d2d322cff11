import { isDeepStrictEqual } from 'node:util';
import { hostsOf } from './charts/hosts.ts';
import { pipeline } from './charts/pipeline.ts';
import { checkApp, type Declared } from './model/app-check.ts';
import { type CheckedApp, isBuilt, isProgram, runsOn } from './model/app-schema.ts';
import { callee } from './model/call.ts';
import { type Environment, type Path, seconds } from './model/environment.ts';
import { checkPath } from './model/environment-schema.ts';
import { parseImage } from './model/image.ts';
import { isMapping } from './model/mapping.ts';
import type { Stage } from './model/metadata.ts';
import { legalName } from './model/names.ts';
import { wholeId } from './model/object-id.ts';
import type { Outline } from './model/outline.ts';
import type { Line, Named, Part, RenderInput } from './model/part.ts';
import { Misuse, Refusal } from './model/refusal.ts';
import { unknownPolicies } from './policies/excuse.ts';
import { builtImage, pinnedImage, type ResolvedImage, render } from './render.ts';

/** What a dry commit declares, and who watches over its code. */
export interface Definitions {
  readonly repository: unknown;
  readonly clusters: unknown;
  readonly environments: unknown;
  /** What `apps/index.ts` exports as `removed`. */
  readonly removed?: unknown;
  /** By name: what `apps/<name>/app.ts` exports as `app`, or throws when it cannot be loaded. Only what is not taken over. */
  readonly apps: ReadonlyMap<string, () => unknown>;
  /** The text of a file of an app's folder. */
  readonly read: (app: string, file: string) => string;
  /** Runs code on behalf of an app. @default as it is */
  readonly within?: <T>(app: string, work: () => T) => T;
}

/**
 * Apps × environments → parts: what one dry commit is everywhere. An app that fails is said to, and the others go on.
 * @throws {Misuse} for a promotion path that is wrong, or an image given for an app that takes none
 */
export function* hydrate(definitions: Definitions, input: RenderInput, node: string): Generator<Line> {
  const path = checkPath(definitions);
  const removed = checkRemoved(definitions.removed ?? {});
  const images: Record<string, Named> = {};
  const outlines: Record<string, Outline> = {};
  const names = [...definitions.apps.keys(), ...input.taken].sort();
  for (const name of Object.keys(input.images)) {
    if (!names.includes(name))
      throw new Misuse(`--image ${name}=…: ${name} is not an app; known are ${names.join(', ') || 'none'}.`);
  }

  for (const [name, declared] of definitions.apps) {
    try {
      const work = () => partsOf(name, declared(), path, definitions.read, input);
      const { parts, image, outline } = definitions.within ? definitions.within(name, work) : work();
      if (image) images[name] = image;
      outlines[name] = outline;
      for (const part of parts) yield { part };
    } catch (error) {
      yield { failed: { app: name, message: reasonOf(name, error), exitCode: exitCodeOf(error) } };
    }
  }

  yield {
    summary: {
      repository: path.repository,
      environments: path.environments.map(stageOf),
      apps: names,
      pipelines: Object.fromEntries(path.environments.map(({ name }) => [name, pipeline(name)])),
      images,
      removed,
      outlines,
      node,
    },
  };
}

/** An environment as the branches know it: what it does not say is absent. */
const stageOf = ({ name, scope, after, soak, calendar, auto, reporter }: Environment): Stage => ({
  name,
  ...(scope === 'cluster' ? { scope } : {}),
  ...(after ? { after } : {}),
  soak: seconds(soak),
  ...(calendar ? { calendar } : {}),
  ...(auto ? { auto } : {}),
  ...(reporter ? { reporter } : {}),
});

/** An app everywhere. @throws {Misuse} when its definition is wrong */
function partsOf(
  name: string,
  value: unknown,
  path: Path,
  read: Definitions['read'],
  input: RenderInput,
): { parts: Part[]; image?: Named; outline: Outline } {
  const declared = check(name, value, path, read);
  const { image, named } = imageOf(declared.app, input);
  const parts: Part[] = [];
  const wrong: string[] = [];
  for (const [environment, app] of declared.in) {
    try {
      const { program } = input;
      parts.push(render(app, { environment, path, image, program, read: (file) => read(name, file) }));
    } catch (error) {
      if (!(error instanceof Misuse)) throw error;
      wrong.push(...error.message.split('\n'));
    }
  }
  if (wrong.length > 0) throw new Misuse(together(wrong).join('\n'));
  return { parts, ...(named ? { image: named } : {}), outline: outlineOf(running(declared, path), parts) };
}

/** The same app where it runs: elsewhere it has no address and calls nobody. */
const running = (declared: Declared, { clusters }: Path): Declared => ({
  ...declared,
  in: new Map(
    [...declared.in].filter(([{ cluster }, app]) => {
      const place = clusters.get(cluster);
      return place !== undefined && runsOn(app, place);
    }),
  ),
});

/** What is wrong in several environments is said once: `apps/shop/app.ts: in dev, staging: …`. */
function together(lines: readonly string[]): string[] {
  const told = lines.map(
    (line) => /^(?<file>\S+: )in (?<environment>[\w-]+): (?<says>.*)$/.exec(line)?.groups ?? { line },
  );
  return [...Map.groupBy(told, ({ file, says, line }) => line ?? `${file}${says}`).values()].map((same) => {
    const [{ line, file, says }] = same as [(typeof told)[number]];
    return line ?? `${file}in ${same.map(({ environment }) => environment).join(', ')}: ${says}`;
  });
}

/** Why what is gone is gone. @throws {Misuse} for what is no table of reasons */
function checkRemoved(value: unknown): Readonly<Record<string, string>> {
  if (!isMapping(value))
    throw new Misuse("apps/index.ts: `removed` must be a table of the form { shop: 'why it goes' }.");
  const wrong = Object.entries(value).flatMap(([app, reason]) => {
    const at = `apps/index.ts: field removed.${app} is ${JSON.stringify(reason)}`;
    if (!legalName.test(app)) return [`${at}: ${JSON.stringify(app)} is not the name of an app`];
    return typeof reason === 'string' && reason.trim() !== '' ? [] : [`${at}: it must say why it goes`];
  });
  if (wrong.length > 0) throw new Misuse(wrong.join('\n'));
  return value as Readonly<Record<string, string>>;
}

/** The text of a definition is read only to say at which lines it is wrong. */
function check(name: string, value: unknown, path: Path, read: Definitions['read']): Declared {
  try {
    return checkApp(name, value, path, unknownPolicies);
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    return checkApp(name, value, path, unknownPolicies, read(name, 'app.ts'));
  }
}

function outlineOf({ app, in: environments }: Declared, parts: readonly Part[]): Outline {
  const routes = [...environments].flatMap(([environment, one]) => {
    const hosts = one.kind === 'web' ? hostsOf(one, { environment }) : [];
    return one.kind === 'web' && hosts.length > 0
      ? [[environment.name, hosts.map((host) => `${host}${one.path}`)] as const]
      : [];
  });
  const fixed = parts.flatMap((part) => (part.fixed === undefined ? [] : [[part.environment, part.fixed] as const]));
  const excuses = app.excuses.map((excuse) => ({
    ...excuse,
    in: parts
      .filter(({ remarks = [] }) => remarks.some((remark) => isDeepStrictEqual(remark.excuse, excuse)))
      .map(({ environment }) => environment),
  }));
  const calls = [
    ...new Set(
      [...environments.values()].flatMap((one) => (isProgram(one) ? one.calls : [])).map((call) => callee(call).app),
    ),
  ].sort();
  return {
    owner: app.owner,
    ...(app.scope === 'cluster' ? { scope: app.scope } : {}),
    ...('port' in app && app.port !== undefined ? { port: app.port } : {}),
    ...(calls.length > 0 ? { calls } : {}),
    ...(routes.length > 0 ? { routes: Object.fromEntries(routes) } : {}),
    ...(fixed.length > 0 ? { fixed: Object.fromEntries(fixed) } : {}),
    ...(excuses.length > 0 ? { excuses } : {}),
  };
}

function imageOf(app: CheckedApp, { builds, images, known }: RenderInput): { image?: ResolvedImage; named?: Named } {
  const { name } = app;
  const given = images[name];
  if (!isProgram(app)) {
    if (given) throw new Misuse(`--image ${name}=…: ${name} runs no image of its own.`);
    return {};
  }
  const { image } = app;
  if (!isBuilt(image)) {
    if (given)
      throw new Misuse(`--image ${name}=…: the image of ${name} is not built here; apps/${name}/app.ts pins it.`);
    return { image: pinnedImage(name, image) };
  }
  const build = builds[image.build];
  if (!build) {
    throw new Misuse(
      `apps/${name}/app.ts: field image.build is "${image.build}": no top-level folder of that name has a Dockerfile.`,
    );
  }
  const { repository, tag } = given ? parseImage(given, `--image ${name}`) : { ...image, tag: undefined };
  if (repository !== image.repository) {
    throw new Misuse(
      `--image ${name}=…: the repository is ${repository}, but apps/${name}/app.ts says ${image.repository}.`,
    );
  }
  // Pipelines tag with the tree: such an image of another tree was found for another commit.
  if (tag && wholeId.test(tag) && tag !== build.tree)
    throw new Misuse(
      `--image ${name}=…: it was built from tree ${tag}, and ${image.build} is ${build.tree} at this commit: give the image of that.`,
    );
  const reference = given ?? known[name]?.[build.tree];
  const named = { build: image.build, ...build, ...(reference ? { reference } : {}) };
  return { image: builtImage(image, build, reference), named };
}

function reasonOf(name: string, error: unknown): string {
  if (error instanceof Refusal) return error.message;
  // Whatever is thrown may be anything, also nothing.
  const { stack = '', message } = error instanceof Error ? error : { message: String(error) };
  const at = /(?:apps|clusters|generators)\/[\w./-]+:\d+/.exec(stack)?.[0];
  return `apps/${name}/app.ts cannot be rendered: ${message}${at ? ` (${at})` : ''}`;
}

const exitCodeOf = (error: unknown) => (error instanceof Refusal ? error.exitCode : 1);
