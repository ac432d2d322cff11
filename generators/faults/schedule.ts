import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { program } from '../commands/hydrate-commit.ts';
import { type Promotion, promote } from '../commands/promote.ts';
import type { Forge, MergeRequest } from '../forge/forge.ts';
import type { Git } from '../git/git.ts';
import type { Depth } from '../git/mirror.ts';
import { Refusal } from '../model/refusal.ts';
import { cutOff } from './cut.ts';
import type { Order } from './fault.ts';
import { isSame, PromotionModel, type Seen, taken, type Wish } from './promotion-model.ts';
import type { Random } from './random.ts';
import { type Change, healths, late, type Site, tick } from './site.fixture.ts';
import { Victim } from './victim.ts';

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

/** How it was before a promotion. */
interface Before {
  readonly heads: ReadonlyMap<string, string>;
  /** The open requests that people asked for. */
  readonly asked: readonly Open[];
}

interface Checking {
  readonly open: readonly Open[];
  readonly before: Before;
  /** What the promotion says it left alone. */
  readonly told: readonly string[];
}

/** The branches that a promotion may write. */
const proposals = /^env\/(.+?)(-next|-release-.+|-rollback.*)$/;

/** A site and the model of it, side by side: after everything that is done, nothing may be that must not be. */
export class Schedule {
  readonly told: string[] = [];
  readonly site: Site;
  readonly random: Random;
  readonly model: PromotionModel;
  /** Merge requests that a person opened. */
  readonly byHand = new Set<number>();
  /** What was met, in numbers: a schedule without it would prove little. */
  readonly met = {
    holds: 0,
    edits: 0,
    mixtures: 0,
    'stale merges': 0,
    'refused merges': 0,
    'older parts vouched for': 0,
    "somebody's own proposals": 0,
    'asked for and fine': 0,
    'asked for and behind': 0,
    'asked for and overtaken': 0,
    'asked for and pointless': 0,
    'asked for and changed': 0,
  };
  #fresh = 0;

  private constructor(site: Site, random: Random) {
    this.site = site;
    this.random = random;
    this.model = new PromotionModel(site.remote, site.stages, {
      now: () => site.clock,
      answer: (environment) => !site.unreachable.has(environment),
      see: (environment, name) => this.#see(environment, name),
    });
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

  #see(environment: string, name: string): Seen | undefined {
    const { site, model } = this;
    const is = site.healthOf(environment, name);
    if (is === 'missing' || model.isRemoved(model.standing(environment).get(name))) return undefined;
    const own = model.graph.own(model.graph.heads.get(`env/${environment}`));
    return {
      commit: own[is === 'behind' ? Math.min(late, own.length - 1) : 0],
      isSynced: is !== 'out of sync',
      isHealthy: is !== 'degraded',
      since: site.since(environment, name),
    };
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
    const before = await this.#before();
    const promotions = await promote(this.site.context(skew), { to });
    await this.observe('promote');
    await this.#check(promotions, before, to === undefined ? this.environments : [to]);
    return promotions;
  }

  /** Promotes one app by a person's wish. @returns what became of it, for people */
  async promoteOne(to: string, app: string): Promise<string> {
    const { site, model } = this;
    const before = await this.#before();
    const [made] = await promote(site.context(), { to, app });
    await this.observe('promote');
    const branch = `env/${to}-release-${app}`;
    for (const [name, head] of model.graph.heads)
      assert.ok(name === branch || before.heads.get(name) === head, `${name} was moved for ${branch}`);
    const word = model.word(to, app);
    const result = made?.others.find((other) => other.branch === branch);
    const head = before.heads.get(branch);
    const isTheirs = head !== undefined && !model.composed(to, head);
    if (isTheirs) assert.equal(model.graph.heads.get(branch), head, `${branch} is somebody's own`);
    else if (word === 'older') {
      assert.deepEqual(model.proposed(to, branch), [{ name: app, part: model.offer(to, app) }], `what ${branch} does`);
      const request = (await this.open()).find(({ source }) => source === branch);
      assert.ok(request, `${branch} has no request`);
      this.byHand.add(request.iid);
    }
    return `${word}, ${result?.outcome ?? 'nothing'}`;
  }

