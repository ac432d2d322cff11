import { entriesOf, environmentAt } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Arrival, consequence, type Errand, strays, type Way, wayOf } from '../model/inspection.ts';
import { pipelineFile } from '../model/names.ts';
import { ranInSource, type Step } from '../model/promotion.ts';
import { stateOf } from '../model/state.ts';
import type { Entry, EnvironmentHistory, ObjectId, Rendered } from '../model/timeline.ts';
import { sortEntries, type Verdict } from '../model/verdict.ts';
import { quote } from '../model/words.ts';
import { crossedBy } from './irreversible.ts';
import { explain } from './verify-environment.ts';
import { judgeSignatures } from './verify-signatures.ts';

/** A name that moves, and which way. */
export interface Going extends Arrival {
  readonly way: Way;
}

/** What a proposal is held against. */
export interface Against {
  readonly environment: string;
  readonly after: string | undefined;
  readonly removed: Readonly<Record<string, string>>;
  readonly target: EnvironmentHistory;
  readonly history: Rendered;
  readonly errand: Errand | undefined;
}

export interface Findings {
  readonly going: readonly Going[];
  readonly verdicts: readonly Verdict[];
  readonly doubts: readonly string[];
  readonly notes: readonly string[];
}

/** What it changes, name by name. What was wrong before, and it does not touch, is not its fault. */
export async function findingsOf(mirror: Mirror, against: Against, commit: ObjectId): Promise<Findings> {
  const { environment, target, history } = against;
  const entries = await entriesOf(mirror.git, commit);
  const changed = new Map(
    [...new Set([...target.entries.keys(), ...entries.keys()])].flatMap((name) => {
      const [was, is] = [target.entries.get(name), entries.get(name)];
      return was?.id === is?.id && was?.mode === is?.mode ? [] : [[name, { was, is }] as const];
    }),
  );
  const { ours, people, foreign } = sortEntries(environment, entries, history.timelines);
  const verdicts: Verdict[] = [];
  for (const { name, entry, verdict } of foreign) {
    if (!changed.has(name)) continue;
    if (verdict) verdicts.push(verdict);
    else verdicts.push(...(await explain(mirror, history, `${environment}/${name}`, entry.id)));
  }
  const isApp = (name: string) => history.timelines.has(`${environment}/${name}`);
  const gone = [...changed].flatMap(([name, { is }]) => (is === undefined ? [name] : []));
  const theirs = [...people.filter((name) => changed.has(name)), ...gone.filter((name) => !isApp(name))];
  if (gone.includes(pipelineFile))
    verdicts.push({
      fault: 'edited',
      path: `${environment}/${pipelineFile}`,
      says: 'it is taken away: nothing would check this branch',
    });
  const names = [...ours.filter((name) => changed.has(name)), ...gone.filter(isApp)];
  const going = names
    .filter((name) => name !== pipelineFile || !gone.includes(name))
    .flatMap((name) => goingOf(against, name, changed.get(name)?.was, changed.get(name)?.is));
  const judged = await judgeGoing(mirror, against, going);
  return {
    going,
    verdicts: [...verdicts, ...judged.verdicts],
    doubts: theirs.map((name) => `${quote(name)} at the root is people's: it proves nothing and is not judged`),
    notes: judged.notes,
  };
}

function goingOf(
  { environment, target, history }: Against,
  name: string,
  was: Entry | undefined,
  is: Entry | undefined,
): Going[] {
  const arrival = { name, from: was?.id, to: is?.id };
  const way = wayOf(arrival, history.timelines.get(`${environment}/${name}`), target.seen.get(name) ?? new Set());
  return way === undefined ? [] : [{ ...arrival, way }];
}

/** What is ours and moves: whether its branch is for that, and whether a cluster and its data can follow. */
async function judgeGoing(
  mirror: Mirror,
  against: Against,
  going: readonly Going[],
): Promise<Pick<Findings, 'verdicts' | 'notes'>> {
  const { environment, target, history, errand, after } = against;
  const source = after ? { environment: after, history: await environmentAt(mirror, after) } : undefined;
  const pathOf = (name: string) => `${environment}/${name}`;
  const verdicts: Verdict[] = [];
  const notes: string[] = [];
  for (const { name, from, to, way } of going) {
    const says = errand && strays(errand, name, way);
    if (says) verdicts.push({ fault: 'purpose', path: pathOf(name), says });
    const ran =
      !source ||
      to === undefined ||
      way !== 'forward' ||
      ranInSource(name, to, { ...against, rendered: history, source });
    if (!ran && errand?.kind === 'promotion')
      verdicts.push({
        fault: 'purpose',
        path: pathOf(name),
        says: `${after} never had it, and a promotion takes what ${after} has`,
      });
    else if (!ran) notes.push(`${name} goes past ${after}, which never had it`);
    const seen = new Set([...(target.seen.get(name) ?? []), ...(from === undefined ? [] : [from])]);
    const isHeldAfter = stateOf({
      timeline: history.timelines.get(pathOf(name)),
      target: to,
      desired: to,
      seen,
    }).heldBelow;
    const meaning = consequence(name, way, isHeldAfter !== undefined);
    if (meaning) notes.push(meaning);
  }
  const back = going.filter(({ way }) => way === 'back');
  const ways = back.map(({ name, from, to }) => ({ name, earlier: to, later: from }));
  for (const [name, versions] of await crossedBy(mirror, history, environment, ways)) {
    if (versions.length === 0) continue;
    const says = `it goes back over a migration that cannot be undone (${versions.join(', ')}): roll forward`;
    verdicts.push({ fault: 'irreversible', path: pathOf(name), says });
  }
  const policies = await policiesOn(mirror, against, going);
  const places = going.flatMap(({ name, to }) => history.timelines.get(pathOf(name))?.place(to ?? '') ?? []);
  const brought = places.flatMap((place) => history.commits[place] ?? []);
  const signatures = await judgeSignatures(mirror, history.commits, [...new Set(brought)]);
  return {
    verdicts: [...verdicts, ...policies.verdicts, ...signatures.verdicts],
    notes: [...notes, ...policies.notes, ...signatures.notes],
  };
}

/** What policies say of the change; each part by itself was judged when it was rendered. */
async function policiesOn(
  mirror: Mirror,
  { environment, target, removed, history }: Against,
  going: readonly Going[],
): Promise<Pick<Findings, 'verdicts' | 'notes'>> {
  const steps = going.flatMap(({ name, from, to }): Step[] =>
    to === undefined || name === pipelineFile
      ? []
      : [
          {
            name,
            from,
            state: { is: 'older' },
            offer: { part: to, commit: history.commits.at(-1) ?? '', vouched: undefined },
          },
        ],
  );
  if (steps.length === 0) return { verdicts: [], notes: [] };
  // Who judges brings an evaluator: it is loaded where there is something to judge.
  const { refusedSteps } = await import('./judge-changes.ts');
  const verdicts: Verdict[] = [];
  const notes: string[] = [];
  const ways = new Map(going.map(({ name, way }) => [name, way]));
  for (const [name, lines] of await refusedSteps(mirror, { environment, target, steps, removed })) {
    // Going back waits for nobody: it is said, and the cluster says it too.
    if (ways.get(name) === 'back') notes.push(...lines.map((line) => `${name} goes back, although ${line}`));
    else verdicts.push(...lines.map((says): Verdict => ({ fault: 'policy', path: `${environment}/${name}`, says })));
  }
  return { verdicts, notes };
}
