import { type Git, GitError } from '../git/git.ts';
import { filesOf, readRendered } from '../git/history.ts';
import { readBlobs } from '../git/objects.ts';
import { cloned, publishedAt } from '../git/published.ts';
import { isForeign } from '../model/kinds.ts';
import type { Manifest } from '../model/manifest.ts';
import { isMapping } from '../model/mapping.ts';
import { parseMetadata } from '../model/metadata.ts';
import { applicationFile, environmentBranch, metadataFile, publishedFile, rendered } from '../model/names.ts';
import { readYaml } from '../model/plain-yaml.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import type { ObjectId } from '../model/timeline.ts';
import type { Owner } from '../model/tracking.ts';
import { short, versionOf } from '../model/words.ts';

export interface PartRequest {
  readonly environment: string;
  readonly app: string;
  /** A commit of the environment branch, of `rendered`, or of `main`. */
  readonly from: string;
}

/** A part that stands in the clone, ready to be applied. */
export interface FoundPart {
  readonly owner: Owner;
  /** The commit that was named. */
  readonly from: ObjectId;
  /** Its git tree. */
  readonly part: ObjectId;
  /** Its objects, without the Application. */
  readonly manifests: readonly Manifest[];
  /** Why nobody can prove here that it was rendered; undefined when it was. */
  readonly doubt: string | undefined;
}

/**
 * Finds a part in the clone, and asks nobody else: whoever breaks the glass may have no GitLab.
 * @throws {Misuse} for a commit that is not there or holds no such part
 * @throws {Refusal} for a part with nothing to apply, or with what belongs elsewhere
 */
export async function findPart(clone: Git, request: PartRequest): Promise<FoundPart> {
  const { environment, app, from } = request;
  const git = clone.offline();
  const commit = await git.commit(from).catch((error: Error) => missing(from, error));
  if (commit === undefined)
    throw new Misuse(`--from ${from}: no commit of this clone; git fetch, or take it from a clone that has it.`);
  const part = await partOf(git, request, commit);
  const files = await filesOf(git, part);
  if (!files.has(applicationFile))
    throw new Refusal(
      `${environment}/${app} at ${short(commit)} holds nothing but its ${metadataFile}: the app was taken out there, and there is nothing to apply.`,
    );
  const blobs = await readBlobs(
    git,
    [...files.values()].map(({ id }) => id),
  ).catch((error: Error) => missing(from, error));
  const read = (file: string) =>
    readYaml(String(blobs.get(files.get(file)?.id ?? '')), `${app}/${file} at ${short(commit)}`);
  const owner = { environment, app, namespace: namespaceIn(read(applicationFile), request, commit) };
  const names = [...files.keys()].filter((name) => /\.(ya?ml|json)$/.test(name) && name !== applicationFile);
  const manifests = names.map((name) => ({ name, manifest: read(name) }));
  const scope = await scopeOf(git, owner);
  for (const { name, manifest } of manifests) {
    const foreign = isForeign(name, manifest, { name: environment, scope });
    if (foreign) throw new Refusal(`${app}/${name} at ${short(commit)} ${foreign}.`);
  }
  return {
    ...{ owner, from: commit, part },
    manifests: manifests.map(({ manifest }) => manifest as unknown as Manifest),
    doubt: await doubtOf(git, owner, part),
  };
}

/** In a clone without file contents git would fetch them, which it may not. */
function missing(from: string, error: Error): never {
  if (!(error instanceof GitError) && !(error instanceof Refusal)) throw error;
  throw new Refusal(
    `--from ${from}: this clone lacks some of it (${error.message}). Take a whole clone: one without --depth and --filter.`,
    { cause: error },
  );
}

async function partOf(git: Git, { environment, app, from }: PartRequest, commit: ObjectId): Promise<ObjectId> {
  const at = (where: ObjectId, path: string) => git.named(`${where}:${path}`);
  const own = await at(commit, app);
  if (own && (await at(commit, `${app}/${metadataFile}`))) return own;
  const published = (await at(commit, publishedFile)) ? commit : await publishOf(git, commit);
  const path = `${environment}/${app}`;
  const found = published && (await at(published, path));
  if (found) return found;
  if (published)
    throw new Misuse(
      `--from ${from}: ${rendered} at ${short(published)} has no ${path}; see git ls-tree ${short(published)}.`,
    );
  throw new Misuse(
    `--from ${from}: neither a commit of ${environmentBranch(environment)} with ${app}, nor of ${rendered}, nor one of main that this clone knows to be published.`,
  );
}