  /** Two promotions at once, each with a clock of its own. */
  async promoteTwice(): Promise<void> {
    const before = await this.#before();
    const [one] = await Promise.all([0, 5000].map((skew) => promote(this.site.context(skew), {})));
    await this.observe('promote');
    await this.#check(one as Promotion[], before, this.environments);
  }

  /**
   * Promotes, and has others be faster between what it has read and what it writes. What another promotion proposed
   * meanwhile stays: it knew more.
   * @param act what is done meanwhile
   */
  async promoteOvertaken(act: () => Promise<unknown>): Promise<void> {
    const { site, model } = this;
    const written = new Map<string, readonly Wish[] | undefined>();
    // Whatever was published a moment ago may go on: a promotion without news would not be overtaken.
    site.clock += 2 * tick;
    let waiting = 1 + this.random.below(2);
    const context = site.context();
    const proposed = (branch: string) => {
      const [, environment = ''] = proposals.exec(branch) ?? [];
      return model.proposed(environment, branch);
    };
    const forge = context.forge as Forge;
    const overtake = async () => {
      if (--waiting !== 0) return;
      await this.observe('promote');
      const before = model.graph.heads;
      await act();
      // What was done meanwhile had the time to soak, or the other would have no news.
      site.clock += 2 * tick;
      await this.promote(5000);
      // A promotion that found all as it should be did not know more.
      for (const [name, head] of model.graph.heads)
        if (proposals.test(name) && before.get(name) !== head) written.set(name, proposed(name));
    };
    // With the last answer it has read what it decides by, and pushed nothing: a first environment asks the forge alone.
    const opened = async (branch: string): Promise<MergeRequest[]> => {
      const requests = await forge.opened(branch);
      if (!this.later.some((name) => branch === `env/${name}`)) await overtake();
      return requests;
    };
    const live = async (environment: string) => {
      const found = await context.live?.(environment);
      await overtake();
      return found ?? [];
    };
    await promote({ ...context, live, forge: { ...forge, opened } }, {});
    await this.observe('promote');
    for (const [branch, wishes] of written)
      assert.deepEqual(proposed(branch), wishes, `what was proposed later on ${branch} was overwritten`);
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

  /** How it is before a promotion that is checked. */
  async #before(): Promise<Before> {
    const open = this.byHand.size > 0 ? await this.open() : [];
    return { heads: this.model.graph.heads, asked: open.filter(({ iid }) => this.byHand.has(iid)) };
  }

