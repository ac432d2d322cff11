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
import { checkRendered } from './state.ts';

/** What a permutation counts. */
export type Counts = Record<Outcome | 'older bases' | 'kept' | 'intruders' | 'lies', number>;

/** At least so many commits of a history have a pipeline that ends. */
const fewest = 3;

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
  /** The commits of `rendered`, oldest first. */
  readonly #tips: string[] = [];
  /** The branches that a publish writes, as they were seen last. */
  #seen: readonly string[] = [];

  /** @param whole half of the pipelines render by themselves; else most publish what was rendered before */
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
    // The pipelines of the other commits were cancelled. What was published in a row has most in common.
    const number = fewest + this.#random.below(3);
    const inARow = this.#random.chance(0.6);
    const first = this.#random.below(commits.length - number + 1);
    const begun = inARow ? commits.slice(first, first + number) : this.#random.shuffled(commits).slice(0, number);
    const repeated = this.#random.chance(0.7) ? [this.#random.pick(begun)] : [];
    const strangers = this.#random.chance(0.6) ? [this.#random.pick([...merged, unpushed])] : [];
    for (const dry of this.#inSomeOrder([...begun, ...repeated, ...strangers])) {
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
    const { chain } = this.#history;
    const place = (dry: string) => chain.findIndex(({ commit }) => commit === dry);
    const late = commits.map((dry) => ({ dry, end: place(dry) + this.#random.below(3) }));
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
    if (is === 'published' && place) {
      const kept = (bundle?.kept ?? []).map(({ app }) => app);
      this.counts.kept += kept.length;
      this.#expected.published(place, kept);
    }
    await this.#look(is);
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
    const any = random.pick([length - 1, length - 2, length - 2, random.below(length + 1) - 1]);
    const telling = this.#telling(place);
    const number = telling.length > 0 && random.chance(0.7) ? random.pick(telling) : any;
    const bundle = this.#on(place, number);
    const { base } = bundle;
    if (number >= 0 && number < length - 1 && must === 'published' && bundle.taken.length > 0)
      this.counts['older bases']++;
    const rendered = [...new Set(bundle.parts.map(({ app }) => app))];
    if (rendered.length > 0 && random.chance(0.12)) return withoutApp(bundle, random.pick(rendered));
    // Where all that the base knows is the same, a render might think that nothing changed at all.
    const tempting = base !== undefined && bundle.taken.length === this.#expected.known(number).length;
    if (must !== 'published' || !(tempting || (this.#whole && random.chance(0.5)))) return bundle;
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

  /** What a pipeline renders that stands on one commit of `rendered`, or on none. */
  #on(place: Place, number: number): Bundle {
    const commit = number < 0 ? undefined : this.#tips[number];
    return commit === undefined ? place.bundle : this.#expected.rendered(place, { number, commit });
  }

  /** Bases that know an app as it is at this place, while the newest knows it otherwise: what they have comes back. */
  #telling(place: Place): number[] {
    const newest = new Set(this.#on(place, this.#expected.length - 1).taken);
    return [...this.#tips.keys()].filter((number) => this.#on(place, number).taken.some((app) => !newest.has(app)));
  }

  /**
   * Every manifest that was published, and the first environment. A pipeline that published nothing moved nothing, and
   * what stands there was looked at before.
   */
  async #look(is: Outcome): Promise<void> {
    const format = '--format=%(refname:lstrip=2) %(objectname) %(tree)';
    const seen = await this.#remote.lines(['for-each-ref', format, 'refs/heads/rendered', 'refs/heads/env']);
    if (is !== 'published') {
      assert.deepEqual(seen, this.#seen, `a pipeline that is ${is} moves no branch`);
      return;
    }
    this.#seen = seen;
    const branches = new Map(seen.map((line) => line.split(' ')).map(([name, ...ids]) => [name, ids]));
    const [tip = ''] = branches.get('rendered') ?? [];
    this.#tips.push(tip);
    const entries = new Map(
      (await this.#remote.lines(['ls-tree', '-r', '-t', '--full-tree', tip]))
        .map((line) => line.split(/[ \t]/) as [string, string, string, string])
        .map(([mode, type, id, path]) => [path, { type, id: mode === '100644' || type === 'tree' ? id : mode }]),
    );
    const manifests = [...entries].filter(
      ([path, { type }]) =>
        type !== 'tree' && !/(^published\.json|\/hydrator\.metadata|\/\.gitlab-ci\.yml)$/.test(path),
    );
    const files = Object.fromEntries(manifests.map(([path, { id }]) => [path, id]));
    assert.deepEqual(files, this.#expected.files, 'the manifests of rendered');
    const record = JSON.parse(await this.#remote.text(['show', `${tip}:published.json`])) as Published;
    assert.deepEqual({ known: Object.keys(record.keys).sort(), kept: record.kept }, this.#expected.apps, 'keys');
    assert.equal(branches.get('env/dev')?.[1], entries.get('dev')?.id, 'env/dev is what was published for it');
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
