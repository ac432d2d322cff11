import { type Answer, type Live, moment, type Sample } from '../model/gate.ts';
import type { ObjectId } from '../model/timeline.ts';
import { quote } from '../model/words.ts';
import { type Candidate, liveSince } from './candidates.ts';

export interface SoakFacts {
  readonly environment: string;
  readonly app: string;
  /** What the environment may offer of the app, newest first; at least one. */
  readonly candidates: readonly Candidate[];
  /** Which candidate is asked about. */
  readonly index: number;
  /** What runs of the app; undefined when nothing does. */
  readonly live: Live | undefined;
  /** The app's part in a commit of the environment branch. */
  readonly partAt: (revision: string | undefined) => ObjectId | undefined;
  /** The app was taken out: nothing of it should be live. Only asked where nothing is. */
  readonly removed: boolean;
  /** What Prometheus saw during the soak time, in order; its refusal; undefined where none is configured. */
  readonly samples: readonly Sample[] | { readonly refused: string } | undefined;
  /** Seconds. */
  readonly soak: number;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** How long the rollout of a part may take: after as long, a Deployment is Degraded (`progressDeadlineSeconds`). */
const rollout = 600_000;

/** How long Prometheus itself takes a sample for the present (`--query.lookback-delta`); a longer gap hides something. */
const staleness = 300_000;

/**
 * The gate "the source runs this part and it has soaked": for the last `soak` seconds the source ran it or what followed
 * it, Healthy, and what is compared now holds it and is Synced.
 *
 * Sync is asked of this moment alone: every commit that changes an app makes it OutOfSync until it is synced, and what
 * stays OutOfSync still is. Health is asked of the whole time. A part that follows is rolled out in its turn, and a
 * repository that publishes every few minutes would never have a quiet soak time: so OutOfSync and Progressing are not
 * held against an older part for as long as the rollout of a newer one may take. Any other Progressing is, since a pod
 * that crashes again and again shows as nothing else; and so is Degraded always, whichever part brought it.
 *
 * Without Prometheus only the health's last change is known, which every rollout renews: then a busy environment waits
 * longer than it must.
 */
export function soakAnswer(facts: SoakFacts): Answer {
  const { environment, app, candidates, index, live, partAt, soak } = facts;
  const answer = (is: Answer['is'], evidence: string): Answer => ({
    gate: 'soak',
    is,
    evidence,
    ...(live?.url ? { link: live.url } : {}),
  });
  if (!live) {
    return facts.removed
      ? answer('yes', `${environment} runs nothing of it any more (Argo CD)`)
      : answer('unknown', `${environment} has not begun to run it (Argo CD)`);
  }
  const compared = candidates.findIndex(({ part }) => part === partAt(live.revision));
  if (compared < 0 || compared > index)
    return answer('unknown', `${environment} does not run this part of ${app} yet (Argo CD)`);

  const rollouts = rolloutsAfter(facts);
  const present = stateNow(facts, live, soak > 0 && isWithin(rollouts, facts.now));
  if (present) return answer(present, stateOf(environment, live));
  if (soak === 0) return answer('yes', `${environment} has it Synced and Healthy (Argo CD)`);

  const since = liveSince(candidates, index, newestFirst(live), partAt);
  const { is, evidence } = facts.samples
    ? measured(facts, facts.samples, since, rollouts)
    : transitioned(facts, live, since);
  return answer(is, evidence);
}

const newestFirst = ({ deployed = [] }: Live) => deployed.toSorted((a, b) => b.time - a.time);

type Verdict = Pick<Answer, 'is' | 'evidence'>;
type Span = readonly [from: number, until: number];

const isWithin = (spans: readonly Span[], time: number) => spans.some(([from, until]) => from <= time && time <= until);

/** When the rollout of a candidate was to be expected. */
function rolloutOf({ part, time }: Candidate, { live, partAt }: SoakFacts): Span {
  const syncs = (live?.deployed ?? []).filter(({ revision }) => partAt(revision) === part);
  const first = syncs.length > 0 ? Math.min(...syncs.map((sync) => sync.time)) : time;
  return [time, Math.max(time, first) + rollout];
}

/** When the rollouts of what followed the candidate were to be expected. */
const rolloutsAfter = (facts: SoakFacts): Span[] =>
  facts.candidates.slice(0, facts.index).map((follower) => rolloutOf(follower, facts));

/** Whether every older candidate would get this one's answer: it was rolled out before the time that is asked about. */
export function isSettled(facts: SoakFacts): boolean {
  const { candidates, index, live, partAt, soak, now } = facts;
  const candidate = candidates[index];
  if (!candidate || rolloutOf(candidate, facts)[1] >= now - soak * 1000) return false;
  return candidates.slice(0, index + 1).some(({ part }) => part === partAt(live?.revision));
}

/** What speaks against the app as it is now; undefined for nothing. */
function stateNow({ samples }: SoakFacts, { sync, health }: Live, rolling: boolean): 'no' | 'unknown' | undefined {
  const synced = sync === 'Synced' || (rolling && sync === 'OutOfSync');
  // Only where the time before was measured is it known that the app had been healthy.
  const healthy = health === 'Healthy' || (rolling && health === 'Progressing' && samples !== undefined);
  if (synced && healthy) return undefined;
  const mayPass = ['Synced', 'OutOfSync'].includes(sync) && ['Healthy', 'Progressing'].includes(health);
  return mayPass ? 'unknown' : 'no';
}

const stateOf = (environment: string, { sync, health, message }: Live) =>
  `${environment} has it ${quote(sync)} and ${quote(health)}${message ? `: ${quote(message)}` : ''} (Argo CD)`;

/** By what was measured during the soak time. */
function measured(
  { environment, index, soak, now }: SoakFacts,
  samples: readonly Sample[] | { readonly refused: string },
  since: number,
  rollouts: readonly Span[],
): Verdict {
  if ('refused' in samples) return { is: 'unknown', evidence: samples.refused };
  const it = index === 0 ? 'it' : 'it or what followed';
  const runs = `${environment} runs ${it} since ${moment(since)} (Argo CD)`;
  const from = now - soak * 1000;
  if (since > from) return { is: 'unknown', evidence: `${runs}, and ${soak} s are asked` };

  const window = samples.filter(({ time }) => time > from && time <= now);
  const bad = window.findLast(
    ({ time, health }) => health !== 'Healthy' && !(health === 'Progressing' && isWithin(rollouts, time)),
  );
  if (bad)
    return {
      is: 'no',
      evidence: `${environment} had it ${quote(bad.health)} at ${moment(bad.time)} (Prometheus), and ${soak} s without are asked`,
    };
  const times = [from, ...window.map(({ time }) => time), now];
  const isCovered = times.every((time, at) => at === 0 || time - (times[at - 1] as number) <= staleness);
  if (!isCovered || !window.some(({ health }) => health === 'Healthy'))
    return {
      is: 'unknown',
      evidence: `Prometheus has no unbroken record (argocd_app_info) of its health in ${environment} for ${soak} s`,
    };
  const healthy = index === 0 ? 'Healthy' : 'Healthy, rollouts aside,';
  return { is: 'yes', evidence: `${runs}, ${healthy} for the last ${soak} s (Prometheus)` };
}

/** By the health's last change alone. */
function transitioned({ environment, soak, now }: SoakFacts, live: Live, since: number): Verdict {
  if (live.since === undefined)
    return { is: 'unknown', evidence: `${environment} does not say since when it is Healthy (Argo CD)` };
  const start = Math.max(since, live.since);
  return {
    is: now - start >= soak * 1000 ? 'yes' : 'unknown',
    evidence: `${environment} has it Synced and Healthy since ${moment(start)}, and ${soak} s are asked (Argo CD)`,
  };
}
