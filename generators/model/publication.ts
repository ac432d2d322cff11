import type { Bundle } from './bundle.ts';
import type { NewCommit, Write } from './commit.ts';
import { keyOf, type Sources, sourceKey } from './key.ts';
import { formatMetadata, formatPublished, type Metadata, type Published, type PublishedImage } from './metadata.ts';
import { mode } from './mode.ts';
import { metadataFile, pipelineFile, publishedFile } from './names.ts';
import { blobId, type ObjectFormat, treeId } from './object-id.ts';
import type { StoredPart } from './part.ts';
import { Refusal } from './refusal.ts';
import type { Entry, ObjectId } from './timeline.ts';

/** What `rendered` has at its tip, as far as a publish compares it. */
export interface Present {
  readonly format: ObjectFormat;
  /** What was published last; undefined before the first time. */
  readonly published?: Published;
  /** By folder of the root: its tree. */
  readonly trees: ReadonlyMap<string, ObjectId>;
  /** By folder of the root: its entries, parts and the pipeline file. */
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, Entry>>;
  /** By part (`dev/counter`), of those that are compared: its files. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, Entry>>;
  /** The text of each environment's pipeline file. */
  readonly pipelines: ReadonlyMap<string, string>;
}

/** A part that stood at an older commit of `rendered`, and is what this dry commit would render, too. */
export interface Adopted extends Pick<StoredPart, 'environment' | 'app' | 'files' | 'fixed'> {
  readonly metadata: Metadata;
}

export interface Publication {
  readonly commit: NewCommit;
  /** The tree of that commit. */
  readonly tree: ObjectId;
  /** Paths of the parts that are new: `dev/counter`. */
  readonly changed: readonly string[];
  /** The provenance of each of them, by path. */
  readonly provenance: ReadonlyMap<string, Metadata>;
  /** By folder of the root: what it holds now. */
  readonly folders: ReadonlyMap<string, ReadonlyMap<string, Entry>>;
  readonly published: Published;
}

/**
 * The next commit of `rendered`: every environment of one dry commit. A part whose manifests did not change keeps its
 * tree; one that changed gets a `hydrator.metadata` with this dry commit, so that no tree ever comes back.
 * @param adopted parts that are taken over from another commit than the tip
 * @throws {Refusal} when an image has no digest: a part without one must not reach a branch
 */
export function composePublication(
  bundle: Bundle<StoredPart>,
  sources: Sources,
  present: Present,
  adopted: readonly Adopted[] = [],
): Publication {
  const { drySha, summary, taken, kept } = bundle;
  const images = imagesOf(bundle, present.published);
  const outlines = outlinesOf(bundle, present.published);
  const { format } = present;
  const writes: Write[] = [];
  const changed: string[] = [];
  const provenance = new Map<string, Metadata>();
  const folders = new Map([...present.folders].map(([name, entries]) => [name, new Map(entries)]));
  const touched = new Set<string>();
  const stage = (name: string): Map<string, Entry> => {
    const entries = folders.get(name) ?? new Map<string, Entry>();
    folders.set(name, entries);
    touched.add(name);
    return entries;
  };
  // Of what nobody touched git knows the tree.
  const treeOf = (name: string, entries: ReadonlyMap<string, Entry>): ObjectId =>
    (touched.has(name) ? undefined : present.trees.get(name)) ?? treeId(format, entries);

  /** Puts a part where it belongs, when it is not there already. */
  const place = (
    { environment, app, files }: Pick<StoredPart, 'environment' | 'app' | 'files'>,
    metadata: () => Metadata,
  ): void => {
    const path = `${environment}/${app}`;
    const there = present.files.get(path) ?? new Map<string, Entry>();
    const named = Object.entries(files);
    const stale = [...there.keys()].filter((name) => name !== metadataFile && !Object.hasOwn(files, name));
    const fresh = named.filter(([name, id]) => there.get(name)?.id !== id || there.get(name)?.mode !== mode.file);
    if (stale.length === 0 && fresh.length === 0) return;
    changed.push(path);
    const from = metadata();
    provenance.set(path, from);
    const bytes = formatMetadata(from);
    writes.push(...stale.map((name) => ({ path: `${path}/${name}`, deleted: true }) as const));
    writes.push(...fresh.map(([name, id]) => ({ path: `${path}/${name}`, mode: mode.file, id })));
    writes.push({ path: `${path}/${metadataFile}`, bytes });
    const entries = new Map(named.map(([name, id]) => [name, { mode: mode.file, id }]));
    entries.set(metadataFile, { mode: mode.file, id: blobId(format, bytes) });
    stage(environment).set(app, { mode: mode.folder, id: treeId(format, entries) });
  };

  for (const part of bundle.parts) place(part, () => metadataOf(part, drySha, summary.repository));
  for (const part of adopted) place(part, () => ({ ...part.metadata, drySha }));

  // What is left was taken out of main. A removal has a place in the order like any other part.
  const apps = new Set(summary.apps);
  for (const { name: environment, scope } of summary.environments) {
    for (const [app, entry] of present.folders.get(environment) ?? []) {
      // An app that went to the cluster, or came from there, leaves where it was.
      const moved = outlines[app] !== undefined && outlines[app].scope !== scope;
      if ((apps.has(app) && !moved) || entry.mode !== mode.folder) continue;
      place({ environment, app, files: {} }, () => removalOf(drySha, summary.repository));
    }
  }

  for (const [environment, text] of Object.entries(summary.pipelines)) {
    if (withoutFirstLine(present.pipelines.get(environment) ?? '') === text) continue;
    changed.push(`${environment}/${pipelineFile}`);
    const bytes = `# Written by Slipway at ${drySha}; do not edit.\n${text}`;
    writes.push({ path: `${environment}/${pipelineFile}`, bytes });
    stage(environment).set(pipelineFile, { mode: mode.file, id: blobId(format, bytes) });
  }

  const failed = kept.map(({ app }) => app);
  const rendered = [...new Set([...bundle.parts.map(({ app }) => app), ...taken])].sort();
  const keys = rendered.map((app) => [app, keyOf(sources, app, images[app]) ?? ''] as const);
  const published: Published = {
    drySha,
    node: summary.node,
    repository: summary.repository,
    environments: summary.environments,
    images,
    removed: summary.removed,
    outlines,
    source: sourceKey(sources),
    keys: Object.fromEntries(keys),
    trees: Object.fromEntries([...folders].map(([name, entries]) => [name, treeOf(name, entries)])),
    kept: failed,
  };
  const record = formatPublished(published);
  writes.push({ path: publishedFile, bytes: record });
  const root = new Map<string, Entry>(
    Object.entries(published.trees).map(([name, id]) => [name, { mode: mode.folder, id }]),
  );
  const tree = treeId(format, root.set(publishedFile, { mode: mode.file, id: blobId(format, record) }));
  const commit = { message: messageOf(drySha, changed, failed), writes };
  return { commit, tree, changed, provenance, folders, published };
}

