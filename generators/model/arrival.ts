import { type Course, type Standing, skew } from './course.ts';
import { type Change, type Event, placesOf } from './event.ts';
import type { Timeline } from './timeline.ts';

/**
 * How an app came to stand as it does, by trees and places alone. `published`: a first environment takes what is
 * published. `promoted`: its source had run what was rendered with it. `hotfix`: it went past all that its source had run
 * until then. `back`: to an earlier part, or none. `again`: after it went back, to something that is no later than what
 * had stood here. `fix`: after it went back, past all of that. `repaired`: the part of ours that an edit had changed.
 * `file`: no app was ever published under that name.
 */
export type How = 'published' | 'promoted' | 'hotfix' | 'back' | 'again' | 'fix' | 'edited' | 'repaired' | 'file';

/** An environment, as far as it says how something came there. */
export interface Arrivals {
  readonly course: Course;
  /** The order of an app's parts in this environment. */
  readonly timelineOf: (name: string) => Timeline | undefined;
  /** The environment that it comes after; absent for a first one. */
  readonly source?: Source | undefined;
}

export interface Source {
  /** Absent where it has no branch: it never ran anything. */
  readonly course: Course | undefined;
  readonly timelineOf: (name: string) => Timeline | undefined;
  /** How many commits `rendered` has. */
  readonly length: number;
}

/** How a change of one event came. */
export function howOf(
  { course, timelineOf, source }: Arrivals,
  { commit, time }: Pick<Event, 'commit' | 'time'>,
  { name, to }: Pick<Change, 'name' | 'to'>,
): How {
  const timeline = timelineOf(name);
  if (!timeline) return 'file';
  const here = to === undefined ? -1 : timeline.place(to);
  if (here === undefined) return 'edited';
  const own = course.of(name);
  const before = own.slice(own.findIndex((standing) => standing.commit === commit) + 1);
  const places = [...placesOf(before, timeline)];
  const [last, latest] = [places[0] ?? -1, Math.max(-1, ...places)];
  if (here < last) return 'back';
  if (here === last) return 'repaired';
  if (here <= latest) return 'again';
  if (last < latest) return 'fix';
  if (!source) return 'published';
  return ranThere(source, name, time, here) ? 'promoted' : 'hotfix';
}

/** Whether a source had, until then, run something that was rendered with a part or after it. */
function ranThere({ course, timelineOf, length }: Source, name: string, time: number, place: number): boolean {
  const timeline = timelineOf(name);
  const ran = ({ part, time: then }: Standing) => {
    const newest = part === undefined || then > time + skew ? undefined : timeline?.newest(part, length);
    return newest !== undefined && newest >= place;
  };
  return course?.of(name).some(ran) ?? false;
}
