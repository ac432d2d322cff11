import { pipeline } from './charts/pipeline.ts';
import { checkApps, isBuilt } from './model/app-schema.ts';
import { seconds } from './model/environment.ts';
import { checkPath } from './model/environment-schema.ts';
import { parseImage } from './model/image.ts';
import type { Hydrated, RenderInput } from './model/part.ts';
import { Misuse } from './model/refusal.ts';
import { builtImage, pinnedImage, render } from './render.ts';

/**
 * Apps × environments → parts: what one dry commit is everywhere.
 * @param definitions what `apps/index.ts` and `clusters/environments.ts` of that commit export
 * @throws {Misuse} for a definition that is wrong, or an image given for an app that takes none
 */
export function hydrate(
  definitions: { apps: unknown; repository: unknown; environments: unknown },
  { builds, images, known }: RenderInput,
): Hydrated {
  const path = checkPath(definitions);
  const apps = checkApps(definitions.apps);

  for (const [name, reference] of Object.entries(images)) {
    const app = apps.find((candidate) => candidate.name === name);
    const builtHere = apps.filter((candidate) => isBuilt(candidate.image)).map((candidate) => candidate.name);
    if (!app || !isBuilt(app.image)) {
      throw new Misuse(
        `--image ${name}=…: ${name} is not an app whose image is built here; those are ${builtHere.join(', ') || 'none'}.`,
      );
    }
    const { repository } = parseImage(reference, `--image ${name}`);
    if (repository !== app.image.repository) {
      throw new Misuse(
        `--image ${name}=…: the repository is ${repository}, but apps/${name}/app.ts says ${app.image.repository}.`,
      );
    }
  }

  const named: Record<string, { tree: string; reference?: string }> = {};
  const resolved = apps.map((app) => {
    if (!isBuilt(app.image)) return { app, image: pinnedImage(app.name, app.image) };
    const build = builds[app.image.build];
    if (!build) {
      throw new Misuse(
        `apps/${app.name}/app.ts: field image.build is "${app.image.build}": no top-level folder of that name has a Dockerfile.`,
      );
    }
    const reference = images[app.name] ?? known[app.name]?.[build.tree];
    named[app.name] = { tree: build.tree, ...(reference ? { reference } : {}) };
    return { app, image: builtImage(app.image, build, reference) };
  });

  return {
    repository: path.repository,
    environments: path.environments.map(({ name, after, soak }) => ({
      name,
      ...(after ? { after } : {}),
      soak: seconds(soak),
    })),
    parts: path.environments.flatMap((environment) =>
      resolved.map(({ app, image }) => render(app, environment, image, path.repository)),
    ),
    pipelines: Object.fromEntries(path.environments.map(({ name }) => [name, pipeline(name)])),
    images: named,
  };
}
