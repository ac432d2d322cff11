import { metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { buildsAt } from '../git/sources.ts';
import type { Answer } from '../model/gate.ts';
import type { Metadata } from '../model/metadata.ts';
import type { Step } from '../model/promotion.ts';
import type { Item } from '../model/request.ts';
import type { Rendered } from '../model/timeline.ts';
import { versionOf } from '../model/words.ts';
import type { Chain } from './chain.ts';

/** What a promotion request says of each app that it moves. */
export async function itemsOf(
  mirror: Mirror,
  { rendered, environment, steps }: { rendered: Rendered; environment: string; steps: readonly Step[] },
  { from, to }: Chain,
  answers: Map<string, Answer[]>,
): Promise<Item[]> {
  const items: Item[] = [];
  const crossed = await crossedBy(mirror, rendered, environment, steps);
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

/** By app the versions whose migrations cannot be undone, between what stands and what is offered, oldest first. */
async function crossedBy(
  mirror: Mirror,
  { timelines }: Rendered,
  environment: string,
  steps: readonly Step[],
): Promise<Map<string, string[]>> {
  const ways = steps.map(({ name, from, offer }) => {
    const timeline = timelines.get(`${environment}/${name}`);
    const known = timeline !== undefined && from !== undefined && offer.part !== undefined;
    return { name, parts: known ? timeline.between(from, offer.part) : [] };
  });
  const metadata = await metadataOf(
    mirror,
    ways.flatMap(({ parts }) => parts),
  );
  const versions = (parts: readonly string[]) =>
    parts.flatMap((part) => (metadata.get(part)?.irreversible ? [versionOf(metadata.get(part))] : []));
  return new Map(ways.map(({ name, parts }) => [name, [...new Set(versions(parts))]]));
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