  /** After a promotion onto some environments the right requests are open, and no others. */
  async #check(promotions: readonly Promotion[], before: Before, environments: readonly string[]): Promise<void> {
    const open = await this.open();
    for (const environment of environments) {
      const promotion = promotions.find((one) => one.environment === environment);
      const told = promotion?.left ?? [];
      this.#checkOwn(environment, { open, before, told });
      for (const request of before.asked)
        if (request.target === `env/${environment}`) this.#checkAsked(environment, request, { open, before, told });
      this.#checkTold(environment, promotion, told);
    }
  }

  /** The requests that promotions open by themselves. */
  #checkOwn(environment: string, { open, before, told }: Checking): void {
    const { model } = this;
    const next = `env/${environment}-next`;
    const moves = model.moves(environment);
    const isFirst = !this.later.includes(environment);
    const wanted: (readonly [string, readonly Wish[]])[] = [
      ...(isFirst || moves.length === 0 ? [] : [[next, moves] as const]),
      ...model.returns(environment).map((wish) => [`env/${environment}-release-${wish.name}`, [wish]] as const),
    ];
    // Where a person asked for one already, that is the request.
    const asked = new Set(before.asked.map(({ source }) => source));
    const own = open.filter(({ target, iid }) => target === `env/${environment}` && !this.byHand.has(iid));
    const branches = new Set([...wanted.map(([branch]) => branch), ...own.map(({ source }) => source), next]);
    const theirs = [...branches].filter((branch) => {
      const head = before.heads.get(branch);
      return head !== undefined && !asked.has(branch) && !model.composed(environment, head);
    });
    this.met["somebody's own proposals"] += theirs.length;
    for (const branch of theirs) {
      assert.equal(model.graph.heads.get(branch), before.heads.get(branch), `${branch} is somebody's own`);
      if (isFirst && branch === next) continue;
      assert.ok(
        told.some((line) => line.startsWith(`${branch} `)),
        `${branch} is somebody's own, and nobody says so`,
      );
    }
    const must = new Map(wanted.filter(([branch]) => !theirs.includes(branch) && !asked.has(branch)));
    assert.deepEqual(
      own.flatMap(({ source }) => (theirs.includes(source) ? [] : [source])).sort(),
      [...must.keys()].sort(),
      `requests onto ${environment}`,
    );
    for (const [branch, wishes] of must)
      assert.deepEqual(model.proposed(environment, branch), wishes, `what ${branch} does`);
  }

  /** A request that a person asked for follows, is closed, or is told of. */
  #checkAsked(environment: string, { iid, source }: Open, { open, before, told }: Checking): void {
    const { model, met } = this;
    const head = before.heads.get(source);
    const asked = model.asked(environment, head);
    met[`asked for and ${asked.is === 'theirs' ? 'changed' : asked.is}` as const]++;
    const isOpen = open.some((one) => one.iid === iid);
    assert.equal(isOpen, asked.is !== 'pointless', `!${iid} on ${source} is ${asked.is}`);
    if (asked.is === 'behind')
      assert.deepEqual(model.proposed(environment, source), asked.wishes, `what ${source} does`);
    else assert.equal(model.graph.heads.get(source), head, `${source} is ${asked.is}`);
    if (asked.is === 'theirs' || asked.is === 'overtaken')
      assert.ok(
        told.some((line) => line.startsWith(`!${iid} `)),
        `!${iid} on ${source} is ${asked.is}, and nobody says so`,
      );
  }

  /** What a promotion says about an environment. */
  #checkTold(environment: string, promotion: Promotion | undefined, told: readonly string[]): void {
    const { model, met } = this;
    const moves = this.later.includes(environment) ? model.moves(environment) : [];
    assert.deepEqual(
      (promotion?.moves ?? []).map((move) => move.split(' ')[0]),
      moves.map(({ name }) => name),
      'what it says',
    );
    const names = model.names(environment);
    met.holds += names.filter((name) => model.word(environment, name) === 'held').length;
    const source = this.site.stages.find(({ name }) => name === environment)?.after;
    if (source !== undefined)
      met['older parts vouched for'] += moves.filter(
        ({ name }) =>
          model.offer(environment, name) !== model.counterpart(environment, name, model.standing(source).get(name)),
      ).length;
    const edited = names.filter((name) => model.isEdited(environment, name));
    met.edits += edited.length;
    for (const name of edited)
      assert.ok(
        told.some((line) => line.startsWith(`${name} `) && line.includes('edited')),
        `${environment}/${name} is edited, and nobody says so`,
      );
  }

  /**
   * A person does something on an environment branch, or on a proposal for it, and pushes it.
   * @returns whether there was anything to do
   */
  async person(
    environment: string,
    act: (git: Git) => Promise<boolean>,
    branch = `env/${environment}`,
  ): Promise<boolean> {
    const git = await this.site.person(branch);
    const done = await act(git);
    if (done) await git.bytes(['push', '--quiet', 'origin', `HEAD:${branch}`]);
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
    const health = random.chance(0.3) ? 'healthy' : random.pick(healths);
    site.health.set(`${environment}/${name}`, health);
    return `${environment}/${name} is ${health}`;
  }

  /** All is quiet: then publishes and promotions come to an end, with the right requests. Whether they write no more costs as much again. */
  async settle(): Promise<void> {
    const { site } = this;
    site.health.clear();
    site.unreachable.clear();
    site.clock += 2 * tick;
    await this.publishAgain();
    await this.promote();
    if (this.random.chance(0.7)) return;
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
