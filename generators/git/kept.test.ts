import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import { Git, gitRan, type Ran } from './git.ts';
import { entriesOf, readEnvironment, readRendered } from './history.ts';
import { lookAtEnvironment, lookAtRendered } from './kept.ts';
import { Shelf } from './shelf.ts';

/** What somebody does to one of the two branches. */
type Deed =
  | { readonly is: 'put' | 'gone' | 'file' | 'module' | 'nothing'; readonly app: string; readonly word: number }
  /** A chain of its own from a few commits ago, and its merge, which takes all of it or leaves something out. */
  | {
      readonly is: 'merge';
      readonly app: string;
      readonly word: number;
      readonly back: number;
      readonly takes: boolean;
    }
  /** Its tip goes back, and nobody has what was there. */
  | { readonly is: 'rewrite'; readonly back: number };
interface Doing {
  readonly rendered: boolean;
  readonly deed: Deed;
  /** Whether somebody looks afterwards. */
  readonly look: boolean;
}

const app = fc.constantFrom('a', 'a.b', 'a-b', 'ä', '__proto__');
const word = fc.integer({ min: 1, max: 5 });
const back = fc.nat({ max: 4 });
const doing: fc.Arbitrary<Doing> = fc.record({
  rendered: fc.boolean(),
  look: fc.boolean(),
  deed: fc.oneof(
    { weight: 6, arbitrary: fc.record({ is: fc.constantFrom('put', 'gone', 'file', 'module', 'nothing'), app, word }) },
    { weight: 4, arbitrary: fc.record({ is: fc.constant('merge' as const), app, word, back, takes: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ is: fc.constant('rewrite' as const), back }) },
  ),
});

/** Writes a history, and says where its branches stood each time somebody looks. */
class Writing {
  readonly lines: string[] = [];
  readonly looks: { readonly rendered: number; readonly environment: number }[] = [];
  readonly #chains = { rendered: [] as number[], environment: [] as number[] };
  #mark = 0;

  constructor(doings: readonly Doing[]) {
    const first = { is: 'put', app: 'a', word: 0 } as const;
    for (const rendered of [true, false]) this.#do({ rendered, look: !rendered, deed: first });
    for (const one of doings) this.#do(one);
    this.#look();
  }

  #do({ rendered, deed, look }: Doing): void {
    const chain = this.#chains[rendered ? 'rendered' : 'environment'];
    const root = rendered ? 'dev/' : '';
    const earlier = (by: number) => chain[Math.max(0, chain.length - 1 - by)];
    if (deed.is === 'rewrite') chain.length = Math.max(1, chain.length - deed.back);
    else {
      const { app: name } = deed;
      const put = `M 100644 inline ${root}${name}/deployment.yaml\ndata 1\n${deed.word}\n`;
      const gone = `D ${root}${name}\n`;
      const file = `${gone}M 100644 inline ${root}${name}\ndata 1\n${deed.word}\n`;
      const module = `${gone}M 160000 ${String(deed.word).repeat(40)} ${root}${name}\n`;
      const changes = { put, gone, file, module, nothing: '' };
      if (deed.is === 'merge') {
        const onto = chain.at(-1);
        const side = this.#commit([earlier(deed.back)], `${gone}${put}`);
        const last = this.#commit([side], `M 100644 inline ${root}beside/x.yaml\ndata 1\n${deed.word}\n`);
        chain.push(this.#commit([onto, last], deed.takes ? `${gone}${put}` : ''));
      } else chain.push(this.#commit([chain.at(-1)], changes[deed.is]));
    }
    if (look) this.#look();
  }

  #look(): void {
    const { rendered, environment } = this.#chains;
    this.looks.push({ rendered: rendered.at(-1) ?? 0, environment: environment.at(-1) ?? 0 });
  }

  #commit(parents: readonly (number | undefined)[], changes: string): number {
    const mark = ++this.#mark;
    const from = parents.flatMap((parent, at) => (parent ? [`${at === 0 ? 'from' : 'merge'} :${parent}\n`] : []));
    // Clocks are not to be trusted: a later commit may have an earlier time.
    const time = 1_700_000_000 + ((mark * 7919) % 1000);
    this.lines.push(
      `reset refs/heads/x\ncommit refs/heads/x\nmark :${mark}\ncommitter A <a@x> ${time} +0000\ndata 0\n${from.join('')}${changes}`,
    );
    return mark;
  }
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-kept-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A repository with a history, and the commits where somebody looks. */
async function written(dir: string, doings: readonly Doing[]) {
  await rm(dir, { recursive: true, force: true });
  await mkdir(dir);
  const git = new Git(dir);
  await git.bytes(['init', '--quiet', '--bare']);
  const { lines, looks } = new Writing(doings);
  await git.bytes(['fast-import', '--quiet', '--force', '--export-marks=marks'], lines.join(''));
  const marks = (await readFile(join(dir, 'marks'), 'utf8')).trimEnd().split('\n');
  const shas = new Map(marks.map((line) => line.slice(1).split(' ') as [string, string]));
  const sha = (mark: number) => shas.get(String(mark)) ?? '';
  const tips = looks.map(({ rendered, environment }) => ({ rendered: sha(rendered), environment: sha(environment) }));
  return { git, tips };
}

/** All that a reader is told. Of what stands, in its order. */
const told = ({ tip, entries, seen, course }: EnvironmentHistory) => ({
  ...{ tip, entries: [...entries], seen, commits: course.commits, standings: course.standings },
  latest: course.latest(),
});
const ordered = ({ commits, timelines }: Rendered) => ({
  commits,
  timelines: new Map([...timelines].map(([path, { entries }]) => [path, entries])),
});

