import { stepBack } from './distance.ts';
import type { Vouching } from './gate.ts';
import { isWithin, type Span } from './presence.ts';
import type { Step } from './promotion.ts';
import type { EnvironmentHistory, ObjectId, Timeline } from './timeline.ts';

/** A commit of an environment branch, and what came to stand there with it. */
export interface Moment {
  readonly commit: ObjectId;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Undefined for a folder that went. */
  readonly part: ObjectId | undefined;
}

/** How it went again: somebody went back, took the folder away, edited it, or a later part without it came. */
export type Leaving = 'back' | 'gone' | 'edited' | 'past';

/** For as long as an environment had it. */
export interface Stay {
  readonly came: Moment;
  /** Absent for as long as it is there. */
  readonly left?: Moment & { readonly how: Leaving };
}

/**
 * Where it is, in one word:
 * - `there`
 * - `edited`: what stands there is not ours, and nobody can say what is in it
 * - `past`: what stands there is later and has it not: it was replaced, taken back on main, or the app was taken out
 * - `held`: somebody went back, and nothing goes on by itself
 * - `superseded`: what is offered there is later and has it not: it will not come
 * - `source`: the environment before does not offer it
 * - `gate`: it would, and a gate does not agree
 * - `proposed`: a request to take it waits
 * - `open`: nothing is in its way, and nobody proposed it yet
 */
export type Word = 'there' | 'edited' | 'past' | 'held' | 'superseded' | 'source' | 'gate' | 'proposed' | 'open';

/** Where something is, of one app in one environment. */
export interface Whereabouts {
  readonly environment: string;
  readonly app: string;
  readonly is: Word;
  /** When it was there, oldest first. */
  readonly stays: readonly Stay[];
  /** What stands there; undefined for nothing. */
  readonly stands: Moment | undefined;
  /** Since when it is held: the first step back that nobody went on from. */
  readonly held?: Moment;
  /** What a gate or the source waits for. */
  readonly why?: string;
}

/** What it takes to tell. */
export interface Sought {
  readonly environment: string;
  readonly app: string;
  /** Places of `rendered` at which this path has it; at least one. */
  readonly spans: readonly Span[];
  readonly timeline: Timeline;
  readonly history: EnvironmentHistory | undefined;
  /** By the promotion table, whatever the gates say. */
  readonly step: Pick<Step, 'state' | 'offer'>;
  /** What the gates say of the app in the environment before. @default they agree */
  readonly vouching?: Vouching | undefined;
  /** What the gates leave of the offer. @default all of it */
  readonly vouched?: Step['offer'] | undefined;
  /** Parts of this app that proposals onto the environment have at their tips. */
  readonly proposed: readonly ObjectId[];
}

/** Where it is, by trees and by the order of `rendered` alone. */
export function whereaboutsOf(sought: Sought): Whereabouts {
  const { environment, app, spans, timeline, history, step } = sought;
  const place = (part: ObjectId | undefined) => (part === undefined ? -1 : timeline.place(part));
  const has = (part: ObjectId | undefined) => isWithin(spans, place(part) ?? Number.NaN);
  const standings = history?.course.of(app) ?? [];
  const own = standings.toReversed().map(({ commit, time, part }): Moment => ({ commit, time, part }));
  const stays = staysOf(own, has, place);
  const stands = own.at(-1);
  const told = { environment, app, stays, stands };
  if (has(stands?.part)) return { ...told, is: 'there' };

  const here = place(stands?.part);
  if (here === undefined) return { ...told, is: 'edited' };
  const isAhead = (at: number) => spans.some(([from]) => at < from);
  if (!isAhead(here)) return { ...told, is: 'past' };
  if (step.state.heldBelow !== undefined) {
    const held = stepBack(standings, timeline) ?? stands;
    return { ...told, is: 'held', ...(held ? { held } : {}) };
  }
  if (sought.proposed.some((part) => has(part))) return { ...told, is: 'proposed' };
  const { offer } = step;
  if (!has(offer.part)) {
    if (!isAhead(place(offer.part) ?? -1)) return { ...told, is: 'superseded' };
    return { ...told, is: 'source', ...(offer.part === undefined ? { why: offer.why } : {}) };
  }
  const { vouched = offer, vouching } = sought;
  if (has(vouched.part)) return { ...told, is: 'open' };
  const why = (vouching?.waits ?? []).map(({ evidence }) => evidence).join('; ');
  return { ...told, is: 'gate', ...(why === '' ? {} : { why }) };
}

type Place = (part: ObjectId | undefined) => number | undefined;

function staysOf(own: readonly Moment[], has: (part: ObjectId | undefined) => boolean, place: Place): Stay[] {
  const stays: Stay[] = [];
  let came: Moment | undefined;
  let before: Moment | undefined;
  for (const moment of own) {
    if (came === undefined) {
      if (has(moment.part)) came = moment;
    } else if (!has(moment.part)) {
      stays.push({ came, left: { ...moment, how: leaving(before, moment, place) } });
      came = undefined;
    }
    before = moment;
  }
  return came === undefined ? stays : [...stays, { came }];
}

function leaving(before: Moment | undefined, { part }: Moment, place: Place): Leaving {
  if (part === undefined) return 'gone';
  const here = place(part);
  if (here === undefined) return 'edited';
  return here < (place(before?.part) ?? -1) ? 'back' : 'past';
}
