import { pipeline } from './charts/pipeline.ts';
import { type CheckedApp, checkApp, isBuilt } from './model/app-schema.ts';
import { type Path, seconds } from './model/environment.ts';
import { checkPath } from './model/environment-schema.ts';
import { parseImage } from './model/image.ts';
import type { Line, Named, Part, RenderInput } from './model/part.ts';
import { Misuse, Refusal } from './model/refusal.ts';
import { builtImage, pinnedImage, type ResolvedImage, render } from './render.ts';

/** What a dry commit declares, and who watches over its code. */
export interface Definitions {
  readonly repository: unknown;
  readonly environments: unknown;
  /** By name: what `apps/<name>/app.ts` exports as `app`, or throws when it cannot be loaded. Only what is not taken over. */
  readonly apps: ReadonlyMap<string, () => unknown>;
  /** Runs code on behalf of an app. @default as it is */
  readonly within?: <T>(app: string, work: () => T) => T;
}

/**
 * Apps × environments → parts: what one dry commit is everywhere. An app that fails is said to, and the others go on.
 * @throws {Misuse} for a promotion path that is wrong, or an image given for an app that takes none
 */
export function* hydrate(definitions: Definitions, input: RenderInput, node: string): Generator<Line> {
  const path = checkPath(definitions);
  const images: Record<string, Named> = {};
  const names = [...definitions.apps.keys(), ...input.taken].sort();
  for (const name of Object.keys(input.images)) {
    if (!names.includes(name))
      throw new Misuse(`--image ${name}=…: ${name} is not an app; known are ${names.join(', ') || 'none'}.`);
  }

  for (const [name, declared] of definitions.apps) {
    try {
      const work = () => partsOf(checkApp(name, declared()), path, input);
      const { parts, image } = definitions.within ? definitions.within(name, work) : work();
      if (image) images[name] = image;
      for (const part of parts) yield { part };
    } catch (error) {
      yield { failed: { app: name, message: reasonOf(name, error), exitCode: exitCodeOf(error) } };
    }
  }

  yield {
    summary: {
      repository: path.repository,
      environments: path.environments.map(({ name, after, soak }) => ({
        name,
        ...(after ? { after } : {}),
        soak: seconds(soak),
      })),
      apps: names,
      pipelines: Object.fromEntries(path.environments.map(({ name }) => [name, pipeline(name)])),
      images,
      node,
    },
  };
}

function partsOf(app: CheckedApp, path: Path, input: RenderInput): { parts: Part[]; image?: Named } {
  const { image, named } = imageOf(app, input);
  const parts = path.environments.map((environment) => render(app, environment, image, path.repository));
  return { parts, ...(named ? { image: named } : {}) };
}

function imageOf(
  { name, image }: CheckedApp,
  { builds, images, known }: RenderInput,
): { image: ResolvedImage; named?: Named } {
  const given = images[name];
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
  const { repository } = given ? parseImage(given, `--image ${name}`) : image;
  if (repository !== image.repository) {
    throw new Misuse(
      `--image ${name}=…: the repository is ${repository}, but apps/${name}/app.ts says ${image.repository}.`,
    );
  }
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
