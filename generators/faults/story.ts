import assert from 'node:assert/strict';
import { promote } from '../commands/promote.ts';
import { environmentsFile, type Person, type Sandbox } from '../commands/sandbox.fixture.ts';
import { status } from '../commands/survey.ts';
import { forms, type Made } from './forms.ts';
import { type Environment, Ledger, type Moment } from './ledger.ts';
import type { Random } from './random.ts';
import { textsOf, valueIn } from './state.ts';

const environments: readonly Environment[] = ['dev', 'staging'];
const apps = ['a', 'b', 'c'];

/** A sandbox and the model of it, side by side: whatever is done to one is told to the other. */
export class Story {
  readonly told: string[] = [];
  readonly #box: Sandbox;
  readonly #random: Random;
  readonly #ledger = new Ledger();
  readonly #persons = new Map<Environment, Person>();
  #fresh = 0;

  constructor(box: Sandbox, random: Random) {
    this.#box = box;
    this.#random = random;
  }

  /** Commits to `main` and publishes it; the first environment moves. */
  async publish(): Promise<void> {
    const parts = { dev: { ...this.#ledger.newest.dev }, staging: { ...this.#ledger.newest.staging } };
    const app = this.#random.pick(apps);
    const chance = this.#random.next();
    if (chance < 0.15 && parts.dev[app] !== undefined) {
      const dry = await this.#box.remove(app);
      for (const environment of environments)
        if (!parts[environment][app]?.endsWith(' removed')) parts[environment][app] = `${dry} removed`;
      this.told.push(`publish without ${app}`);
    } else if (chance < 0.25) {
      await this.#box.commit({ 'NOTES.md': `${++this.#fresh}` });
      this.told.push('publish words');
    } else if (chance < 0.35) {
      const dry = await this.#box.commit({
        'clusters/environments.ts': environmentsFile({ replicas: 2 }, { memory: `${64 + ++this.#fresh}Mi` }),
      });
      for (const [name, part] of Object.entries(parts.staging))
        if (!part?.endsWith(' removed')) parts.staging[name] = part?.replace(/^\w+/, dry);
      this.told.push('publish what only staging sees');
    } else {
      const changed = chance < 0.55 ? apps : [app];
      const value = `v${++this.#fresh}`;
      const dry = await this.#box.change(Object.fromEntries(changed.map((name) => [name, value])));
      for (const environment of environments) for (const name of changed) parts[environment][name] = `${dry} ${value}`;
      this.told.push(`publish ${changed.join(' and ')} ${value}`);
    }
    this.#ledger.publish(parts);
    const moments = this.#ledger.chain('dev');
    await this.#box.publish();
    await this.#tell('dev', linear(this.#ledger.branches.dev.now, moments));
    await this.#check();
  }

  /** Promotes to staging; what becomes of the request is up to people. */
  async promote(): Promise<void> {
    const { now } = this.#ledger.branches.staging;
    const moments = this.#ledger.chain('staging');
    const moves = this.#ledger.moves('staging');
    const [promotion] = await this.#box.promote('staging');
    assert.deepEqual(namesOf(promotion?.moves), moves, 'what the request moves');
    const request = promotion?.request;
    const chance = this.#random.next();
    if (moves.length === 0 || !request || chance < 0.15) {
      this.told.push(`promote, which moves ${moves.join(' and ') || 'nothing'}`);
    } else if (chance < 0.7) {
      this.told.push(`promote and merge ${moves.join(' and ')}`);
      await this.#box.context.forge?.merge(request.iid, request.sha);
      await this.#tell('staging', [...linear(now, moments), merge(now, moments.at(-1))]);
    } else if (chance < 0.85) {
      this.told.push(`promote ${moves.join(' and ')}, and merge it without ${moves.at(-1)}`);
      const person = await this.#person('staging');
      await person.git.bytes(['switch', '--quiet', '--detach', 'origin/env/staging-next']);
      await person.git.bytes(['revert', '--no-edit', 'HEAD']);
      const proposal = await person.git.text(['rev-parse', 'HEAD']);
      await person.git.bytes(['switch', '--quiet', 'env/staging']);
      await person.git.bytes(['merge', '--quiet', '--no-ff', '-m', 'without one', proposal]);
      await person.push();
      const all = [...moments, moments.at(-2) ?? now];
      await this.#tell('staging', [...linear(now, all), merge(now, all.at(-1))]);
    } else {
      this.told.push(`promote ${moves.join(' and ')}, and merge nothing of it`);
      const person = await this.#person('staging');
      await person.git.bytes(['merge', '--quiet', '--strategy=ours', '-m', 'not now', 'origin/env/staging-next']);
      await person.push();
      await this.#tell('staging', [...linear(now, moments), merge(now, now)]);
    }
    await this.#check();
  }

