import type { Bundle } from '../model/bundle.ts';
import type { Sources } from '../model/key.ts';
import { identified } from '../model/part.ts';
import { type PartChange, type Preview, partChange, type Touched, touchedBy } from '../model/preview.ts';
import { composePublication, type Present, type Publication } from '../model/publication.ts';
import type { ObjectId } from '../model/timeline.ts';
import { judgeChange } from '../policies/judge-change.ts';
import { formatViolation } from '../policies/violation.ts';

/** A rendered commit beside what stands in `rendered`: the very publication is composed, and not written. */
export function compared(
  bundle: Bundle,
  sources: Sources,
  present: Present,
): { readonly publication: Publication; readonly touched: readonly Touched[] } {
  const parts = bundle.parts.map((part) => identified(present.format, part));
  const publication = composePublication({ ...named(bundle), parts }, sources, present);
  return { publication, touched: touchedBy(publication, present, bundle.parts) };
}

/** What changes in them, by object and field. @param texts the files that stand there now, by object id */
export const changesOf = (
  touched: readonly Touched[],
  texts: ReadonlyMap<ObjectId, string | Buffer>,
): readonly PartChange[] =>
  touched.map((part) => partChange(part, texts, (before, after) => judgeChange(before, after).map(formatViolation)));

/** The apps whose image nobody knows. */
export const notBuiltIn = ({ summary }: Bundle): Preview['notBuilt'] =>
  Object.entries(summary.images).flatMap(([app, { tree, reference }]) =>
    reference === undefined ? [{ app, tree }] : [],
  );

/** As if what is not built were: nothing of it is written. */
function named(bundle: Bundle): Bundle {
  const images = Object.entries(bundle.summary.images).map(
    ([app, image]) => [app, { ...image, reference: image.reference ?? image.tree }] as const,
  );
  return { ...bundle, summary: { ...bundle.summary, images: Object.fromEntries(images) } };
}
