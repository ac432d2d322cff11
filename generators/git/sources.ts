import type { Sources } from '../model/key.ts';
import type { Build } from '../model/part.ts';
import { Refusal } from '../model/refusal.ts';
import type { ObjectId } from '../model/timeline.ts';
import type { Git } from './git.ts';
import { entriesOf, isFolder } from './history.ts';

/** What a render of this repository reads, at the root of a commit. */
export const renderedFrom = ['apps', 'clusters', 'generators', 'package.json', 'package-lock.json'];

/** What a dry commit's parts depend on. @throws {Refusal} when it is no commit of a Slipway repository */
export async function sourcesAt(git: Git, dry: string): Promise<Sources> {
  const [root, apps] = await Promise.all([entriesOf(git, dry), entriesOf(git, dry, 'apps/')]);
  const missing = renderedFrom.filter((name) => !root.has(name));
  if (missing.length > 0)
    throw new Refusal(`Commit ${dry} has no ${missing.join(', ')}: it is not a commit of a Slipway repository.`);
  const [everyApp = '', ...shared] = renderedFrom.map((name) => root.get(name)?.id ?? '');
  const folders = [...apps].filter(([, entry]) => isFolder(entry)).map(([name, { id }]) => [name, id] as const);
  return { shared, everyApp, apps: new Map(folders) };
}

/** The tree of Slipway's own code: what `slipway` is at the commit that these are the sources of. */
export const programIn = ({ shared }: Pick<Sources, 'shared'>): ObjectId =>
  shared[renderedFrom.slice(1).indexOf('generators')] ?? '';

/**
 * What images are built from: every top-level folder with a Dockerfile. The version for people is `major.minor` of its
 * package.json and the number of first-parent commits that touched the folder since that line last changed, so an
 * unrelated commit changes nothing.
 * @throws {Refusal} for a package.json without a version, and in a clone too shallow to count
 */
export async function buildsAt(git: Git, dry: string): Promise<Record<string, Build>> {
  const folders = [...(await entriesOf(git, dry))].filter(([, entry]) => isFolder(entry));
  const questions = folders.map(([folder]) => `${dry}:${folder}/Dockerfile\n`).join('');
  const answers = await git.lines(['cat-file', '--batch-check=%(objecttype)'], questions);
  const built = folders.filter((_, index) => answers[index] === 'blob');
  const found = built.map(async ([folder, { id: tree }]): Promise<[string, Build]> => {
    const touched = git.text(['rev-list', '--first-parent', '--max-count=1', dry, '--', folder]);
    const [commit, version] = await Promise.all([touched, versionOf(git, dry, folder)]);
    return [folder, { tree, version, commit }];
  });
  return Object.fromEntries(await Promise.all(found));
}

async function versionOf(git: Git, dry: string, folder: string): Promise<string> {
  const file = `${folder}/package.json`;
  const declared = await declaredVersion(git, dry, file);
  if (!declared)
    throw new Refusal(
      `${file} of ${dry} has no version of the form 1.0.0; images built from ${folder} are named after it.`,
    );
  let since: string | undefined;
  for (const commit of await git.lines(['rev-list', '--first-parent', dry, '--', file])) {
    if ((await declaredVersion(git, commit, file)) !== declared) break;
    since = commit;
  }
  // Where the history ends early, what it began with seems to have been made there.
  if (since && (await isCutOff(git, since)))
    throw new Refusal(
      `The version of ${folder} is counted in the history of ${dry}, and this clone is shallow: fetch all of it (git fetch --unshallow; in GitLab CI, GIT_DEPTH: 0), then run it again.`,
    );
  const range = since ? [`${since}..${dry}`] : [dry];
  const count = await git.text(['rev-list', '--count', '--first-parent', ...range, '--', folder]);
  return `${declared}.${count}`;
}

/** Whether a shallow clone ends at a commit: it has parents, and git was told not to follow them. */
async function isCutOff(git: Git, commit: string): Promise<boolean> {
  const [text, followed] = await Promise.all([
    git.text(['cat-file', 'commit', commit]),
    git.text(['rev-list', '--parents', '--max-count=1', commit]),
  ]);
  const header = text.slice(0, text.indexOf('\n\n'));
  return /^parent /m.test(header) && !followed.includes(' ');
}

/** `major.minor` of a package.json; undefined where the file or a legal version is missing. */
async function declaredVersion(git: Git, commit: string, file: string): Promise<string | undefined> {
  const id = await git.named(`${commit}:${file}`);
  if (id === undefined) return undefined;
  const text = await git.text(['cat-file', 'blob', id]);
  try {
    const { version } = JSON.parse(text) as { version?: string };
    return /^(\d+\.\d+)\.\d+$/.exec(version ?? '')?.[1];
  } catch {
    return undefined;
  }
}