  /** A person changes an environment branch in one of the known forms, of which some can always be done. */
  async person(): Promise<string | undefined> {
    const environment = this.#random.pick(environments);
    const { git, push } = await this.#person(environment);
    const branch = this.#ledger.branches[environment];
    for (const [name, form] of this.#random.shuffled(Object.entries(forms))) {
      const made = await form({ git, branch, random: this.#random, fresh: `edited${++this.#fresh}` });
      if (!made) continue;
      this.told.push(`${name} on ${environment}`);
      await push();
      await this.#tell(environment, made);
      return name;
    }
    return undefined;
  }

  async #person(environment: Environment): Promise<Person> {
    const person = this.#persons.get(environment) ?? (await this.#box.person(environment));
    this.#persons.set(environment, person);
    await person.git.bytes(['fetch', '--quiet', 'origin']);
    await person.git.bytes(['reset', '--quiet', '--hard', `origin/env/${environment}`]);
    return person;
  }

  /** Tells the model what was made, and finds the commits that it is. */
  async #tell(environment: Environment, made: readonly Made[]): Promise<void> {
    const branch = this.#ledger.branches[environment];
    const ref = `refs/heads/env/${environment}`;
    const known = branch.entries.map(({ commit }) => `^${commit}`);
    const commits = await this.#box.remote.lines(['rev-list', '--reverse', '--topo-order', ref, ...known]);
    // The first commit of a branch has the pipeline file alone.
    const fresh = branch.entries.length === 0 ? commits.slice(1) : commits;
    assert.equal(fresh.length, made.length, `commits on ${environment}`);
    for (const [index, commit] of fresh.entries()) branch.entries.push({ commit, ...(made[index] as Made) });
    branch.now = made.at(-1)?.after ?? branch.now;
    assert.deepEqual(await this.#partsOf(environment), present(branch.now), `parts of ${environment}`);
  }

  /** What stands on an environment branch, in the model's words: dry sha and value. */
  async #partsOf(environment: Environment): Promise<Moment> {
    const files = apps.flatMap((app) => [`${app}/hydrator.metadata`, `${app}/deployment-${app}.yaml`]);
    const texts = await textsOf(
      this.#box.remote,
      files.map((file) => `refs/heads/env/${environment}:${file}`),
    );
    const parts = apps.map((app, index) => {
      const [metadata, deployment] = texts.slice(index * 2);
      const dry = /"drySha": "(\w+)"/.exec(metadata ?? '')?.[1];
      return [app, dry && `${dry} ${deployment === undefined ? 'removed' : valueIn(deployment)}`];
    });
    return present(Object.fromEntries(parts));
  }

  /** Every word of the status table, and what a promotion would move. */
  async #check(): Promise<void> {
    const rows = (await status(this.#box.context)).filter(({ environment }) => environment !== 'production');
    const is = rows.map(({ environment, app, state, held }) => ({ environment, app, state, held }));
    const must = environments.flatMap((environment) =>
      this.#ledger.apps.map((app) => ({ environment, app, ...this.#ledger.word(environment, app) })),
    );
    assert.deepEqual(is, must);
    const [promotion] = await promote(this.#box.context, { to: 'staging', dryRun: true });
    assert.deepEqual(namesOf(promotion?.moves), this.#ledger.moves('staging'), 'what a promotion would move');
  }
}

const namesOf = (moves: readonly string[] = []) => moves.map((move) => move.split(' ')[0]);
const present = (moment: Moment) => Object.fromEntries(Object.entries(moment).filter(([, part]) => part !== undefined));
const linear = (now: Moment, moments: readonly Moment[]): Made[] =>
  moments.map((after, index) => ({ before: moments[index - 1] ?? now, after, merge: false }));
const merge = (before: Moment, after = before): Made => ({ before, after, merge: true });
