import type { Vouching } from './gate.ts';
import { type State, stateOf } from './state.ts';
import {
  type Entry,
  type EnvironmentHistory,
  isCounterpart,
  type ObjectId,
  type Rendered,
  Timeline,
} from './timeline.ts';

/** What one app (or the pipeline file) is in one environment, and what the environment's source offers it. */
export interface Step {
  readonly name: string;
  /** What stands there now; undefined for nothing. */
  readonly from: ObjectId | undefined;
  readonly state: State;
  readonly offer: Offer;
  /** It is newer than what its source offers, and the source never ran it: somebody took it past. */
  readonly isAhead?: true;
}

export type Offer =
  | {
      readonly part: ObjectId;
      /** The commit of `rendered` that it was taken from. */
      readonly commit: ObjectId;
      /** The source environment's part that vouches for it; undefined for a first environment. */
      readonly vouched: ObjectId | undefined;
    }
  | { readonly part: undefined; readonly why: string };

export interface Route {
  readonly rendered: Rendered;
  readonly environment: string;
  readonly target: EnvironmentHistory | undefined;
  /** The environment that this one comes after; undefined for a first environment. */
  readonly source?:
    | {
        readonly environment: string;
        readonly history: EnvironmentHistory | undefined;
        /** What the gates say, by app. @default what stands there may go on */
        readonly vouched?: ReadonlyMap<string, Vouching> | undefined;
      }
    | undefined;
}

/**
 * The promotion table for every name that was ever published for an environment, in alphabetical order. It reads
 * trees and places only; whether an offered part may move now is the gates' to say.
 */
export function plan(route: Route): Step[] {
  const prefix = `${route.environment}/`;
  const names = [...route.rendered.timelines.keys()]
    .filter((path) => path.startsWith(prefix))
    .map((path) => path.slice(prefix.length));
  return names.sort().map((name) => {
    const offer = offerFor(name, route);
    const from = route.target?.entries.get(name)?.id;
    const state = stateOf({
      timeline: route.rendered.timelines.get(prefix + name),
      target: from,
      desired: offer.part,
      seen: route.target?.seen.get(name) ?? new Set(),
    });
    const isAhead = state.is === 'newer' && from !== undefined && !ranInSource(name, from, route);
    return { name, from, state, offer, ...(isAhead ? { isAhead } : {}) };
  });
}

/** Whether the source ever had what was rendered together with a part of the target. */
export function ranInSource(
  name: string,
  part: ObjectId,
  { rendered, environment, source }: Omit<Route, 'target'>,
): boolean {
  const [here, there] = [environment, source?.environment].map((stage) => rendered.timelines.get(`${stage}/${name}`));
  const seen = source?.history?.seen.get(name) ?? [];
  if (!here || !there) return false;
  return [...seen].some((one) => isCounterpart([here, part], [there, one], rendered.commits.length));
}

function offerFor(name: string, { rendered, environment, source }: Route): Offer {
  const timeline = rendered.timelines.get(`${environment}/${name}`) ?? new Timeline();
  if (!source) return offered(timeline, rendered.commits.length - 1, rendered, undefined);

  const stands = source.history?.entries.get(name)?.id;
  if (stands === undefined) return { part: undefined, why: `it is not in ${source.environment}` };
  const vouching = source.vouched?.get(name);
  const part = vouching ? vouching.part : stands;
  if (part === undefined)
    return { part: undefined, why: (vouching?.waits ?? []).map(({ evidence }) => evidence).join('; ') };
  const newest = rendered.timelines.get(`${source.environment}/${name}`)?.newest(part, rendered.commits.length);
  if (newest === undefined) return { part: undefined, why: `it was edited by hand in ${source.environment}` };
  return offered(timeline, newest, rendered, part);
}

function offered(timeline: Timeline, index: number, rendered: Rendered, vouched: ObjectId | undefined): Offer {
  const part = timeline.at(index);
  const commit = rendered.commits[index];
  if (part === undefined || commit === undefined)
    return { part: undefined, why: 'it was published here only after its source' };
  return { part, commit, vouched };
}

/**
 * The same table for a first environment, from tips alone, where they say it all: whoever runs the part that was the
 * newest before this publish cannot have been taken back, since nothing later was ever published.
 * @param tips what stands now and stood before in this environment's folder of `rendered`, and on its branch
 * @returns the steps of what differs; undefined when only the histories tell
 */
export function planFromTips({
  tip,
  desired,
  before,
  target,
}: {
  readonly tip: ObjectId;
  readonly desired: ReadonlyMap<string, Entry>;
  readonly before: ReadonlyMap<string, Entry>;
  readonly target: ReadonlyMap<string, Entry>;
}): Step[] | undefined {
  const steps: Step[] = [];
  for (const [name, { id, mode }] of desired) {
    const there = target.get(name);
    if (there?.id === id && there.mode === mode) continue;
    const previous = before.get(name);
    if (there?.id !== previous?.id || there?.mode !== previous?.mode) return undefined;
    const offer = { part: id, commit: tip, vouched: undefined };
    steps.push({ name, from: there?.id, state: { is: 'older' }, offer });
  }
  return steps.sort((a, b) => (a.name < b.name ? -1 : 1));
}
