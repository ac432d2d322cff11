import { type Standing, skew } from './course.ts';
import { pipelineFile } from './names.ts';
import type { EnvironmentHistory, ObjectId, Rendered, Timeline } from './timeline.ts';

/**
 * What came to an environment that it never had: one merge, or the commits that one run pushed at one moment. Read from
 * parts and their order alone. It is none when an app goes back, comes again after it was taken back, is edited or is
 * taken out of `main`, nor when only the pipeline file moves.
 */
export interface Deployment {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly arrivals: readonly Arrival[];
}

/** One app of a deployment. */
export interface Arrival {
  readonly app: string;
  /** The place in `rendered` of the latest part that stood here before, also when it was taken back; undefined for none. */
  readonly from: number | undefined;
  /** The place of what came. */
  readonly to: number;
  /** Nobody had planned it: it came past its source, or to an app that was taken back or edited. */
  readonly isRework: boolean;
  /** Each kind at most once. */
  readonly failures: readonly Failure[];
}

/** That somebody had to step in after a deployment. */
export interface Failure {
  /** The app went to before it, was changed by hand, or got a part past its source while it ran. */
  readonly is: 'back' | 'edited' | 'hotfix';
  /** When it was over, in milliseconds since 1970: an edit is over when a part of ours stands there; undefined until then. */
  readonly ended: number | undefined;
}

/** An environment, and what its deployments are judged by. */
export interface Delivery {
  readonly rendered: Rendered;
  readonly environment: string;
  readonly target: EnvironmentHistory;
  /** The environment that it comes after; undefined for a first one, where no part can come past anything. */
  readonly source?: { readonly environment: string; readonly history: EnvironmentHistory | undefined } | undefined;
  /** Whether a part says that its app was taken out of `main`. */
  readonly isRemoved: (part: ObjectId) => boolean;
  /** So many milliseconds after a deployment somebody steps in because of it, and not later. */
  readonly window: number;
}

/** The deployments of an environment, oldest first. */
export function deploymentsOf(delivery: Delivery): Deployment[] {
  const { target, rendered, environment } = delivery;
  const names = new Set(target.course.standings.map(({ name }) => name));
  names.delete(pipelineFile);
  const arrivals = [...names].flatMap((app) => {
    const timeline = rendered.timelines.get(`${environment}/${app}`);
    // What people keep there was never rendered.
    return timeline ? arrivalsOf(app, timeline, target.course.of(app).toReversed(), delivery) : [];
  });
  return [...Map.groupBy(arrivals, ({ time }) => time)]
    .map(([time, own]) => ({ time, arrivals: own.map(({ arrival }) => arrival) }))
    .sort((a, b) => a.time - b.time);
}

/** @param standings of one app, oldest first */
function arrivalsOf(app: string, timeline: Timeline, standings: readonly Standing[], delivery: Delivery) {
  const found: { readonly time: number; readonly arrival: Arrival }[] = [];
  const isPast = pastSource(app, delivery);
  let latest = -1;
  let isDisturbed = false;
  for (const [index, { part, time }] of standings.entries()) {
    const place = placeIn(timeline, part);
    if (place === undefined || place <= latest) {
      isDisturbed = place !== latest;
      continue;
    }
    // No folder has no place above the lowest, so that it never comes this far.
    if (!delivery.isRemoved(part as ObjectId)) {
      const failures = failuresOf(standings.slice(index), timeline, delivery.window, isPast);
      const isRework = isDisturbed || isPast(place, time);
      const from = latest < 0 ? undefined : latest;
      found.push({ time, arrival: { app, from, to: place, isRework, failures } });
    }
    latest = place;
    isDisturbed = false;
  }
  return found;
}

/** No folder is earlier than every part; what is not ours has no place. */
const placeIn = (timeline: Timeline, part: ObjectId | undefined) => (part === undefined ? -1 : timeline.place(part));

/**
 * What became of a deployment: each kind once, at its first.
 * @param standings what it brought, and what came after, oldest first
 */
function failuresOf(
  [brought, ...later]: readonly Standing[],
  timeline: Timeline,
  window: number,
  isPast: (place: number, time: number) => boolean,
): Failure[] {
  const end = (brought?.time ?? 0) + window;
  const own = placeIn(timeline, brought?.part) ?? -1;
  const found = new Map<Failure['is'], Failure>();
  const note = (is: Failure['is'], ended: number | undefined) => {
    if (!found.has(is)) found.set(is, { is, ended });
  };
  // Once another part came, this one is to blame for a step back to before it alone.
  let isAlone = true;
  for (const [index, { part, time }] of later.entries()) {
    if (time > end) break;
    const place = placeIn(timeline, part);
    if (place !== undefined && place < own) note('back', time);
    else if (isAlone && place === undefined) {
      const repaired = later.slice(index).find((one) => placeIn(timeline, one.part) !== undefined);
      note('edited', repaired?.time);
    } else if (isAlone && place !== undefined && place > own && isPast(place, time)) note('hotfix', time);
    isAlone &&= place === own;
  }
  return [...found.values()];
}

/** Whether what stands at a place of `rendered` came at a moment at which the source had never had it, nor anything later. */
function pastSource(app: string, { rendered, source }: Delivery): (place: number, time: number) => boolean {
  if (!source) return () => false;
  const timeline = rendered.timelines.get(`${source.environment}/${app}`);
  const standings = source.history?.course.of(app).toReversed() ?? [];
  let far = -1;
  const reached = standings.map(({ part, time }) => {
    far = Math.max(far, (part === undefined ? undefined : timeline?.newest(part, rendered.commits.length)) ?? -1);
    return { time, far };
  });
  return (place, time) => (reached.findLast((one) => one.time <= time + skew)?.far ?? -1) < place;
}
