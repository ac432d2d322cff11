import { createHash } from 'node:crypto';
import { applicationOf, manifestsOf } from './charts/charts.ts';
import type { Read } from './charts/manifests.ts';
import type { Placement } from './charts/place.ts';
import type { BuiltImage } from './model/app.ts';
import { type CheckedApp, runsOn } from './model/app-schema.ts';
import { differences, formatField, type ObjectDifference } from './model/difference.ts';
import type { Environment, Path } from './model/environment.ts';
import { formatImage, parseImage } from './model/image.ts';
import { formatManifest, type Manifest, manifestFile } from './model/manifest.ts';
import { applicationFile } from './model/names.ts';
import type { Build, Part, Remark } from './model/part.ts';
import { Misuse } from './model/refusal.ts';
import type { ObjectId } from './model/timeline.ts';
import { regardedIn } from './policies/judge-change.ts';
import { imagesIn } from './policies/workload.ts';
import { review } from './review.ts';

/** An app's image at one dry commit. */
export interface ResolvedImage {
  readonly reference: string;
  /** What people call it. */
  readonly version: string;
  /** What it was built from, when it is built here. */
  readonly build?: Build;
}

/** What a part is made of, beside the app. */
export interface Rendering {
  readonly environment: Environment;
  readonly path: Path;
  /** Absent for what runs no container of its own. */
  readonly image?: ResolvedImage | undefined;
  /** The tree of `generators/`, for what runs Slipway itself. */
  readonly program?: ObjectId | undefined;
  /** Reads a file of the app's folder. */
  readonly read: Read;
}

/** (app, environment, image) → part: the same three give the same bytes, whoever asks, wherever. */
export function render(app: CheckedApp, { environment, path, image, program, read }: Rendering): Part {
  const cluster = path.clusters.get(environment.cluster);
  if (!cluster) throw new Error(`${environment.name} runs in ${environment.cluster}, which nobody lists`);
  const version = image?.version ?? (app.kind === 'manifests' ? app.version : undefined);
  const at: Placement = {
    environment,
    cluster,
    path,
    program,
    // What belongs to a cluster and to no namespace needs one to be synced to, all the same.
    namespace: app.namespace ?? (app.scope === 'cluster' ? 'default' : environment.name),
    image: image?.reference ?? '',
    version: version ?? '',
    identity: image?.build ? { VERSION: image.version, COMMIT: image.build.commit, ENVIRONMENT: environment.name } : {},
  };
  const drawn = manifestsOf(app, at, read);
  const here = runsOn(app, cluster);
  // What is handed over is nobody else's: a patch may change it as it likes.
  const patched = app.patch && here ? [...app.patch(structuredClone(drawn), environment.name)] : drawn;
  const reviewed = review(app, at, patched);
  const { manifests } = reviewed;
  const remarks = [...reviewed.remarks, ...(app.patch ? differences(drawn, patched).map(patchRemark) : [])];
  const warns = reviewed.remarks.flatMap(({ excuse, policy, object, says }) =>
    excuse === undefined ? [{ policy, object, says }] : [],
  );
  const files = new Map([[applicationFile, formatManifest(applicationOf(app, at))]]);
  for (const manifest of manifests) {
    const file = manifestFile(manifest);
    if (files.has(file)) throw new Misuse(twice(app, manifest, file));
    files.set(file, formatManifest(manifest));
  }
  return {
    environment: environment.name,
    app: app.name,
    files: Object.fromEntries(files),
    version: version ?? digestOf([...files], 8),
    ...(image?.build ? { commit: image.build.commit } : {}),
    ...(environment.after === undefined ? { fixed: digestOf(regardedIn(manifests), 16) } : {}),
    ...(here && 'migration' in app && app.migration?.reversible === false ? { irreversible: true } : {}),
    ...(warns.length > 0 ? { warns } : {}),
    images: Object.fromEntries(manifests.flatMap(imagesIn)),
    ...(remarks.length > 0 ? { remarks } : {}),
  };
}

/** What a reviewer is told of an object that a patch touched. */
function patchRemark(difference: ObjectDifference): Remark {
  const { kind, name } = difference;
  const fields = difference.change === 'changed' ? difference.fields.map(formatField).join('; ') : difference.change;
  const shown = fields.length > 300 ? `${fields.slice(0, 299)}…` : fields;
  return { policy: 'patch', object: `${kind}/${name}`, field: '', says: `by the app's own patch: ${shown}` };
}

const twice = (app: CheckedApp, { kind, metadata }: Manifest, file: string) =>
  `apps/${app.name}: two objects are a ${kind} named ${metadata.name} (${file}); give one another name, or an app of its own`;

/** The first hex digits of the hash of some JSON: what people call something that has no version. */
const digestOf = (json: unknown, digits: number) =>
  createHash('sha256').update(JSON.stringify(json)).digest('hex').slice(0, digits);

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
