import { applicationOf, manifestsOf } from './charts/charts.ts';
import { type CheckedApp, isBuilt } from './model/app-schema.ts';
import type { Environment } from './model/environment.ts';
import { formatImage, parseImage } from './model/image.ts';
import { formatManifest, manifestFile } from './model/manifest.ts';
import { applicationFile } from './model/names.ts';
import type { Build, Part } from './model/part.ts';

/** An app's image at one dry commit. */
export interface ResolvedImage {
  readonly reference: string;
  /** What people call it. */
  readonly version: string;
  /** What it was built from, when it is built here. */
  readonly build?: Build;
}

/** (app, environment, image) → part: the same three give the same bytes, whoever asks, wherever. */
export function render(app: CheckedApp, environment: Environment, image: ResolvedImage, repository: string): Part {
  const { reference, version, build } = image;
  const identity = build ? { VERSION: version, COMMIT: build.commit, ENVIRONMENT: environment.name } : {};
  const manifests = manifestsOf(app, { environment, image: reference, version, identity });
  const application = applicationOf(app.name, environment, repository);
  return {
    environment: environment.name,
    app: app.name,
    files: {
      [applicationFile]: formatManifest(application),
      ...Object.fromEntries(manifests.map((manifest) => [manifestFile(manifest), formatManifest(manifest)])),
    },
    version,
    ...(build ? { commit: build.commit } : {}),
    images: { [app.name]: reference },
  };
}

/**
 * An app's image: pinned in its definition, or built here and known by its tree id. Where no digest is known the
 * reference ends in the tree id: it can be looked at, and publish refuses it.
 */
export function resolveImage(
  app: CheckedApp,
  builds: Readonly<Record<string, Build>>,
  reference: string | undefined,
): ResolvedImage {
  if (!isBuilt(app.image)) {
    const { tag } = parseImage(app.image, `apps/${app.name}/app.ts: image`);
    return { reference: app.image, version: tag ?? 'unknown' };
  }
  const { repository, build: folder } = app.image;
  const build = builds[folder];
  if (!build) throw new Error(`${folder} has no build`);
  return { reference: reference ?? formatImage({ repository, tag: build.tree }), version: build.version, build };
}
