import type { NewCommit, Write } from './commit.ts';
import { formatMetadata, formatPublished } from './metadata.ts';
import { metadataFile, pipelineFile, publishedFile } from './names.ts';
import type { Hydrated, Part } from './part.ts';
import { Refusal } from './refusal.ts';

/** What `rendered` has at its tip, as far as a publish compares it. */
export interface Present {
  /** Every file by path, with its git object id. */
  readonly files: ReadonlyMap<string, string>;
  /** The text of each environment's pipeline file. */
  readonly pipelines: ReadonlyMap<string, string>;
  /** The git object id that these bytes would have. */
  readonly idOf: (bytes: string) => string;
}

export interface Publication {
  readonly commit: NewCommit;
  /** Paths of the parts that are new: `dev/counter`. */
  readonly changed: readonly string[];
}

/**
 * The next commit of `rendered`: every environment of one dry commit. A part whose manifests did not change keeps its
 * tree; one that changed gets a `hydrator.metadata` with this dry commit, so that no tree ever comes back.
 * @throws {Refusal} when an image has no digest: a part without one must not reach a branch
 */
export function composePublication(drySha: string, hydrated: Hydrated, present: Present): Publication {
  const images: Record<string, { tree: string; reference: string }> = {};
  for (const [app, { tree, reference }] of Object.entries(hydrated.images)) {
    if (!reference) {
      throw new Refusal(
        `${app} has no image for tree ${tree} of ${drySha}: build and push it, then publish with --image ${app}=<repository>@sha256:<digest>.`,
      );
    }
    images[app] = { tree, reference };
  }

  const writes: Write[] = [];
  const changed: string[] = [];
  const folders = foldersOf(present.files);

  for (const part of hydrated.parts) {
    const path = `${part.environment}/${part.app}`;
    const there = folders.get(path) ?? new Map<string, string>();
    folders.delete(path);
    const partWrites = writesFor(part, path, there, present.idOf);
    if (partWrites.length === 0) continue;
    changed.push(path);
    const { version, commit, images: pinned } = part;
    const commands = [`npx slipway render --env ${part.environment} --app ${part.app}`];
    const metadata = formatMetadata({
      repoURL: hydrated.repository,
      drySha,
      commands,
      version,
      images: pinned,
      ...(commit ? { commit } : {}),
    });
    writes.push(...partWrites, { path: `${path}/${metadataFile}`, bytes: metadata });
  }

  // What is left was taken out of main. A removal has a place in the order like any other part.
  for (const [path, there] of folders) {
    const environment = path.slice(0, path.indexOf('/'));
    const manifests = [...there.keys()].filter((file) => file !== metadataFile);
    if (!hydrated.environments.some(({ name }) => name === environment) || manifests.length === 0) continue;
    changed.push(path);
    writes.push(...manifests.map((file) => ({ path: `${path}/${file}`, deleted: true }) as const));
    const metadata = formatMetadata({ repoURL: hydrated.repository, drySha, commands: [], removed: true });
    writes.push({ path: `${path}/${metadataFile}`, bytes: metadata });
  }

  for (const [environment, text] of Object.entries(hydrated.pipelines)) {
    if (withoutFirstLine(present.pipelines.get(environment) ?? '') === text) continue;
    changed.push(`${environment}/${pipelineFile}`);
    writes.push({
      path: `${environment}/${pipelineFile}`,
      bytes: `# Written by Slipway at ${drySha}; do not edit.\n${text}`,
    });
  }

  const published = formatPublished({ drySha, environments: hydrated.environments, images });
  writes.push({ path: publishedFile, bytes: published });
  const list = changed.length > 0 ? changed.map((path) => `- ${path}`).join('\n') : 'No part changed.';
  return { commit: { message: `Publish ${drySha}\n\n${list}\n`, writes }, changed };
}

function writesFor(part: Part, path: string, there: ReadonlyMap<string, string>, idOf: Present['idOf']): Write[] {
  const writes: Write[] = [];
  for (const [file, bytes] of Object.entries(part.files)) {
    if (there.get(file) !== idOf(bytes)) writes.push({ path: `${path}/${file}`, bytes });
  }
  for (const file of there.keys()) {
    if (file !== metadataFile && !(file in part.files)) writes.push({ path: `${path}/${file}`, deleted: true });
  }
  return writes;
}

/** `dev/counter` → its files. */
function foldersOf(files: ReadonlyMap<string, string>): Map<string, Map<string, string>> {
  const folders = new Map<string, Map<string, string>>();
  for (const [path, id] of files) {
    const [environment, app, ...rest] = path.split('/');
    if (!environment || !app || rest.length === 0) continue;
    const folder = folders.get(`${environment}/${app}`) ?? new Map();
    folders.set(`${environment}/${app}`, folder.set(rest.join('/'), id));
  }
  return folders;
}

const withoutFirstLine = (text: string) => text.slice(text.indexOf('\n') + 1);
