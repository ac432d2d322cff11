import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../commands/hydrate-commit.ts';
import { type Promotion, promote } from '../commands/promote.ts';
import type { Git } from '../git/git.ts';
import type { Depth } from '../git/mirror.ts';
import type { Live } from '../model/gate.ts';
import { Refusal } from '../model/refusal.ts';
import { cutOff } from './cut.ts';
import type { Order } from './fault.ts';
import { isSame, PromotionModel, taken, type Wish } from './promotion-model.ts';
import type { Random } from './random.ts';
import { type Change, healths, type Site } from './site.fixture.ts';
import { Victim } from './victim.ts';

/**
 * Whether a promotion also proposes what single apps could go back to: the re-apply requests of held apps and the
 * repairs of edited ones. Where it does not, a request that nobody opened by hand is one too many.
 */
export const proposesReturns: boolean = false;

/** Something that happens. @returns what, for people; undefined when there was nothing that it could be done to */
export type Turn = (schedule: Schedule) => Promise<string | undefined>;

/** Who did what was done. */
type Doer = 'promote' | 'publish' | 'person';

/** A merge request, as far as it is compared. */
export interface Open {
  readonly iid: number;
  readonly source: string;
  readonly target: string;
}

/** The branches that a promotion may write. */
const proposals = proposesReturns ? /^env\/(.+)(-next|-release-.+)$/ : /^env\/(.+)(-next)$/;

/** A site and the model of it, side by side: after everything that is done, nothing may be that must not be. */
export class Schedule {
  readonly told: string[] = [];
  readonly site: Site;
  readonly random: Random;
  readonly model: PromotionModel;
  /** Merge requests that a person opened. */
  readonly byHand = new Set<number>();
  /** What was met, in numbers: a schedule without it would prove little. */
  readonly met = { holds: 0, edits: 0, mixtures: 0, 'stale merges': 0, 'refused merges': 0 };
  #fresh = 0;

  private constructor(site: Site, random: Random) {
    this.site = site;
    this.random = random;
    this.model = new PromotionModel(site.remote, site.stages, (environment, name) => this.#agrees(environment, name));
  }

  /** A schedule at a site where everything that was published runs everywhere. */
  static async at(site: Site, random: Random): Promise<Schedule> {
    const schedule = new Schedule(site, random);
    await schedule.model.look();
    if (schedule.model.graph.heads.has('rendered')) await schedule.model.published();
    return schedule;
  }

  get environments(): string[] {
    return this.site.stages.map(({ name }) => name);
  }

  /** The environments that come after another. */
  get later(): string[] {
    return this.site.stages.flatMap(({ name, after }) => (after === undefined ? [] : [name]));
  }

  /** A word that nobody used yet. */
  fresh(): string {
    return `v${++this.#fresh}`;
  }

  #agrees(environment: string, name: string): boolean {
    const { site, model } = this;
    if (site.unreachable.has(environment)) return false;
    const part = model.standing(environment).get(name);
    if (model.isRemoved(part)) return true;
    const is = site.healthOf(environment, name);
    if (is !== 'behind') return is === 'healthy';
    const [, before] = model.graph.own(model.graph.heads.get(`env/${environment}`));
    return model.graph.commit(before).entries.get(name) === part;
  }

  /**
   * Looks at the branches after somebody did something: only what is theirs to move has moved, and forward.
   * @param noting what the model has to be told of it
   */
  async observe(doer: Doer, noting = () => {}): Promise<void> {
    const { model } = this;
    const guarded = this.environments.map((environment) => [environment, model.guarded(environment)] as const);
    const before = await model.look();
    noting();
    const { graph } = model;
    for (const branch of new Set([...before.keys(), ...graph.heads.keys()])) {
      const [was, is] = [before.get(branch), graph.heads.get(branch)];
      if (was === is) continue;
      assert.ok(this.#mayMove(doer, branch), `${branch} was moved from ${was} to ${is} by a ${doer}`);
      if (this.environments.some((name) => branch === `env/${name}`) && was !== undefined)
        assert.ok(graph.reachable(is).has(was), `${branch} lost ${was}`);
      const [, environment] = (doer === 'promote' && proposals.exec(branch)) || [];
      if (environment !== undefined)
        assert.equal(model.malformed(environment, branch), undefined, `${branch} has something that nobody published`);
    }
    if (doer !== 'person')
      for (const [environment, parts] of guarded)
        for (const [name, part] of parts)
          assert.equal(
            model.standing(environment).get(name),
            part,
            `a ${doer} moved ${environment}/${name}, held or edited`,
          );
    assert.deepEqual(model.unproven(), [], 'something runs that its source never ran');
  }

  #mayMove(doer: Doer, branch: string): boolean {
    if (doer === 'promote') return proposals.test(branch);
    const first = this.site.stages.flatMap(({ name, after }) => (after === undefined ? [`env/${name}`] : []));
    const published = ['main', 'rendered', ...first].includes(branch);
    return doer === 'publish' ? published : !['main', 'rendered'].includes(branch);
  }

