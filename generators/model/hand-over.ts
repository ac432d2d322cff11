import { formatImage, type ImageReference, parseImage } from './image.ts';
import { wholeId } from './object-id.ts';
import { Refusal } from './refusal.ts';
import { code, plain, quote, short } from './words.ts';

/** Where a commit stands to another one. */
export type Lineage = 'same' | 'newer' | 'older' | 'diverged';

/** An image that was built elsewhere, and the commit there that it was built from. */
export interface Built {
  /** `registry/name:tag@sha256:…` */
  readonly reference: string;
  readonly commit: string;
}

/** What stands somewhere already: in the definition, or in a proposal that is open. */
export interface Pinned {
  readonly images: readonly ImageReference[];
  readonly commit: string;
  /** `apps/shop/app.ts`, or the branch. */
  readonly where: string;
  /** What a person does about it, where no later commit can: `change it by hand`. */
  readonly remedy: string;
}

/**
 * What becomes of an image that is handed over: pipelines may end in any order, and the later commit counts, not the
 * later pipeline.
 * @returns `bump`, or `unchanged` where the image stands there, or `superseded` where a later one does
 * @throws {Refusal} for a second image of one commit, and for a commit that does not come after what is pinned
 */
export function judgeHandOver(
  { reference, commit }: Built,
  { images, commit: pinned, where, remedy }: Pinned,
  lineage: Lineage,
): 'bump' | 'unchanged' | 'superseded' {
  if (lineage === 'older') return 'superseded';
  if (lineage === 'diverged')
    throw new Refusal(
      `${commit} does not come after ${pinned}, which ${where} has: its branch was rewritten, or it is another one. Hand over a commit that comes after it, or ${remedy}.`,
    );
  const { digest } = parseImage(reference, 'REF@DIGEST');
  if (images.every((image) => image.digest === digest)) return 'unchanged';
  if (lineage === 'newer') return 'bump';
  throw new Refusal(
    `${where} has ${images.map(formatImage).join(', ')} for commit ${commit}; it cannot have a second image, ${reference}. Make a new commit and hand that over.`,
  );
}

/** What a request says. */
export interface HandOver {
  readonly app: string;
  /** Where people find the commits: `https://gitlab.com/example/shop`. */
  readonly repository: string;
  readonly from: Built;
  readonly to: Built;
  readonly count: number;
  /** Newest first; there may be more. */
  readonly commits: readonly { readonly sha: string; readonly author: string; readonly subject: string }[];
}

/** A version as people read it: a tag that is the id of a tree is one that nobody reads. */
function called({ reference, commit }: Built): string {
  const { tag = '' } = parseImage(reference, 'image');
  return wholeId.test(tag) ? short(commit) : quote(tag);
}

export const handOverTitle = ({ app, from, to }: Pick<HandOver, 'app' | 'from' | 'to'>): string =>
  `Bump ${app} ${called(from)} → ${called(to)}`;

/** Title and body of the request, for the person who merges it. */
export function handOverText(handOver: HandOver): { title: string; body: string } {
  const { repository, from, to, count, commits } = handOver;
  const site = repository.replace(/\.git$/, '');
  // GitHub has the same pages without the dash.
  const pages = new URL(site).hostname === 'github.com' ? site : `${site}/-`;
  const commit = (sha: string) => `[${code(short(sha))}](${pages}/commit/${sha})`;
  const row = (name: string, one: string, other: string) => `| ${name} | ${one} | ${other} |`;
  const [was, is] = [from, to].map(({ reference }) => parseImage(reference, 'image'));
  const more = count - commits.length;
  const body = [
    `The image of ${code(is?.repository ?? '')} is built from ${site}.`,
    '',
    row('', 'from', 'to'),
    row('---', '---', '---'),
    row('Tag', code(was?.tag ?? '', 140), code(is?.tag ?? '', 140)),
    row('Digest', code(was?.digest ?? '', 80), code(is?.digest ?? '', 80)),
    row('Commit', commit(from.commit), commit(to.commit)),
    '',
    `${count} ${count === 1 ? 'commit' : 'commits'} between, newest first ([compare](${pages}/compare/${from.commit}...${to.commit})):`,
    '',
    ...commits.map(({ sha, author, subject }) => `- ${commit(sha)} ${plain(subject)}, by ${plain(author, 80)}`),
    ...(more > 0 ? [`- and ${more} more`] : []),
    '',
    'Merged, it is published for every environment, and the first one takes it; the others get it by promotion. To take it back, revert the merge.',
  ];
  return { title: handOverTitle(handOver), body: body.join('\n') };
}
