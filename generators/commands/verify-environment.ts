import { entriesOf, filesOf, readCourse, readRendered } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { environmentBranch, head, rendered } from '../model/names.ts';
import { notAnEnvironment } from '../model/nearest.ts';
import type { Rendered } from '../model/timeline.ts';
import { explainPart, type Files, sortEntries, type Verdict, type Verification } from '../model/verdict.ts';
import { judgeSignatures } from './verify-signatures.ts';

/** So many older parts of an app are compared to find out what was done to one. */
const compared = 200;

/**
 * Proves an environment branch by tree ids: every part of its tip stood at that very path of `rendered`.
 * @throws {Misuse} for an environment that was never published
 */
export async function verifyEnvironment(mirror: Mirror, environment: string): Promise<Verification> {
  const { git, refs } = mirror;
  const branch = environmentBranch(environment);
  const tip = refs.get(head(branch));
  const { environments: stages } = await readNewest(mirror);
  const stage = stages.find(({ name }) => name === environment);
  if (!tip || !stage)
    throw notAnEnvironment(
      `--env ${environment}`,
      stages.map(({ name }) => name),
    );
  const history = await readRendered(git, refs.get(head(rendered)));
  const entries = await entriesOf(git, tip);
  const { ours, people, foreign } = sortEntries(environment, entries, history.timelines);
  const verdicts: Verdict[] = [];
  for (const { name, entry, verdict } of foreign) {
    if (verdict) verdicts.push(verdict);
    else verdicts.push(...(await explain(mirror, history, `${environment}/${name}`, entry.id)));
  }
  const brought = ours.flatMap((name) => {
    const place = history.timelines.get(`${environment}/${name}`)?.place(entries.get(name)?.id ?? '');
    return place === undefined ? [] : [history.commits[place] as string];
  });
  const own = stage.after ? [] : (await readCourse(git, tip)).latest().map(({ commit }) => commit);
  const signatures = await judgeSignatures(mirror, history.commits, [...new Set(brought)], [...new Set(own)]);
  return {
    branch,
    tip,
    proven: ours.length,
    verdicts: [...verdicts, ...signatures.verdicts],
    notes: [...people.map((name) => `${name} at the root is kept there by people`), ...signatures.notes],
  };
}

/** Tells what was done to a part that never stood at its path of `rendered`. */
export async function explain({ git }: Mirror, history: Rendered, path: string, part: string): Promise<Verdict[]> {
  const parts = history.timelines.get(path)?.parts() ?? [];
  const known: Files[] = [];
  for (const id of parts.slice(0, compared)) known.push(await filesOf(git, id));
  return explainPart(path, await filesOf(git, part), known);
}