  /** Publishes; the first environment takes what is older there, and nothing else. */
  async publish(change: Change): Promise<void> {
    await this.site.publish(change);
    await this.model.published();
    await this.#follow('history');
  }

  /** Publishes once more what is published: it has nothing to append, and sees the tips of the branches alone. */
  publishAgain(): Promise<void> {
    return this.#follow('tips');
  }

  async #follow(depth: Depth): Promise<void> {
    const { site, model } = this;
    const first = site.stages.filter(({ after }) => after === undefined).map(({ name }) => name);
    const must = first.map((name) => [name, taken(model.standing(name), model.moves(name))] as const);
    const exists = first.every((name) => model.graph.heads.has(`env/${name}`));
    await site.follow(depth);
    // The branches are created with the first publish, and that is no move.
    if (!exists) await model.look();
    await this.observe('publish');
    if (!exists) return;
    for (const [name, parts] of must)
      assert.ok(isSame(model.standing(name), parts), `env/${name} took something else than what was older there`);
  }

  /**
   * Promotes as nobody disturbs it, and compares every request.
   * @param to only onto this environment
   */
  async promote(skew = 0, to?: string): Promise<Promotion[]> {
    const promotions = await promote(this.site.context(skew), { to });
    await this.observe('promote');
    await this.check(promotions);
    return promotions;
  }

  /** Two promotions at once, each with a clock of its own. */
  async promoteTwice(): Promise<void> {
    const [one] = await Promise.all([0, 5000].map((skew) => promote(this.site.context(skew), {})));
    await this.observe('promote');
    await this.check(one as Promotion[]);
  }

  /**
   * Promotes, and has others be faster between what it has read and what it writes. What another promotion proposed
   * meanwhile stays: it knew more.
   * @param act what is done meanwhile
   */
  async promoteOvertaken(act: () => Promise<unknown>): Promise<void> {
    const { site, model } = this;
    const written = new Map<string, readonly Wish[] | undefined>();
    let waiting = 1 + this.random.below(2);
    const context = site.context();
    const live = async (environment: string): Promise<readonly Live[]> => {
      const seen = await site.live(environment);
      if (--waiting !== 0) return seen;
      await this.observe('promote');
      await act();
      const before = model.graph.heads;
      await this.promote(5000);
      for (const name of this.later) {
        const branch = `env/${name}-next`;
        // A promotion that found all as it should be did not know more.
        if (before.get(branch) !== model.graph.heads.get(branch)) written.set(name, model.proposed(name, branch));
      }
      return seen;
    };
    await promote({ ...context, live }, {});
    await this.observe('promote');
    for (const [name, wishes] of written)
      assert.deepEqual(
        model.proposed(name, `env/${name}-next`),
        wishes,
        `a later proposal for ${name} was overwritten`,
      );
  }

  /** Promotes through a forge that fails at some calls. */
  async promoteThroughFaults(): Promise<void> {
    const { site, random } = this;
    site.forgeFault = () => (random.chance(0.3) ? random.pick(['cut before', 'cut after', '500'] as const) : undefined);
    try {
      await refusable(promote(site.context(), {}));
    } finally {
      site.forgeFault = undefined;
    }
    await this.observe('promote');
  }

  /** Promotes until a door does not open any more. @returns whether it came to that */
  async promoteUntilCut(): Promise<boolean> {
    const { site, random } = this;
    const cut = await cutOff(() => promote(site.context(), {}), random.below(90), random.chance(0.5));
    await this.observe('promote');
    return cut;
  }

  /** Promotes in a process of its own, which is killed: without gates, as it is called where none are configured. */
  async promoteUntilKilled(): Promise<void> {
    const { site, random } = this;
    const temp = join(site.dir, 'temp');
    await mkdir(temp, { recursive: true });
    const kind = random.pick(['kill before', 'kill during', 'kill after'] as const);
    const order: Order = { step: 8 + random.below(50), kind, delay: random.below(30) };
    const journal = join(site.dir, `journal-${this.fresh()}`);
    const args = [join(program, 'generators', 'commands', 'slipway.mjs'), 'promote', '--remote', site.remote.dir];
    const victim = new Victim({ args, cwd: site.checkout.dir, temp, order, journal, env: site.variables });
    const { status, err } = await victim.ended;
    assert.ok(status === 0 || status === undefined, `it ended with ${status}: ${err}`);
    await victim.alone();
    await this.observe('promote');
    assert.ok(
      (await readdir(temp)).every((name) => name.startsWith('slipway-mirror-')),
      'what it leaves is a mirror',
    );
  }

  /** Every open merge request. */
  async open(): Promise<Open[]> {
    const { said } = await this.site.ask('GET', '?state=opened');
    return (said as { iid: number; source_branch: string; target_branch: string }[]).map(
      ({ iid, source_branch: source, target_branch: target }) => ({ iid, source, target }),
    );
  }

  /** The right requests are open, and no others. */
  async check(promotions: readonly Promotion[]): Promise<void> {
    const open = await this.open();
    for (const { environment, moves: moved, left } of promotions) {
      const { model } = this;
      const own = open.filter(({ target, iid }) => target === `env/${environment}` && !this.byHand.has(iid));
      const moves = model.moves(environment);
      const must = new Map<string, readonly Wish[]>(moves.length > 0 ? [[`env/${environment}-next`, moves]] : []);
      if (proposesReturns)
        for (const wish of model.returns(environment)) {
          const branch = `env/${environment}-release-${wish.name}`;
          // Where a person asked for one already, that is the request.
          if (!open.some(({ iid, source }) => source === branch && this.byHand.has(iid))) must.set(branch, [wish]);
        }
      assert.deepEqual(own.map(({ source }) => source).sort(), [...must.keys()].sort(), `requests onto ${environment}`);
      for (const [branch, wishes] of must)
        assert.deepEqual(model.proposed(environment, branch), wishes, `what ${branch} does`);
      assert.deepEqual(
        moved.map((move) => move.split(' ')[0]),
        moves.map(({ name }) => name),
        'what it says',
      );
      const names = model.names(environment);
      this.met.holds += names.filter((name) => model.word(environment, name) === 'held').length;
      const edited = names.filter((name) => model.isEdited(environment, name));
      this.met.edits += edited.length;
      for (const name of edited)
        assert.ok(
          left.some((line) => line.startsWith(`${name} `) && line.includes('edited')),
          `${environment}/${name} is edited, and nobody says so`,
        );
    }
  }

  /** A person does something on an environment branch and pushes it. @returns whether there was anything to do */
  async person(environment: string, act: (git: Git) => Promise<boolean>): Promise<boolean> {
    const git = await this.site.person(environment);
    const done = await act(git);
    if (done) await git.bytes(['push', '--quiet', 'origin', `HEAD:env/${environment}`]);
    await this.observe('person');
    return done;
  }

  /** The gates see something else. */
  flap(): string {
    const { site, random } = this;
    const environment = random.pick(this.environments);
    if (random.chance(0.2)) {
      if (!site.unreachable.delete(environment)) site.unreachable.add(environment);
      return `the gates of ${environment} ${site.unreachable.has(environment) ? 'cannot' : 'can'} be asked`;
    }
    const name = random.pick(['a', 'b', 'c']);
    const health = random.chance(0.5) ? 'healthy' : random.pick(healths);
    site.health.set(`${environment}/${name}`, health);
    return `${environment}/${name} is ${health}`;
  }

  /** All is quiet: then publishes and promotions come to an end, with the right requests. Whether they write no more costs as much again. */
  async settle(): Promise<void> {
    const { site } = this;
    site.health.clear();
    site.unreachable.clear();
    await this.publishAgain();
    await this.promote();
    if (this.random.chance(0.5)) return;
    let state = await site.state();
    for (let run = 2; run <= 3; run++) {
      await this.promote();
      const next = await site.state();
      if (next === state) return;
      assert.ok(run < 3, 'a third promotion wrote something');
      state = next;
    }
  }
}

/** What a person can be told is no failure. */
export async function refusable<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
