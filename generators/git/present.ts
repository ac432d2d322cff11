import { type Published, parsePublished } from '../model/metadata.ts';
import { pipelineFile, publishedFile, rendered } from '../model/names.ts';
import type { Present } from '../model/publication.ts';
import { Refusal } from '../model/refusal.ts';
import type { Entry } from '../model/timeline.ts';
import type { Git } from './git.ts';
import { entriesOf, filesOf, isFolder, listTree } from './history.ts';
import type { Mirror } from './mirror.ts';

/**
 * Reads what stands at a commit of `rendered`, as far as a publish compares it.
 * @param compared whether the files of an app's part are compared
 * @param trusting take what stands there for what it is: to find out what is wrong with it. @default false
 * @throws {Refusal} when the commit was not written by a publish
 */
export async function readPresent(
  { git, format, blobs }: Mirror,
  tip: string | undefined,
  compared: (app: string) => boolean,
  trusting = false,
): Promise<Present> {
  if (tip === undefined)
    return { format, trees: new Map(), folders: new Map(), files: new Map(), pipelines: new Map() };
  const root = await entriesOf(git, tip);
  const stages = [...root].filter(([, entry]) => isFolder(entry)).map(([name]) => name);
  const folders = new Map<string, Map<string, Entry>>(stages.map((name) => [name, new Map()]));
  const parts: string[] = [];
  const listed =
    stages.length > 0
      ? await listTree(
          git,
          tip,
          stages.map((name) => `${name}/`),
          [],
        )
      : new Map();
  for (const [path, entry] of listed) {
    const [environment, app] = path.split('/') as [string, string];
    folders.get(environment)?.set(app, entry);
    if (isFolder(entry) && compared(app)) parts.push(path);
  }
  const [published, files, pipelines] = await Promise.all([
    publishedOf(blobs, tip, root.get(publishedFile)),
    filesOfParts(git, tip, parts, listed.size),
    textsOf(
      blobs,
      stages.flatMap((name) => ({ name, entry: folders.get(name)?.get(pipelineFile) })),
    ),
  ]);
  if (!trusting) refuseForeign(tip, published, root);
  const trees = new Map(stages.map((name) => [name, root.get(name)?.id ?? '']));
  return { format, published, trees, folders, files, pipelines };
}

async function publishedOf(blobs: Mirror['blobs'], tip: string, entry: Entry | undefined): Promise<Published> {
  const where = `${publishedFile} of ${rendered} at ${tip}`;
  if (!entry)
    throw new Refusal(`${where} is missing: the commit was not written by a publish. Revert it on ${rendered}.`);
  return parsePublished(String((await blobs([entry.id])).get(entry.id)), where);
}

/** Each part's files. Few parts are asked for by name; for many it is cheaper to list all. */
async function filesOfParts(git: Git, tip: string, parts: readonly string[], of: number): Promise<Present['files']> {
  const files = new Map<string, Map<string, Entry>>();
  if (parts.length === 0) return files;
  const wanted = new Set(parts);
  const all = parts.length * 4 > of || parts.length > 500;
  for (const [path, entry] of all ? await filesOf(git, tip) : await listTree(git, tip, parts, ['-r'])) {
    const slash = path.indexOf('/', path.indexOf('/') + 1);
    const part = path.slice(0, slash);
    if (slash < 0 || !wanted.has(part)) continue;
    const folder = files.get(part) ?? new Map<string, Entry>();
    files.set(part, folder.set(path.slice(slash + 1), entry));
  }
  return files;
}

async function textsOf(
  blobs: Mirror['blobs'],
  named: readonly { readonly name: string; readonly entry: Entry | undefined }[],
): Promise<Map<string, string>> {
  const texts = await blobs(named.flatMap(({ entry }) => entry?.id ?? []));
  return new Map(named.flatMap(({ name, entry }) => (entry ? [[name, String(texts.get(entry.id))]] : [])));
}

/**
 * Reads what was published at a commit of `rendered`, and makes sure that nothing else stands there.
 * @throws {Refusal} when the commit was not written by a publish
 */
export async function readOwn({ git, blobs }: Pick<Mirror, 'git' | 'blobs'>, tip: string): Promise<Published> {
  const root = await entriesOf(git, tip);
  const published = await publishedOf(blobs, tip, root.get(publishedFile));
  refuseForeign(tip, published, root);
  return published;
}

/** What somebody else put into `rendered` is neither taken over nor written over: it has to be looked at. */
function refuseForeign(tip: string, { trees }: Published, root: ReadonlyMap<string, Entry>): void {
  const names = new Set([...Object.keys(trees), ...root.keys()]);
  for (const name of names) {
    const [there, recorded] = [root.get(name), trees[name]];
    if (name === publishedFile || (there?.id === recorded && isFolder(there))) continue;
    throw new Refusal(
      `${rendered} at ${tip} was changed by somebody else: ${name} is ${there ? `${there.mode} ${there.id}` : 'missing'}, and ${publishedFile} recorded ${recorded ?? 'nothing'}. See npx slipway verify --rendered; revert that commit on ${rendered}, then publish again.`,
    );
  }
}
