import type { MergeRequest } from '../forge/forge.ts';
import type { Git } from '../git/git.ts';
import { entriesOf, isFolder, treeChanges } from '../git/history.ts';
import { between, lineageOf } from '../git/lineage.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import { bumped, pinnedIn, pinOfBump, sourceIn } from '../model/bump.ts';
import { type Built, handOverText, handOverTitle } from '../model/hand-over.ts';
import { formatImage } from '../model/image.ts';
import { isDraft, mark } from '../model/marked.ts';
import { bumpBranch, head, main } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { type Context, untilSettled } from './context.ts';
import { type Bumped, type Handed, judged, unknownApp } from './handed.ts';

export interface BumpRequest extends Handed {
  readonly app: string;
  /** Say what would happen; move no branch and ask the forge for nothing. */
  readonly dryRun: boolean;
}

/** So many commits are named in the request. */
const named = 20;

/**
 * Proposes an image that was built elsewhere, as the one merge request of its app onto `main`. Any number may run at
 * once, and any may be killed: the later commit is proposed in the end.
 * @throws {Misuse} for an app, repository or source that the definition does not have
 * @throws {Refusal} for a commit that does not come after what is pinned or proposed, or a branch with somebody's work
 */
export async function proposeBump(context: Context, request: BumpRequest): Promise<Bumped> {
  const also = [head(bumpBranch(request.app))];
  const mirror = await openMirror(context.checkout, context.remote, { depth: 'tips', also });
  try {
    return await untilSettled(mirror, () => decide(context, mirror, request));
  } finally {
    await mirror.close();
  }
}

async function decide(context: Context, mirror: Mirror, request: BumpRequest): Promise<Bumped | 'stale'> {
  const { app, built, history, dryRun } = request;
  const { git, refs } = mirror;
  const [file, branch] = [`apps/${app}/app.ts`, bumpBranch(app)];
  const tip = refs.get(head(main));
  if (!tip) throw new Refusal(`${mirror.address} has no branch ${main}.`);
  const text = await textAt(mirror, tip, file);
  if (text === undefined) {
    const folders = [...(await entriesOf(git, tip, 'apps/'))].filter(([, entry]) => isFolder(entry));
    throw unknownApp(
      app,
      folders.map(([name]) => name),
    );
  }
  const result = { app, file, after: built.reference, commit: built.commit, branch };
  const onMain = await judged(app, text, request, { where: `${file} of ${main}`, remedy: 'change it by hand' });
  if (onMain !== 'bump') return { ...result, outcome: onMain, before: [], where: `${file} of ${main}` };

  const from = refs.get(head(branch));
  const open = from === undefined ? undefined : await proposalAt(mirror, request, from);
  // What came to main another way proposes nothing any more.
  const { commit: pinned = built.commit } = sourceIn(app, text) ?? {};
  const counts = open !== undefined && (await lineageOf(history, pinned, open.built.commit)) === 'newer';
  const standing =
    open && counts
      ? await judged(app, open.text, request, { where: branch, remedy: 'close its request and delete it' })
      : 'bump';
  // The later of the two is what the request is about, whoever comes to word it.
  const wanted = open && standing !== 'bump' ? open.built : built;
  const { text: next, before } = bumped(app, text, wanted);
  const isSame = open?.text === next;
  let at = from;
  if (!isSame && !dryRun) {
    const commit = { message: await messageOf(request, text, wanted), writes: [{ path: file, bytes: next }] };
    [at] = (await writeCommits(git, tip, [commit], context.now())) as [string];
    if ((await push(mirror, [{ ref: head(branch), from, to: at }])) === 'stale') return 'stale';
  }
  const said = dryRun ? undefined : await wordRequest(context, request, text, wanted);
  if (said) {
    // Somebody may have moved the branch meanwhile: then the request speaks of another commit.
    await mirror.fetch();
    if (refs.get(head(branch)) !== at) return 'stale';
  }
  const found = { ...result, before, request: said?.request };
  if (standing === 'superseded') return { ...found, outcome: 'superseded', where: branch };
  if (isSame) return { ...found, outcome: said && said.did !== 'unchanged' ? said.did : 'unchanged', where: branch };
  return { ...found, outcome: said ? (said.did === 'unchanged' ? 'updated' : said.did) : 'proposed' };
}

