/** A pod as a rollout sees it. */
export interface RolloutPod {
  readonly id: string;
  /** The hash of the template that it was started from. */
  readonly template: string;
  readonly ready: boolean;
  /** Whether it has been ready for as long as the workload asks. @default ready */
  readonly available?: boolean;
  readonly stopping: boolean;
}

export interface Wanted {
  readonly template: string;
  readonly replicas: number;
  /** How many pods more than `replicas` there may be. */
  readonly maxSurge: number;
  /** How many fewer than `replicas` may be available. */
  readonly maxUnavailable: number;
  /** Whether all old pods are gone before a new one starts. @default false */
  readonly recreate?: boolean;
}

/** The strategy of a Deployment, as its manifest says it. */
export interface Strategy {
  readonly type?: string;
  readonly rollingUpdate?: { readonly maxSurge?: number | string; readonly maxUnavailable?: number | string };
}

/**
 * What a strategy allows for so many replicas. A share of surge is rounded up and one of unavailable down; when both come
 * to nothing, one may be unavailable, or it would never begin.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#strategy
 */
export function limitsOf(
  { type, rollingUpdate: { maxSurge = '25%', maxUnavailable = '25%' } = {} }: Strategy,
  replicas: number,
): Pick<Wanted, 'maxSurge' | 'maxUnavailable' | 'recreate'> {
  if (type === 'Recreate') return { maxSurge: 0, maxUnavailable: replicas, recreate: true };
  const surge = share(maxSurge, replicas, Math.ceil);
  const unavailable = share(maxUnavailable, replicas, Math.floor);
  return { maxSurge: surge, maxUnavailable: surge === 0 && unavailable === 0 ? 1 : unavailable };
}

const share = (value: number | string, of: number, round: (value: number) => number) =>
  typeof value === 'number' ? value : round((Number.parseFloat(value) * of) / 100);

/**
 * The next step of a rolling update, as Kubernetes defines it: start new pods within the surge, stop old ones only
 * while enough stay available. Called again after every change, it ends at `replicas` pods of the wanted template.
 * https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment
 */
export function nextStep(
  pods: readonly RolloutPod[],
  wanted: Wanted,
): { readonly start: number; readonly stop: readonly string[] } {
  const here = pods.filter((pod) => !pod.stopping);
  const current = here.filter((pod) => pod.template === wanted.template);
  const old = here.filter((pod) => pod.template !== wanted.template);
  const surplus = current.slice(wanted.replicas);
  if (wanted.recreate && pods.some((pod) => pod.template !== wanted.template))
    return { start: 0, stop: [...surplus, ...old].map((pod) => pod.id) };
  const room = wanted.replicas + wanted.maxSurge - here.length;
  const start = Math.max(0, Math.min(wanted.replicas - current.length, room));

  // A pod that is not ready serves nobody: it may go at once.
  const stop = [...surplus, ...old.filter((pod) => !pod.ready)].map((pod) => pod.id);
  let spare =
    here.filter((pod) => isAvailable(pod) && !surplus.includes(pod)).length - (wanted.replicas - wanted.maxUnavailable);
  for (const pod of old.filter((candidate) => candidate.ready)) {
    if (spare-- <= 0) break;
    stop.push(pod.id);
  }
  return { start, stop };
}

const isAvailable = ({ ready, available = ready }: RolloutPod) => available;

/**
 * The next step of a StatefulSet, whose pods have numbers and, behind them, volumes: one at a time, from the lowest when
 * they start and from the highest when they are replaced, and never two of the same number.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#deployment-and-scaling-guarantees
 * @param pods by number
 * @param parallel whether those that are missing start at once (`podManagementPolicy: Parallel`)
 */
export function nextOrdinals(
  pods: ReadonlyMap<number, RolloutPod>,
  { replicas, template }: Pick<Wanted, 'replicas' | 'template'>,
  parallel = false,
): { readonly start: readonly number[]; readonly stop: readonly string[] } {
  const numbers = [...pods.keys()].sort((one, other) => other - one);
  const stop = (number: number) => ({ start: [], stop: [(pods.get(number) as RolloutPod).id] });
  const missing = Array.from({ length: replicas }, (_, number) => number).filter((number) => !pods.has(number));
  if (parallel && missing.length > 0) return { start: missing, stop: [] };
  if (numbers.some((number) => pods.get(number)?.stopping)) return { start: [], stop: [] };

  const surplus = numbers.find((number) => number >= replicas);
  if (surplus !== undefined) return stop(surplus);
  // One that never became ready and is not wanted any more may go before all others.
  const broken = numbers.find((number) => pods.get(number)?.template !== template && !pods.get(number)?.ready);
  if (broken !== undefined) return stop(broken);
  const [first] = missing;
  const before = numbers.filter((number) => first === undefined || number < first);
  if (before.some((number) => !pods.get(number)?.ready)) return { start: [], stop: [] };
  if (first !== undefined) return { start: [first], stop: [] };
  const old = numbers.find((number) => pods.get(number)?.template !== template);
  return old === undefined ? { start: [], stop: [] } : stop(old);
}
