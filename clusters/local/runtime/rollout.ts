/** A pod as a rollout sees it. */
export interface RolloutPod {
  readonly id: string;
  /** The hash of the template that it was started from. */
  readonly template: string;
  readonly ready: boolean;
  readonly stopping: boolean;
}

export interface Wanted {
  readonly template: string;
  readonly replicas: number;
  /** How many pods more than `replicas` there may be. */
  readonly maxSurge: number;
  /** How many fewer than `replicas` may be ready. */
  readonly maxUnavailable: number;
}

/**
 * The next step of a rolling update, as Kubernetes defines it: start new pods within the surge, stop old ones only
 * while enough stay ready. Called again after every change, it ends at `replicas` pods of the wanted template.
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
  const room = wanted.replicas + wanted.maxSurge - here.length;
  const start = Math.max(0, Math.min(wanted.replicas - current.length, room));

  // A pod that is not ready serves nobody: it may go at once.
  const stop = [...surplus, ...old.filter((pod) => !pod.ready)].map((pod) => pod.id);
  let spare =
    here.filter((pod) => pod.ready && !surplus.includes(pod)).length - (wanted.replicas - wanted.maxUnavailable);
  for (const pod of old.filter((candidate) => candidate.ready)) {
    if (spare-- <= 0) break;
    stop.push(pod.id);
  }
  return { start, stop };
}
