import type { Bundle } from './bundle.ts';
import { keyOf, type Sources } from './key.ts';
import type { Published } from './metadata.ts';
import { publishedFile, rendered } from './names.ts';
import type { Build, StoredPart } from './part.ts';
import { outlinesOf } from './publication.ts';
import { Refusal } from './refusal.ts';
import { checkTogether } from './together.ts';

/**
 * Holds the keys that were recorded against the commit that they were recorded for: what is taken over by a key must
 * have been rendered under it.
 * @throws {Refusal} naming the app
 */
export function checkKeys({ drySha, keys, images }: Published, sources: Sources, at: string): void {
  for (const [app, recorded] of Object.entries(keys)) {
    const key = keyOf(sources, app, images[app]);
    if (key === recorded) continue;
    throw new Refusal(
      `${publishedFile} of ${rendered} at ${at} records the key ${recorded} for ${app}, and ${drySha} gives ${key ?? 'none'}: it was changed by hand, or written by another version of Slipway. See npx slipway verify --rendered; revert that commit on ${rendered}, then publish again.`,
    );
  }
}

/**
 * Holds what a bundle claims of its dry commit against git: images are what their folders' trees say, versions and
 * commits are counted anew, and what is taken over has the key that this commit gives.
 * @param before what was published at the bundle's base
 * @throws {Refusal} naming the app
 */
export function checkClaims(
  bundle: Bundle<StoredPart>,
  sources: Sources,
  builds: Readonly<Record<string, Build>>,
  before: Published | undefined,
): void {
  const { drySha, parts, taken, kept, summary, base } = bundle;
  const wrong = (app: string, what: string): Refusal =>
    new Refusal(`The bundle says of ${app} ${what}: it was not rendered from ${drySha}. Render it again.`);

  const unknown = summary.apps.find((app) => !sources.apps.has(app));
  if (unknown) throw wrong(unknown, 'that it is an app, and apps/ has no such folder');
  for (const [app, { build, tree, version, commit }] of Object.entries(summary.images)) {
    const real = builds[build];
    if (real?.tree !== tree || real.version !== version || real.commit !== commit)
      throw wrong(app, `that ${build} is ${version} of tree ${tree}`);
  }
  for (const { app, version, commit } of parts) {
    const named = summary.images[app];
    if (commit !== named?.commit || (named && version !== named.version))
      throw wrong(app, `that it is version ${version} of commit ${commit ?? 'none'}`);
  }
  for (const app of taken) {
    const image = before?.images[app];
    const build = image && builds[image.build];
    const same = !image || build?.tree === image.tree;
    const key = keyOf(sources, app, image && build ? { ...build, reference: image.reference } : undefined);
    if (!same || key === undefined || before?.keys[app] !== key)
      throw wrong(app, `that it is unchanged since ${base ?? 'the beginning'}`);
  }
  const [clash] = checkTogether(summary.apps, outlinesOf(bundle, before)).filter(
    ({ app }) => !kept.some((failure) => failure.app === app),
  );
  if (clash) throw new Refusal(clash.message);
}
