import type { Mirror } from '../git/mirror.ts';
import { buildsAt } from '../git/sources.ts';
import type { Answer } from '../model/gate.ts';
import type { Metadata } from '../model/metadata.ts';
import type { Step } from '../model/promotion.ts';
import type { Item } from '../model/request.ts';
import type { Rendered } from '../model/timeline.ts';
import type { Chain } from './chain.ts';
import { crossedBy } from './irreversible.ts';

/** What a promotion request says of each app that it moves. */
export async function itemsOf(
  mirror: Mirror,
  { rendered, environment, steps }: { rendered: Rendered; environment: string; steps: readonly Step[] },
  { from, to }: Chain,
  answers: Map<string, Answer[]>,
): Promise<Item[]> {
  const items: Item[] = [];
  const ways = steps.map(({ name, from, offer }) => ({ name, earlier: from, later: offer.part }));
  const crossed = await crossedBy(mirror, rendered, environment, ways);
  for (const { name } of steps) {
    const [before, after] = [from.get(name), to.get(name)];
    items.push({
      name,
      from: before,
      to: after,
      evidence: answers.get(name) ?? [],
      irreversible: crossed.get(name) ?? [],
      commits: await commitsBetween(mirror, name, before, after),
    });
  }
  return items;
}

/** The commits of `main` that made the difference: those that touched the app, what renders it, or what it is built from. */
async function commitsBetween(
  { git }: Mirror,
  app: string,
  from: Metadata | undefined,
  to: Metadata | undefined,
): Promise<Item['commits']> {
  if (!from || !to || !(await git.commit(from.drySha)) || !(await git.commit(to.drySha))) return [];
  const built = to.commit ? Object.entries(await buildsAt(git, to.drySha)) : [];
  const folders = built.filter(([, { commit }]) => commit === to.commit).map(([folder]) => folder);
  const paths = [`apps/${app}`, 'clusters', 'generators', ...folders];
  const range = `${from.drySha}..${to.drySha}`;
  const lines = await git.lines(['log', '--first-parent', '--format=%H%x00%aN%x00%s', range, '--', ...paths]);
  return lines.map((line) => {
    const [sha = '', author = '', subject = ''] = line.split('\0');
    return { sha, author, subject };
  });
}
