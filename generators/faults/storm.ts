import assert from 'node:assert/strict';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { publish } from '../commands/publish.ts';
import { type Sandbox, sandbox } from '../commands/sandbox.fixture.ts';
import { Git } from '../git/git.ts';
import type { Published } from '../model/metadata.ts';
import { publishedFile } from '../model/names.ts';
import { type Kind, kindsAt } from './fault.ts';
import type { Step } from './journal.ts';
import type { Errand } from './publisher.ts';
import type { Random } from './random.ts';
import { each, inScope } from './scope.ts';
import { checkRendered, publishedCommits, remoteState } from './state.ts';
import type { Summary, Task, TaskOptions } from './task.ts';
import { Victim } from './victim.ts';

/**
 * The share of steps that go wrong for every other publisher. Few of its publishes come to an end at all; so that there
 * are races as well, the same share of publishes, of about 50 steps each, goes wrong for the rest.
 */
const probability = 0.05;
const steadily = probability / 50;

/**
 * Lets several publishers at the same remote, each in a process of its own with the same commits in another order, and
 * has their steps go wrong. A publisher that was killed is started again with what it has not told to be done.
 */
async function weather(
  box: Sandbox,
  commits: readonly string[],
  publishers: number,
  random: Random,
  say: TaskOptions['say'],
): Promise<Step[]> {
  const temp = join(box.dir, 'temp');
  await mkdir(temp);
  const steps: Step[] = [];
  const checks: Promise<void>[] = [];
  const wrong: Error[] = [];
  const isPublished = async (dry: string) =>
    assert.ok((await publishedCommits(box.remote)).includes(dry), `${dry} was called published and is not in rendered`);
  const hear = (text: string) => {
    for (const [, dry] of text.matchAll(/^(\w+) published$/gm))
      checks.push(isPublished(dry as string).catch((error) => void wrong.push(error)));
  };
  let told = 0;
  await each(Array(publishers).keys(), publishers, async (number) => {
    const own = random.child(number);
    // Pipelines come roughly in the order of main, so that there is something new to publish until the end.
    const late = new Map(commits.map((dry, place) => [dry, place + own.below(commits.length)]));
    let rest = [...commits].sort((a, b) => (late.get(a) ?? 0) - (late.get(b) ?? 0));
    for (let start = 0; rest.length > 0; start++) {
      const file = join(box.dir, `errand-${number}-${start}.json`);
      const errand: Errand = { checkout: box.checkout.dir, remote: box.remote.dir, commits: rest };
      await writeFile(file, JSON.stringify(errand));
      const victim = new Victim({
        args: [join(import.meta.dirname, 'publisher.ts'), file],
        cwd: box.dir,
        temp,
        order: { probability: number % 2 === 0 ? steadily : probability, seed: own.below(2 ** 32) },
        hear,
        journal: `${file}.journal`,
      });
      const { status, out, err, steps: taken } = await victim.ended;
      assert.ok(status === 0 || status === undefined, err);
      steps.push(...taken);
      const outcomes = out.split('\n').slice(0, -1);
      rest = rest.slice(outcomes.length);
      told += outcomes.length;
      say(told, publishers * commits.length);
      await victim.alone();
    }
  });
  await Promise.all(checks);
  if (wrong[0]) throw wrong[0];
  return steps;
}

/** Every move of a branch, by the remote's own log, goes on from where the branch was: nothing was overwritten. */
async function checkMoves(remote: Git, branch: string): Promise<void> {
  const moves = (await readFile(join(remote.dir, 'logs', 'refs', 'heads', branch), 'utf8')).trimEnd().split('\n');
  for (const [from, to] of moves.map((line) => line.split(' ') as [string, string]))
    assert.ok(/^0+$/.test(from) || (await remote.isAncestor(from, to)), `${branch} was moved from ${from} to ${to}`);
}

/**
 * Every file of every part, and what was published, without the record of when a part last changed: that, and with it
 * the trees, depends on which commits were published.
 */
async function contentOf(remote: Git, revision: string): Promise<unknown> {
  const files = await remote.lines(['ls-tree', '-r', '--full-tree', revision]);
  const { trees, ...published } = JSON.parse(await remote.text(['show', `${revision}:${publishedFile}`])) as Published;
  const recorded = await Promise.all(
    Object.keys(trees).map(async (name) => [name, await remote.text(['rev-parse', `${revision}:${name}`])]),
  );
  assert.deepEqual(trees, Object.fromEntries(recorded), 'the trees that were recorded');
  return {
    published,
    files: files.filter((line) => !/\t(.*hydrator\.metadata|.*\.gitlab-ci\.yml|published\.json)$/.test(line)),
  };
}

/** At the end one publisher whom nobody disturbs: then the remote is what the tip of `main` renders to. */
async function settles(box: Sandbox, calm: Git): Promise<void> {
  await box.publish();
  await checkRendered(box.remote);
  await remoteState(box.remote);
  const idOf = (name: string) => box.remote.text(['rev-parse', name]);
  assert.equal((await publishedCommits(box.remote)).at(-1), await idOf('main'));
  assert.equal(await idOf('env/dev^{tree}'), await idOf('rendered:dev'), 'env/dev is what was published for it');
  await publish({ ...box.context, remote: calm.dir }, { images: new Map() });
  assert.deepEqual(await contentOf(box.remote, 'rendered'), await contentOf(calm, 'rendered'));
}

/** `count` publishers with 25 commits each; in the short form few with few. */
export const storm: Task = {
  name: 'storm',
  about: 'publishers at once, each a process with its own order of commits, with 5 % of their steps going wrong',
  count: 16,
  run: ({ random, count, say }) =>
    inScope(async (scope): Promise<Summary> => {
      const [publishers, publishes] = count === undefined ? [4, 3] : [count, 25];
      const box = await sandbox(scope);
      const calm = new Git(join(box.dir, 'calm.git'));
      const commits: string[] = [];
      for (let number = 0; number < publishes; number++) {
        const chance = random.next();
        if (chance < 0.2) commits.push(await box.commit({ 'NOTES.md': `${number}` }));
        else if (chance < 0.4) commits.push(await box.remove(random.pick(['a', 'b'])));
        else commits.push(await box.change({ [random.pick(['a', 'b'])]: `${number}` }));
      }
      await cp(box.remote.dir, calm.dir, { recursive: true });
      // No protection stands behind the publishers here: that they compare and swap must be enough.
      await writeFile(join(box.remote.dir, 'protected-branches'), '');
      await box.remote.bytes(['config', 'core.logAllRefUpdates', 'always']);
      const steps = await weather(box, commits, publishers, random, say);
      for (const branch of ['rendered', 'env/dev']) await checkMoves(box.remote, branch);
      await settles(box, calm);
      const kinds = kindsAt.spawn.map((kind): [Kind, number] => [
        kind,
        steps.filter(({ fault }) => fault === kind).length,
      ]);
      const missing = kinds.filter(([, times]) => times === 0).map(([kind]) => kind);
      // In the short form not every kind need come up by chance.
      assert.deepEqual(count === undefined && missing.length < 3 ? [] : missing, [], 'a storm has every kind of fault');
      return {
        publishers,
        publishes,
        published: (await publishedCommits(box.remote)).length,
        steps: steps.length,
        ...Object.fromEntries(kinds),
      };
    }),
};