test('what was kept and what came after it are what a whole read says, however a history grew', async (t) => {
  const dir = await folder(t);
  const histories = fc.array(doing, { minLength: 10, maxLength: 15, size: 'max' });
  await fc.assert(
    fc.asyncProperty(histories, async (doings) => {
      const { git, tips } = await written(join(dir, 'git'), doings);
      const shelf = new Shelf(join(dir, 'git', 'slipway'), 'sha1');
      for (const { rendered, environment } of tips) {
        const [kept, whole, entries, order, wholeOrder] = await Promise.all([
          lookAtEnvironment(git, shelf, 'dev', environment),
          readEnvironment(git, environment),
          entriesOf(git, environment),
          lookAtRendered(git, shelf, rendered),
          readRendered(git, rendered),
        ]);
        assert.deepEqual(told(kept), told(whole));
        assert.deepEqual([...whole.entries], [...entries]);
        assert.deepEqual(ordered(order), ordered(wholeOrder));
        await shelf.settled();
      }
    }),
    { numRuns: 3, endOnFailure: true },
  );
});

/** So many git commands walk a branch meanwhile. */
async function walks(work: () => Promise<unknown>): Promise<string[]> {
  const ran: string[] = [];
  const note = (message: unknown) => void ran.push((message as Ran).args.join(' '));
  gitRan.subscribe(note);
  await work().finally(() => gitRan.unsubscribe(note));
  return ran.filter((args) => args.startsWith('rev-list'));
}

test('what is kept is read once, and what is missing, broken or foreign is nothing', async (t) => {
  const dir = await folder(t);
  const put = (word: number): Doing => ({ rendered: false, look: true, deed: { is: 'put', app: 'a', word } });
  const { git, tips } = await written(join(dir, 'git'), [1, 2, 3].map(put));
  const [tip, before] = [tips.at(-1)?.environment ?? '', tips.at(-3)?.environment ?? ''];
  const shelves = join(dir, 'beside', 'slipway');
  const shelf = new Shelf(shelves, 'sha1');
  const whole = told(await readEnvironment(git, tip));
  const look = async (at = tip, from = shelf) => {
    const history = await lookAtEnvironment(git, from, 'dev', at);
    await from.settled();
    return told(history);
  };
  const file = join(shelves, encodeURIComponent('refs/heads/env/dev'));
  const [isWhole, isRest] = [[`rev-list ${tip}`], [`rev-list ${tip} ^${before}`]];

  assert.deepEqual(await walks(() => look(before)), [`rev-list ${before}`]);
  assert.deepEqual(await walks(() => look()), isRest, 'what came after');
  assert.deepEqual(await walks(() => look()), [], 'nothing moved');
  assert.deepEqual(await readdir(shelves), [encodeURIComponent('refs/heads/env/dev')]);

  const good = await readFile(file, 'utf8');
  const broken: Readonly<Record<string, string>> = {
    'it is empty': '',
    'it was cut': good.slice(0, -1),
    'a byte is another': good.replace(/"a"/, '"b"'),
    'another version wrote it': good.replace('slipway 1 ', 'slipway 0 '),
    'it names objects otherwise': good.replace(' sha1 ', ' sha256 '),
    'it is of another branch': good.replace('env/dev', 'env/staging'),
    'it is of another tip': good.replace(tip, before),
    'it is none of ours': 'ref: refs/heads/main\n',
  };
  for (const [what, text] of Object.entries(broken)) {
    assert.notEqual(text, good, what);
    await writeFile(file, text);
    assert.deepEqual(await walks(async () => assert.deepEqual(await look(), whole, what)), isWhole, what);
    assert.equal(await readFile(file, 'utf8'), good, `${what}: it is written anew`);
  }

  await t.test('a payload of another form', async () => {
    shelf.put('refs/heads/env/dev', tip, () => ({ commits: [] }));
    await shelf.settled();
    assert.deepEqual(await look(), whole);
  });
  await t.test('a tip that is gone, and one beside the branch', async () => {
    for (const other of ['1'.repeat(40), tips.at(-1)?.rendered ?? '']) {
      const { payload } = (await shelf.take('refs/heads/env/dev')) ?? {};
      shelf.put('refs/heads/env/dev', other, () => payload);
      await shelf.settled();
      assert.deepEqual(await look(), whole);
    }
  });
  await t.test('a branch that was taken back', async () => {
    assert.deepEqual(await look(before), told(await readEnvironment(git, before)));
    assert.deepEqual(await look(), whole);
  });
  await t.test('two who look at once', async () => {
    await rm(file);
    const other = new Shelf(shelves, 'sha1');
    const [one, two] = await Promise.all([look(), look(tip, other)]);
    assert.deepEqual([one, two], [whole, whole]);
    assert.equal(await readFile(file, 'utf8'), good);
    assert.equal((await readdir(shelves)).length, 1);
  });
  await t.test('one who was stopped while writing is in nobody’s way for long', async () => {
    await rm(file);
    await writeFile(`${file}.new`, 'hal');
    await look();
    assert.deepEqual(await readdir(shelves), [encodeURIComponent('refs/heads/env/dev.new')], 'it may still write');
    const long = new Date(Date.now() - 3_600_000);
    await utimes(`${file}.new`, long, long);
    await look();
    await look();
    assert.equal(await readFile(file, 'utf8'), good);
  });
  await t.test('where nothing can be written, all is read', async () => {
    const there = join(dir, 'a-file');
    await writeFile(there, '');
    const nowhere = new Shelf(join(there, 'slipway'), 'sha1');
    for (let look = 0; look < 2; look++)
      assert.deepEqual(told(await lookAtEnvironment(git, nowhere, 'dev', tip)), whole);
    await nowhere.settled();
  });
});
