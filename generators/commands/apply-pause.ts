import type { Answer, Kubernetes } from '../live/kubernetes.ts';
import type { Manifest } from '../model/manifest.ts';
import { isMapping } from '../model/mapping.ts';
import { type Applied, appliedIn, isPaused, paused, resumed } from '../model/pause.ts';
import { Refusal } from '../model/refusal.ts';
import { annotationsOf } from '../model/sync-order.ts';

/** An Application in the cluster, as far as a pause is about it. */
export interface Application {
  readonly paused: boolean;
  /** What a pause of ours says. */
  readonly applied: Applied | undefined;
  /** When Argo CD began its last sync. */
  readonly began: string | undefined;
  /** A sync is under way. */
  readonly syncing: boolean;
}

const pathOf = (environment: string, app: string) =>
  `/apis/argoproj.io/v1alpha1/namespaces/argocd-${environment}/applications/${app}`;

/**
 * The Application of an app; undefined where there is none, or no Argo CD at all.
 * @throws {Refusal} when the server may not be asked
 */
export async function readApplication(
  kubernetes: Kubernetes,
  environment: string,
  app: string,
): Promise<Application | undefined> {
  const answer = await kubernetes.ask(pathOf(environment, app));
  if (answer.status === 404) return undefined;
  refuseUnlessDone(kubernetes, answer, `Application argocd-${environment}/${app} cannot be read`);
  const annotations = annotationsOf(answer.body as Pick<Manifest, 'metadata'>);
  const status = isMapping(answer.body.status) ? answer.body.status : {};
  const state = isMapping(status.operationState) ? status.operationState : {};
  return {
    paused: isPaused(annotations),
    applied: appliedIn(annotations),
    began: typeof state.startedAt === 'string' ? state.startedAt : undefined,
    syncing: state.phase === 'Running',
  };
}

/**
 * Has Argo CD leave an app alone. The root Application, whose manifest does not name the annotations, does not take
 * them away: it owns the fields that it applied, and compares no others.
 * @throws {Refusal} when it may not be done
 */
export async function pause(kubernetes: Kubernetes, environment: string, app: string, applied: Applied): Promise<void> {
  await patch(kubernetes, environment, app, paused(applied));
}

/** Has Argo CD go on, from what the branch says now. @throws {Refusal} when it may not be done */
export async function resume(kubernetes: Kubernetes, environment: string, app: string): Promise<void> {
  await patch(kubernetes, environment, app, resumed);
}

/** As oneself: the server's log shall say who did it. */
async function patch(kubernetes: Kubernetes, environment: string, app: string, body: unknown): Promise<void> {
  const type = 'application/merge-patch+json';
  const call = { method: 'PATCH', type, body, query: { fieldManager: 'slipway' } } as const;
  const answer = await kubernetes.ask(pathOf(environment, app), call);
  refuseUnlessDone(kubernetes, answer, `Application argocd-${environment}/${app} cannot be annotated`);
}

function refuseUnlessDone({ server, context }: Kubernetes, { status, message }: Answer, what: string): void {
  if (status < 300) return;
  throw new Refusal(`${what} (${server}, context ${context}: ${message}). Ask somebody who may; nothing was applied.`);
}

/** Who asks, as the server knows them. https://kubernetes.io/docs/reference/access-authn-authz/authentication/#self-subject-review */
export async function whoAsks(kubernetes: Kubernetes): Promise<string> {
  const apiVersion = 'authentication.k8s.io/v1';
  const body = { apiVersion, kind: 'SelfSubjectReview' };
  const answer = await kubernetes.ask(`/apis/${apiVersion}/selfsubjectreviews`, { method: 'POST', body });
  const status = isMapping(answer.body.status) ? answer.body.status : {};
  const user = isMapping(status.userInfo) ? status.userInfo.username : undefined;
  return typeof user === 'string' ? user : 'somebody whom the server does not name';
}
