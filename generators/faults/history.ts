import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderBundle } from '../commands/bundle.ts';
import { environmentsFile, type Sandbox } from '../commands/sandbox.fixture.ts';
import { cloned } from '../git/published.ts';
import { sourcesAt } from '../git/sources.ts';
import type { Bundle } from '../model/bundle.ts';
import { keyOf, type Sources } from '../model/key.ts';
import type { Random } from './random.ts';
import { each } from './scope.ts';

/** What an app's parts are made from, in one word per app: equal words are equal sources, and so equal manifests. */
export type Words = Readonly<Record<string, string>>;

/** A commit on the first-parent chain of `main`. */
export interface Place {
  readonly commit: string;
  readonly words: Words;
  /** The whole of it, rendered without a base. */
  readonly bundle: Bundle;
}

/** A history of `main` in a sandbox. */
export interface History {
  /** The first-parent chain from the first commit that can be published. */
  readonly chain: readonly Place[];
  /** Commits that came in by merges: they are reachable from the chain and not on it. */
  readonly merged: readonly string[];
  /** A commit that nobody pushed. */
  readonly unpushed: string;
}

/** The names that its apps may have. */
const apps = ['a', 'b', 'c'] as const;

/** The chart that a history changes: every app depends on it. */
const chart = 'generators/charts/deployment.ts';

/**
 * Makes a history of `main`: changes and changes back, removals, additions, words, and merged branches.
 * @param length so many commits or one more
 */
export async function makeHistory(box: Sandbox, random: Random, length: number): Promise<History> {
  const { checkout } = box;
  const git = (...args: string[]) => checkout.bytes(args);
  const values: Record<string, string> = { a: '1', b: '1' };
  const shared = { chart: '5', replicas: '2' };
  let counter = 1;
  const words = (): Words =>
    Object.fromEntries(Object.entries(values).map(([app, value]) => [app, Object.values({ value, ...shared }).join()]));
  const here = async () => ({
    commit: await checkout.text(['rev-parse', 'HEAD']),
    words: words(),
    sources: JSON.stringify({ values, shared }),
  });
  const chain = [await here()];
  const merged: string[] = [];
  const fresh = (earlier: readonly string[]) =>
    // What was there before may come back: then an older part has the same manifests, and is no older part.
    random.chance(0.5) ? random.pick(earlier) : `${++counter}`;

  /** An app that was another one commit ago, and is the same as it was two commits ago from now on. */
  const back = (): string | undefined => {
    const old = JSON.parse(chain.at(-2)?.sources ?? '{"values":{}}').values as typeof values;
    const app = apps.find(
      (name) => old[name] !== undefined && values[name] !== undefined && old[name] !== values[name],
    );
    if (app) values[app] = old[app] as string;
    return app;
  };

  const edit = async (): Promise<string> => {
    const returned = random.chance(0.35) ? back() : undefined;
    if (returned) return box.commitQuietly(box.changed({ [returned]: values[returned] as string }));
    const absent = apps.filter((app) => values[app] === undefined);
    // One app more, and all the others as they were, is easily taken for nothing new.
    const app = random.pick(random.chance(0.5) && absent.length > 0 ? absent : apps);
    // What every app shares changes at least once, or a key that leaves it out would be a good one.
    const chance = chain.length === 2 ? 0.15 + 0.16 * random.next() : random.next();
    if (chance < 0.15) return box.commitQuietly({ 'NOTES.md': `${++counter}` });
    if (chance < 0.22) {
      shared.replicas = fresh(['2', '3'].filter((value) => value !== shared.replicas));
      return box.commitQuietly({ 'clusters/environments.ts': environmentsFile({ replicas: Number(shared.replicas) }) });
    }
    if (chance < 0.31) {
      shared.chart = fresh(['5', '6'].filter((value) => value !== shared.chart));
      const source = await readFile(join(checkout.dir, chart), 'utf8');
      const text = source.replace(/(readinessProbe = .*periodSeconds: )\d+/, `$1${shared.chart}`);
      assert.match(text, new RegExp(`readinessProbe = .*periodSeconds: ${shared.chart},`), `${chart} can be changed`);
      return box.commitQuietly({ [chart]: text });
    }
    if (values[app] !== undefined && chance < 0.5) {
      delete values[app];
      return box.commitQuietly(box.removed(app));
    }
    values[app] = fresh(['1', '2', '3'].filter((value) => value !== values[app]));
    return box.commitQuietly(box.changed({ [app]: values[app] }));
  };

  while (chain.length < length) {
    if (random.chance(0.25)) {
      await git('switch', '--quiet', '--create', 'feature');
      for (let number = 1 + random.below(2); number > 0; number--) merged.push(await edit());
      await git('switch', '--quiet', 'main');
      // Sometimes main went on meanwhile, with something that does not meet the branch.
      if (random.chance(0.5)) {
        const commit = await box.commitQuietly({ 'MEANWHILE.md': `${++counter}` });
        chain.push({ ...(chain.at(-1) as (typeof chain)[number]), commit });
      }
      await git('merge', '--quiet', '--no-ff', '-m', 'merge feature', 'feature');
      await git('branch', '--quiet', '--delete', 'feature');
    } else await edit();
    chain.push(await here());
  }
  await git('push', '--quiet', 'origin', 'HEAD:main');
  const unpushed = await box.commitQuietly({ 'NOTES.md': 'mine alone' });
  const bundles = new Map<string, Bundle>();
  // A render costs more than ten publishes: what has the same sources has the same manifests, and is rendered once.
  await each(new Map(chain.map((place) => [place.sources, place.commit])), 2, async ([sources, dry]) => {
    const rendering = { dry, base: undefined, images: new Map(), say: () => {} };
    bundles.set(sources, await renderBundle(cloned(checkout), rendering));
  });
  const places = chain.map(({ commit, words, sources }): Place => {
    const bundle = bundles.get(sources) as Bundle;
    return { commit, words, bundle: { ...bundle, drySha: commit } };
  });
  await checkKeys(box, places);
  return { chain: places, merged, unpushed };
}

/** An app has the same key at two places when, and only when, it has the same sources. */
async function checkKeys({ checkout }: Sandbox, places: readonly Place[]): Promise<void> {
  const sources = await Promise.all(places.map(({ commit }) => sourcesAt(checkout, commit)));
  const pairs = apps.flatMap((app) =>
    places.map(({ words }, at) => ({ app, word: words[app], key: keyOf(sources[at] as Sources, app, undefined) })),
  );
  const here = pairs.filter(({ word }) => word !== undefined);
  for (const one of here)
    for (const other of here.filter(({ app }) => app === one.app))
      assert.equal(one.key === other.key, one.word === other.word, `${one.app}: ${one.word} and ${other.word}`);
}
