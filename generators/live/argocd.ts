import { whyNone } from '../forge/patience.ts';
import type { Live } from '../model/gate.ts';
import { Refusal } from '../model/refusal.ts';

export interface ArgoCDSettings {
  /** `https://argocd.example.com` */
  readonly server: string;
  /** Travels in a header only. */
  readonly token: string;
  /** Milliseconds after which an answer is lost. @default 10000 */
  readonly timeout?: number | undefined;
}

/** An Argo CD Application, as far as it is read: https://argo-cd.readthedocs.io/en/stable/developer-guide/api-docs/ */
interface Application {
  readonly metadata: { readonly name: string };
  readonly status?: {
    readonly sync?: { readonly status?: string; readonly revision?: string };
    readonly health?: { readonly status?: string; readonly message?: string; readonly lastTransitionTime?: string };
    readonly history?: readonly { readonly revision?: string; readonly deployedAt?: string }[] | null;
  };
}

/**
 * What Argo CD says of an environment's applications. `status.sync.revision` is read, not the last operation's: it
 * moves with the branch also for an app whose folder did not change.
 * @returns a question that throws {Refusal} when Argo CD cannot be asked
 */
export function argocd({
  server,
  token,
  timeout = 10_000,
}: ArgoCDSettings): (environment: string) => Promise<readonly Live[]> {
  return async (environment) => {
    const url = new URL('/api/v1/applications', server);
    url.search = new URLSearchParams({ projects: environment, appNamespace: `argocd-${environment}` }).toString();
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(timeout),
    }).catch((error: Error) => {
      throw new Refusal(
        `Argo CD at ${server} cannot be asked (${whyNone(error, timeout)}). Check ARGOCD_SERVER and that it is up.`,
      );
    });
    if (!response.ok)
      throw new Refusal(
        `Argo CD at ${server} answered ${response.status}. Check ARGOCD_AUTH_TOKEN: it needs to read applications of project ${environment}.`,
      );
    const { items } = (await response.json()) as { items: readonly Application[] | null };
    return (items ?? []).map(({ metadata, status }) => ({
      app: metadata.name,
      sync: status?.sync?.status ?? 'Unknown',
      revision: status?.sync?.revision,
      health: status?.health?.status ?? 'Unknown',
      message: status?.health?.message,
      since: status?.health?.lastTransitionTime ? Date.parse(status.health.lastTransitionTime) : undefined,
      deployed: (status?.history ?? []).flatMap(({ revision, deployedAt }) =>
        revision && deployedAt ? [{ revision, time: Date.parse(deployedAt) }] : [],
      ),
      url: new URL(`/applications/argocd-${environment}/${metadata.name}`, server).href,
    }));
  };
}
