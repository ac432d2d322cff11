import type { Facts, FileDifference, RequestFacts } from '../board/facts.ts';
import type { MergeRequest } from '../forge/forge.ts';
import { type Git, GitError } from '../git/git.ts';
import { isDraft } from '../model/marked.ts';
import { environmentBranch, metadataFile } from '../model/names.ts';
import { quote } from '../model/words.ts';

/** So many files, and lines of each, are shown; git has the rest. */
const most = { files: 80, lines: 400 };

/** Gathers what the page of a request shows. */
export async function requestFacts(repository: Git, request: MergeRequest, facts: Facts): Promise<RequestFacts> {
  const { iid, title, state, source, target, sha, body } = request;
  const base = await baseOf(repository, request);
  const paths = base === undefined ? [] : await changedPaths(repository, base, sha);
  const shown = paths.slice(0, most.files);
  const moved = new Set(paths.map((path) => path.split('/')[0]));
  const environment = facts.environments.find(({ name }) => environmentBranch(name) === target);
  return {
    iid,
    title: quote(title, 300),
    state,
    source,
    target,
    sha,
    body,
    isDraft: isDraft(title),
    refuses: state === 'opened' ? await refusal(repository, request) : undefined,
    environment: environment && {
      ...environment,
      apps: environment.apps.filter(({ name }) => moved.size === 0 || moved.has(name)),
    },
    files: base === undefined ? [] : await differences(repository, base, sha, shown),
    more: paths.length - shown.length,
  };
}

/** What the request is compared with: where the two part, or what it was merged onto. */
async function baseOf(repository: Git, { state, target, sha }: MergeRequest): Promise<string | undefined> {
  if (state !== 'merged') return parting(repository, target, sha);
  for (const line of await repository.lines(['rev-list', '--first-parent', '--parents', target])) {
    const [, first, second] = line.split(' ');
    if (second === sha) return first;
  }
  return undefined;
}

/** Where two commits part; undefined where they share nothing, or one is not there any more. */
async function parting(repository: Git, target: string, sha: string): Promise<string | undefined> {
  try {
    return await repository.text(['merge-base', target, sha]);
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}

/** Why the forge would refuse to merge it: its branch must stand on the tip. */
async function refusal(repository: Git, { target, sha }: MergeRequest): Promise<string | undefined> {
  const tip = await repository.commit(target);
  if (tip === undefined || sha === '') return 'Its branch is gone.';
  if (tip === sha) return 'It changes nothing any more.';
  if (await repository.isAncestor(tip, sha)) return undefined;
  return `${target} has moved since it was made, and it does not stand on the tip any more: bring it up to date.`;
}

/** Manifests that differ, without what only says where they come from. */
async function changedPaths(repository: Git, base: string, sha: string): Promise<string[]> {
  const bytes = await repository.bytes(['diff-tree', '-r', '-z', '--name-only', '--no-renames', base, sha]);
  return bytes
    .toString()
    .split('\0')
    .filter((path) => path !== '' && !path.endsWith(`/${metadataFile}`));
}

async function differences(
  repository: Git,
  base: string,
  sha: string,
  paths: readonly string[],
): Promise<FileDifference[]> {
  if (paths.length === 0) return [];
  const plain = ['-r', '-p', '--no-renames', '--no-color', '--no-ext-diff', '--no-textconv', '--no-prefix'];
  const text = await repository.text(['--literal-pathspecs', 'diff-tree', ...plain, base, sha, '--', ...paths]);
  // In the order of the paths: git lists what it was asked for, each once.
  return text
    .split(/^(?=diff --git )/m)
    .filter((piece) => piece.startsWith('diff --git '))
    .map((piece, at) => {
      const lines = piece.split('\n');
      const from = lines.findIndex((line) => line.startsWith('@@'));
      const own = from < 0 ? ['(not a text)'] : lines.slice(from).filter((line) => line !== '');
      return { path: paths[at] ?? '', lines: own.slice(0, most.lines) };
    });
}
