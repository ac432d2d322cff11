import { applicationOf, manifestsOf } from './charts/charts.ts';
import type { BuiltImage } from './model/app.ts';
import type { CheckedApp } from './model/app-schema.ts';
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

/** The image of somebody else, as `app` pins it. */
export function pinnedImage(app: string, image: string): ResolvedImage {
  const { tag } = parseImage(image, `apps/${app}/app.ts: image`);
  return { reference: image, version: tag ?? 'unknown' };
}

/**
 * An image that is built here. Where no digest is known the reference ends in the tree id: it can be looked at, and
 * publish refuses it.
 */
export function builtImage({ repository }: BuiltImage, build: Build, reference: string | undefined): ResolvedImage {
  return { reference: reference ?? formatImage({ repository, tag: build.tree }), version: build.version, build };
}