/** The commit of `rendered` that published a commit of `main`. */
async function publishOf(git: Git, dry: ObjectId): Promise<ObjectId | undefined> {
  const clone = cloned(git);
  const tip = await clone.newest();
  if (tip === undefined) return undefined;
  const naming = ['log', '--first-parent', '--format=%H', `-S${dry}`, tip, '--', publishedFile];
  for (const commit of await git.lines(naming)) if ((await publishedAt(clone, commit))?.drySha === dry) return commit;
  return undefined;
}

/** Where the objects of a part go to. @throws {Misuse} when it is another environment's */
function namespaceIn(application: unknown, { environment, app, from }: PartRequest, commit: ObjectId): string {
  const { kind, metadata, spec } = isMapping(application) ? application : {};
  const { name, namespace } = isMapping(metadata) ? metadata : {};
  if (kind !== 'Application' || name !== app || namespace !== `argocd-${environment}`)
    throw new Misuse(
      `--from ${from}: ${app}/${applicationFile} at ${short(commit)} is ${kind} ${namespace}/${name}, not Application argocd-${environment}/${app}: that is the part of another environment.`,
    );
  const destination = isMapping(spec) && isMapping(spec.destination) ? spec.destination.namespace : undefined;
  if (typeof destination !== 'string')
    throw new Refusal(`${app}/${applicationFile} at ${short(commit)}: spec.destination.namespace is missing.`);
  return destination;
}

async function scopeOf(git: Git, { environment, namespace }: Owner): Promise<'cluster' | 'environment'> {
  const clone = cloned(git);
  const tip = await clone.newest();
  const published = tip === undefined ? undefined : await publishedAt(clone, tip);
  const stage = published?.environments.find(({ name }) => name === environment);
  return stage ? (stage.scope ?? 'environment') : namespace === environment ? 'environment' : 'cluster';
}

async function doubtOf(git: Git, { environment, app }: Owner, part: ObjectId): Promise<string | undefined> {
  const tip = await cloned(git).newest();
  if (tip === undefined) return `this clone has no ${rendered}`;
  const { timelines } = await readRendered(git, tip);
  return timelines.get(`${environment}/${app}`)?.place(part) === undefined
    ? `it never stood in ${rendered}, as far as this clone has it: somebody edited it, or the clone is old`
    : undefined;
}

/**
 * The versions whose migrations cannot be undone, among those that came after one part, up to another: what stood before
 * them cannot run on what they left. Nothing where the clone does not know both.
 */
export async function irreversibleSince(
  clone: Git,
  owner: Owner,
  earlier: ObjectId,
  later: ObjectId,
): Promise<string[]> {
  const git = clone.offline();
  const tip = await cloned(git).newest();
  const timeline = (await readRendered(git, tip)).timelines.get(`${owner.environment}/${owner.app}`);
  const found: string[] = [];
  for (const part of timeline?.between(earlier, later) ?? []) {
    const id = await git.named(`${part}:${metadataFile}`);
    const text = id && String((await readBlobs(git, [id])).get(id));
    const metadata = text ? parseMetadata(text, `${metadataFile} of ${short(part)}`) : undefined;
    if (metadata?.irreversible) found.push(versionOf(metadata));
  }
  return [...new Set(found)];
}

/** What an environment branch has for an app, as far as the clone knows. */
export interface Standing {
  /** `refs/remotes/origin/env/production` */
  readonly ref: string;
  readonly tip: ObjectId;
  /** Absent when the app has no folder there. */
  readonly part: ObjectId | undefined;
}

/** What stands in the newest of the clone's copies of an environment branch; undefined when it has none. */
export async function standingOf(clone: Git, environment: string, app: string): Promise<Standing | undefined> {
  const git = clone.offline();
  const branch = environmentBranch(environment);
  const format = ['for-each-ref', '--sort=-committerdate', '--format=%(objectname) %(refname)'];
  const [newest] = await git.lines([...format, `refs/remotes/*/${branch}`, `refs/heads/${branch}`]);
  if (newest === undefined) return undefined;
  const [tip, ref] = newest.split(' ') as [ObjectId, string];
  return { ref, tip, part: await git.named(`${tip}:${app}`) };
}
