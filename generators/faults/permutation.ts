import assert from 'node:assert/strict';
import { join } from 'node:path';
import { renderBundle } from '../commands/bundle.ts';
import type { Context } from '../commands/context.ts';
import { publish } from '../commands/publish.ts';
import type { Sandbox } from '../commands/sandbox.fixture.ts';
import { Git } from '../git/git.ts';
import { cloned } from '../git/published.ts';
import type { Bundle } from '../model/bundle.ts';
import type { Published } from '../model/metadata.ts';
import { Refusal } from '../model/refusal.ts';
import { Expectation, type Outcome } from './expectation.ts';
import type { History, Place } from './history.ts';
import { intrude } from './intruder.ts';
import type { Random } from './random.ts';
import { chain as chainOf, checkRendered } from './state.ts';

/** What a permutation counts. */
export type Counts = Record<Outcome | 'older bases' | 'kept' | 'intruders' | 'lies', number>;

/** One order of the pipelines of a history, at a remote of its own. */
export class Permutation {
  readonly told: string[] = [];
  readonly counts: Counts = {
    published: 0,
    unchanged: 0,
    superseded: 0,
    refused: 0,
    'older bases': 0,
    kept: 0,
    intruders: 0,
    lies: 0,
  };
  readonly #history: History;
  readonly #random: Random;
  readonly #context: Context;
  readonly #dir: string;
  readonly #remote: Git;
  readonly #expected: Expectation;
  /** Any order at all; or roughly that of main, as pipelines end in life, so that most find something to publish. */
  readonly #any: boolean;
  readonly #whole: boolean;

  /** @param whole pipelines render by themselves; else most publish what was rendered before */
  constructor(box: Sandbox, history: History, random: Random, dir: string, whole: boolean) {
    this.#history = history;
    this.#random = random;
    this.#dir = dir;
    this.#remote = new Git(join(dir, 'remote.git'));
    this.#context = { ...box.context, remote: this.#remote.dir };
    this.#any = random.chance(0.3);
    const { length } = history.chain;
    this.#expected = new Expectation(history, this.#any ? 1 + random.below(length) : length);
    this.#whole = whole;
  }

