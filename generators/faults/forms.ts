import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Git } from '../git/git.ts';
import { type Branch, changedBy, type Entry, type Moment, undone } from './ledger.ts';
import type { Random } from './random.ts';

/** A commit that a person made, as the model sees it. */
export type Made = Omit<Entry, 'commit'>;

/** What a form works on: a person's clone that stands on the branch's tip, and what the model knows of the branch. */
export interface Workplace {
  readonly git: Git;
  readonly branch: Branch;
  readonly random: Random;
  /** A word that nobody used yet. */
  readonly fresh: string;
}

/**
 * A way in which a person changes an environment branch. It commits in the clone and gives what it made, in the order of
 * the history; undefined when the branch has nothing that it could be done to. Messages are what people write.
 */
export type Form = (place: Workplace) => Promise<readonly Made[] | undefined>;

const revertOf = (entry: Entry, ...flags: readonly string[]) => [
  'revert',
  ...flags,
  ...(entry.merge ? ['-m', '1'] : []),
  entry.commit,
];

const step = (before: Moment, after: Moment, merge = false): Made => ({ before, after, merge });

/** Reverts entries one after the other. @returns one commit for each */
async function revertAll(git: Git, now: Moment, entries: readonly Entry[]): Promise<Made[] | undefined> {
  const made: Made[] = [];
  let moment = now;
  for (const entry of entries) {
    const after = undone(moment, entry);
    if (!after) break;
    await git.bytes(revertOf(entry, '--no-edit'));
    made.push(step(moment, after));
    moment = after;
  }
  return made.length > 0 ? made : undefined;
}

const revertible = ({ now, entries }: Branch) => entries.filter((entry) => undone(now, entry));

async function save(git: Git, message: string): Promise<void> {
  await git.bytes(['add', '--all']);
  await git.bytes(['commit', '--quiet', '-m', message]);
}

/** Every way back that we know of, and the hand edit. */
export const forms: Readonly<Record<string, Form>> = {
  'revert of the tip': async ({ git, branch }) =>
    branch.entries.length === 0 ? undefined : revertAll(git, branch.now, branch.entries.slice(-1)),

  'revert of something older': async ({ git, branch, random }) => {
    const able = revertible(branch);
    return able.length === 0 ? undefined : revertAll(git, branch.now, [random.pick(able)]);
  },

  'revert of a merge': async ({ git, branch, random }) => {
    const able = revertible(branch).filter(({ merge }) => merge);
    return able.length === 0 ? undefined : revertAll(git, branch.now, [random.pick(able)]);
  },

  'revert of a range': async ({ git, branch, random }) =>
    revertAll(
      git,
      branch.now,
      branch.entries
        .filter(({ merge }) => !merge)
        .slice(-2 - random.below(2))
        .reverse(),
    ),

  'squashed reverts': async ({ git, branch }) => {
    let after = branch.now;
    for (const entry of branch.entries
      .filter(({ merge }) => !merge)
      .slice(-2)
      .reverse()) {
      const next = undone(after, entry);
      if (!next) break;
      await git.bytes(revertOf(entry, '--no-commit'));
      after = next;
    }
    if (changedBy({ before: branch.now, after }).length === 0) {
      await git.bytes(['reset', '--quiet', '--hard']);
      return undefined;
    }
    await save(git, 'back to something that works');
    return [step(branch.now, after)];
  },

  'revert that a merge pulls in': async ({ git, branch, random }) => {
    const able = revertible(branch);
    if (able.length === 0) return undefined;
    await git.bytes(['switch', '--quiet', '--create', 'rollback']);
    const made = await revertAll(git, branch.now, [random.pick(able)]);
    await git.bytes(['switch', '--quiet', '-']);
    await git.bytes(['merge', '--quiet', '--no-ff', '-m', 'roll back', 'rollback']);
    await git.bytes(['branch', '--quiet', '--delete', 'rollback']);
    return [...(made ?? []), step(branch.now, made?.at(-1)?.after ?? branch.now, true)];
  },

  'folder replaced by an older one, in a web editor': async ({ git, branch: { now, entries }, random }) => {
    const able = entries.flatMap(({ commit, after }) =>
      Object.keys(after)
        .filter((app) => after[app] !== undefined && after[app] !== now[app])
        .map((app) => ({ commit, app, part: after[app] })),
    );
    if (able.length === 0) return undefined;
    const { commit, app, part } = random.pick(able);
    await git.bytes(['rm', '-r', '--quiet', '--ignore-unmatch', app]);
    await git.bytes(['checkout', '--quiet', commit, '--', app]);
    await save(git, `Update ${app}`);
    return [step(now, { ...now, [app]: part })];
  },

  'everything as it was': async ({ git, branch: { now, entries }, random }) => {
    const able = entries.filter(({ after }) => changedBy({ before: now, after }).length > 0);
    if (able.length === 0) return undefined;
    const { commit, after } = random.pick(able);
    await git.bytes(['read-tree', '-u', '--reset', commit]);
    await save(git, 'as on Monday');
    return [step(now, after)];
  },

  'folder deleted': async ({ git, branch: { now }, random }) => {
    const able = Object.keys(now).filter((app) => now[app] !== undefined);
    if (able.length === 0) return undefined;
    const app = random.pick(able);
    await git.bytes(['rm', '-r', '--quiet', app]);
    await save(git, 'out with it');
    return [step(now, { ...now, [app]: undefined })];
  },

  'hand edit': async ({ git, branch: { now }, random, fresh }) => {
    const able = Object.keys(now).filter((app) => now[app] !== undefined && !now[app]?.endsWith(' removed'));
    if (able.length === 0) return undefined;
    const app = random.pick(able);
    const file = join(git.dir, app, `deployment-${app}.yaml`);
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/(name: VALUE\n\s+value: )\S+/, `$1${fresh}`));
    await save(git, 'quick fix');
    return [step(now, { ...now, [app]: (now[app] as string).replace(/ .*/, ` ${fresh}`) })];
  },
};