/** What is known of every app: of the rendered ones as they were rendered, of the others as they were. */
export function outlinesOf(
  { summary, taken, kept }: Pick<Bundle<unknown>, 'summary' | 'taken' | 'kept'>,
  before: Pick<Published, 'outlines'> | undefined,
): Published['outlines'] {
  const old = new Set([...taken, ...kept.map(({ app }) => app)]);
  const all = summary.apps.map((app) => [app, (old.has(app) ? before?.outlines : summary.outlines)?.[app]] as const);
  return Object.fromEntries(all.flatMap(([app, outline]) => (outline ? [[app, outline] as const] : [])));
}

/** The image of every app that is built here: of the rendered ones as they were rendered, of the others as they were. */
function imagesOf(
  { drySha, summary, taken, kept }: Bundle<StoredPart>,
  before: Published | undefined,
): Published['images'] {
  const images: Record<string, PublishedImage> = {};
  for (const app of [...taken, ...kept.map((failure) => failure.app)]) {
    const known = before?.images[app];
    if (known) images[app] = known;
  }
  for (const [app, { reference, ...named }] of Object.entries(summary.images)) {
    if (kept.some((failure) => failure.app === app)) continue;
    if (!reference) throw new Refusal(withoutImage(app, named.tree, drySha));
    images[app] = { ...named, reference };
  }
  return Object.fromEntries(Object.entries(images).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What is said of an app whose image nobody knows. */
export const withoutImage = (app: string, tree: string, drySha: string) =>
  `${app} has no image for tree ${tree} of ${drySha}: when it is built and pushed, slipway image find --all --out FILE finds it, and --images FILE names it (by hand: --image ${app}=<repository>@sha256:<digest>).`;

/** The provenance of a part that changed at a dry commit. */
export function metadataOf(
  { environment, app, version, commit, images, irreversible, warns }: StoredPart,
  drySha: string,
  repoURL: string,
): Metadata {
  const commands = [`npx slipway render --env ${environment} --app ${app}`];
  return {
    repoURL,
    drySha,
    commands,
    version,
    images,
    ...(commit ? { commit } : {}),
    ...(irreversible ? { irreversible } : {}),
    ...(warns ? { warns } : {}),
  };
}

const removalOf = (drySha: string, repoURL: string): Metadata => ({ repoURL, drySha, commands: [], removed: true });

/** So many parts are named in a commit's message; the commit itself names all of them. */
const named = 100;

function messageOf(drySha: string, changed: readonly string[], kept: readonly string[]): string {
  const list = changed.slice(0, named).map((path) => `- ${path}\n`);
  const more = changed.length > named ? `- and ${changed.length - named} more\n` : '';
  const failed = kept.length > 0 ? `\nKept as it was, since it cannot be rendered: ${kept.join(', ')}\n` : '';
  return `Publish ${drySha}\n\n${changed.length > 0 ? list.join('') + more : 'No part changed.\n'}${failed}`;
}

const withoutFirstLine = (text: string) => text.slice(text.indexOf('\n') + 1);