  async run(): Promise<void> {
    const { chain, merged, unpushed } = this.#history;
    await this.#reveal();
    const commits = chain.map(({ commit }) => commit);
    const repeated = Array.from({ length: 2 }, () => this.#random.pick(commits));
    const strangers = this.#random.shuffled([...merged.slice(0, 2), unpushed]).slice(0, 2);
    for (const dry of this.#inSomeOrder([...commits, ...repeated, ...strangers])) {
      if (this.#expected.visible < chain.length && this.#random.chance(0.3)) {
        this.#expected.visible += 1 + this.#random.below(chain.length - this.#expected.visible);
        await this.#reveal();
      }
      if (this.#random.chance(0.03)) {
        // A shallow clone knows one commit alone, the newest.
        const checkout = await shallowClone(this.#remote, join(this.#dir, `clone-${this.told.length}`));
        await this.#pipeline(commits[this.#expected.visible - 1] as string, checkout);
      } else await this.#pipeline(dry, this.#context.checkout);
    }
    if (this.counts.published > 0) await checkRendered(this.#remote);
    await this.#remote.bytes(['fsck', '--strict']);
  }

  #inSomeOrder(commits: readonly string[]): readonly string[] {
    if (this.#any) return this.#random.shuffled(commits);
    const late = commits.map((dry, at) => ({ dry, end: (at % this.#history.chain.length) + this.#random.below(3) }));
    return late.sort((a, b) => a.end - b.end).map(({ dry }) => dry);
  }

  async #reveal(): Promise<void> {
    const tip = this.#history.chain[this.#expected.visible - 1]?.commit as string;
    await this.#remote.bytes(['update-ref', 'refs/heads/main', tip]);
  }

  async #pipeline(dry: string, checkout: Git): Promise<void> {
    const must = this.#expected.outcome(dry);
    const place = this.#history.chain.find(({ commit }) => commit === dry);
    const bundle = place && (await this.#bundle(place, must));
    this.told.push(
      `${place ? this.#history.chain.indexOf(place) : 'a stranger'} of ${this.#expected.visible}${checkout === this.#context.checkout ? '' : ' from a shallow clone'}${bundle ? ` on ${bundle.base?.slice(0, 8) ?? 'nothing'}, taking ${bundle.taken.join(' and ') || 'nothing'}, keeping ${bundle.kept.map(({ app }) => app).join(' and ') || 'nothing'}` : ''}`,
    );
    const context = { ...this.#context, checkout };
    const doing = () => publish(context, { dry, bundle, images: new Map() });
    if (must !== 'refused' && this.#expected.length > 0 && this.#random.chance(0.1)) {
      this.told.push(await intrude(this.#remote, this.#random, must === 'published', doing));
      this.counts.intruders++;
    }
    if (must === 'published' && bundle && this.#random.chance(0.4)) await this.#lie(context, bundle);
    const is = await doing().then(
      ({ outcome }) => outcome,
      (error) => {
        if (error instanceof Refusal && /not on main/.test(error.message)) return 'refused';
        throw error;
      },
    );
    this.told.push(`  ${is}`);
    assert.equal(is, must);
    this.counts[is]++;
    if (is === 'refused') return;
    if (is === 'published' && place) {
      const kept = (bundle?.kept ?? []).map(({ app }) => app);
      this.counts.kept += kept.length;
      this.#expected.published(place, kept);
    }
    await this.#look();
  }

  /** A bundle that says of an app that it is what the base has is refused where that is not so. */
  async #lie(context: Context, bundle: Bundle): Promise<void> {
    const { base, taken, parts } = bundle;
    const app = parts[0]?.app;
    if (base === undefined || app === undefined) return;
    const lie = { ...bundle, taken: [...taken, app], parts: parts.filter((part) => part.app !== app) };
    const publishing = publish(context, { bundle: lie, images: new Map() });
    await assert.rejects(publishing, /[Rr]ender (it )?again/, `${app} is not what it was at ${base}`);
    this.counts.lies++;
  }

  /** What a pipeline brings: rendered long ago, on an older commit of `rendered`, on none; undefined to render now. */
  async #bundle(place: Place, must: Outcome): Promise<Bundle | undefined> {
    const random = this.#random;
    const length = this.#expected.length;
    // The newest is no rare base: it stands for a pipeline that nobody was faster than.
    const number = random.pick([length - 1, length - 2, length - 2, random.below(length + 1) - 1]);
    const base = number < 0 || length === 0 ? undefined : (await chainOf(this.#remote, 'rendered'))[number];
    const bundle = base ? this.#expected.rendered(place, { number, commit: base }) : place.bundle;
    if (number >= 0 && number < length - 1 && must === 'published' && bundle.taken.length > 0)
      this.counts['older bases']++;
    const rendered = [...new Set(bundle.parts.map(({ app }) => app))];
    if (rendered.length > 0 && random.chance(0.12)) return withoutApp(bundle, random.pick(rendered));
    if (!this.#whole || must !== 'published') return bundle;
    if (random.chance(0.3)) return undefined;
    const images = new Map();
    const made = await renderBundle(cloned(this.#remote), { dry: place.commit, base, images, say: () => {} });
    const [taken, apps] = [[...made.taken].sort(), made.parts.map(({ environment, app }) => `${environment}/${app}`)];
    assert.deepEqual(taken, bundle.taken, 'what is not rendered again');
    assert.deepEqual(
      apps,
      bundle.parts.map(({ environment, app }) => `${environment}/${app}`),
      'what is rendered',
    );
    return made;
  }

  /** Every manifest that was published, and the first environment. */
  async #look(): Promise<void> {
    const lines = await this.#remote.lines(['ls-tree', '-r', '--full-tree', 'refs/heads/rendered']);
    const files = lines
      .map((line) => line.split(/[ \t]/) as [string, string, string, string])
      .filter(([, , , path]) => !/(^published\.json|\/hydrator\.metadata|\/\.gitlab-ci\.yml)$/.test(path))
      .map(([mode, , id, path]) => [path, mode === '100644' ? id : mode]);
    assert.deepEqual(Object.fromEntries(files), this.#expected.files, 'the manifests of rendered');
    const record = JSON.parse(await this.#remote.text(['show', 'refs/heads/rendered:published.json'])) as Published;
    assert.deepEqual({ known: Object.keys(record.keys).sort(), kept: record.kept }, this.#expected.apps, 'keys');
    const [dev, published] = await this.#remote.lines(['rev-parse', 'env/dev^{tree}', 'rendered:dev']);
    assert.equal(dev, published, 'env/dev is what was published for it');
  }
}

/** The bundle of a render in which an app failed. */
const withoutApp = (bundle: Bundle, failed: string): Bundle => ({
  ...bundle,
  parts: bundle.parts.filter(({ app }) => app !== failed),
  kept: [{ app: failed, message: `${failed} cannot be rendered`, exitCode: 1 }],
});

async function shallowClone(remote: Git, dir: string): Promise<Git> {
  const clone = new Git(dir);
  await remote.bytes(['clone', '--quiet', '--depth=1', `file://${remote.dir}`, dir]);
  return clone;
}
