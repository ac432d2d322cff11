import { legalName } from './names.ts';
import { Misuse } from './refusal.ts';

/**
 * One side of `A..B`: what stands in an environment, or stood there at a time or at a commit of its branch; a version of an
 * app; or a commit of `main` or of `rendered`.
 */
export type End =
  | { readonly is: 'environment'; readonly environment: string; readonly at?: string | undefined }
  | { readonly is: 'version'; readonly app: string; readonly version: string }
  | { readonly is: 'revision'; readonly revision: string };

/**
 * @param text `staging..production`, `production@2d..production`, `counter@VERSION..production`, `4f2a91c..HEAD`
 * @param environments whose names are taken for environments
 * @throws {Misuse} for what has not two sides
 */
export function rangeOf(text: string, environments: readonly string[]): readonly [from: End, to: End] {
  const [from, to, ...more] = text.split('..');
  if (!from || !to || more.length > 0 || to.startsWith('.'))
    throw new Misuse(
      `${JSON.stringify(text)} is no A..B: write staging..production, production@2d..production, counter@VERSION..production or 4f2a91c..HEAD.`,
    );
  return [endOf(from, environments), endOf(to, environments)];
}

function endOf(text: string, environments: readonly string[]): End {
  const at = text.indexOf('@');
  const [name, rest] = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined];
  if (environments.includes(name)) return { is: 'environment', environment: name, at: rest || undefined };
  // `HEAD@{1}` and `@{upstream}` are git's own.
  if (rest && !rest.startsWith('{') && legalName.test(name)) return { is: 'version', app: name, version: rest };
  return { is: 'revision', revision: text };
}