/** What a branch of ours proposes. @throws {Refusal} where it holds anything else */
async function proposalAt(mirror: Mirror, { app }: BumpRequest, at: string): Promise<{ text: string; built: Built }> {
  const { git, refs } = mirror;
  const file = `apps/${app}/app.ts`;
  const theirs = new Refusal(
    `${bumpBranch(app)} holds something else than a bump of ${app}: merge it or delete it, then run it again.`,
  );
  const [, parent, other] = (await git.text(['rev-list', '--parents', '--max-count=1', at])).split(' ');
  const tip = refs.get(head(main)) as string;
  if (!parent || other || !(parent === tip || (await git.isAncestor(parent, tip)))) throw theirs;
  const [change, more] = await treeChanges(git, parent, at);
  const [was, text] = await Promise.all([textAt(mirror, parent, file), textAt(mirror, at, file)]);
  if (change?.path !== file || more || was === undefined || text === undefined) throw theirs;
  const built = builtIn(app, was, text);
  // What it says must be all that it does.
  if (!built || bumped(app, was, built).text !== text) throw theirs;
  return { text, built };
}

/** The bump that led from one text to another, by what the latter says. */
function builtIn(app: string, was: string, text: string): Built | undefined {
  const commit = sourceIn(app, text)?.commit;
  const known = new Set(references(was));
  const [reference] = references(text).filter((one) => !known.has(one));
  return commit && reference ? { reference, commit } : undefined;
}

const references = (text: string) => [...text.matchAll(/[\w./:-]+@sha256:[0-9a-f]{64}/g)].map(([one]) => one);

async function textAt({ git, blobs }: Pick<Mirror, 'git' | 'blobs'>, commit: string, path: string) {
  const id = await git.named(`${commit}:${path}`);
  return id === undefined ? undefined : String((await blobs([id])).get(id));
}

/** What `main` pins, in the repository that the image is from. */
function pinnedOn(app: string, text: string, { reference }: Built): { from: Built; repository: string } {
  const { commit = '', repository = '' } = sourceIn(app, text) ?? {};
  const [image] = pinnedIn(app, text, pinOfBump(reference).repository);
  return { from: { reference: image ? formatImage(image) : '', commit }, repository };
}

async function messageOf({ app }: BumpRequest, text: string, to: Built): Promise<string> {
  const { from, repository } = pinnedOn(app, text, to);
  return `${handOverTitle({ app, from, to })}\n\n${from.reference}\n→ ${to.reference}\n\nBuilt-From: ${repository}@${to.commit}\n`;
}

/** Makes the request what it should be; undefined without a forge. What people wrote into it stays. */
async function wordRequest(
  { forge }: Context,
  { app, history }: { app: string; history: Git },
  text: string,
  to: Built,
): Promise<{ did: 'opened' | 'updated' | 'unchanged'; request: MergeRequest } | undefined> {
  if (!forge) return undefined;
  const { from, repository } = pinnedOn(app, text, to);
  const source = bumpBranch(app);
  const says = handOverText({ app, repository, from, to, ...(await between(history, from.commit, to.commit, named)) });
  const found = (await forge.opened(main)).find((request) => request.source === source);
  if (!found) {
    const body = mark('bump', says.body);
    return { did: 'opened', request: await forge.open({ source, target: main, title: says.title, body }) };
  }
  const title = isDraft(found.title) ? `Draft: ${says.title}` : says.title;
  const body = mark('bump', says.body, { there: found.body });
  const same = found.title === title && found.body.replaceAll('\r\n', '\n').trim() === body.trim();
  return same
    ? { did: 'unchanged', request: found }
    : { did: 'updated', request: await forge.update(found.iid, { title, body }) };
}
