import type { Construct } from 'constructs';
import { dump } from 'js-yaml';
import { type Environment, isHighlyAvailable } from '../../../model/environment.ts';
import type { Placement } from '../../place.ts';
import { configMap } from './config-map.ts';
import { healthScripts } from './health.ts';
import { signIn } from './people.ts';

/** The host at which people find Argo CD. */
export const hostOf = ({ domain }: Pick<Environment, 'domain'>) => `argocd.${domain}`;

const off = 'false';

/** https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-cm-yaml/ */
export function configuration(scope: Construct, { cluster, environment, path }: Placement): void {
  const health = Object.entries(healthScripts(cluster)).map(
    ([kind, script]) => [`resource.customizations.health.${kind}`, script] as const,
  );
  configMap(scope, 'argocd-cm', {
    url: `https://${hostOf(environment)}`,
    // People sign in by GitLab, or not at all.
    'admin.enabled': off,
    'users.anonymous.enabled': off,
    'exec.enabled': off,
    // Who asks whether apps are healthy, by a token that nobody can sign in with: `slipway status`, a gate.
    'accounts.slipway': 'apiKey',
    ...(cluster.people ? { 'oidc.config': dump(signIn(cluster.people, path.repository)) } : {}),
    // Argo CD templates nothing: what is synced stands in the branch.
    'helm.enable': off,
    'kustomize.enable': off,
    'jsonnet.enable': off,
    'application.resourceTrackingMethod': 'annotation',
    // Another revision than the branch's, and an older one, come by the branch.
    'application.sync.requireOverridePrivilegeForRevisionSync': 'true',
    'server.rbac.rollback.enforce.enable': 'true',
    'timeout.reconciliation': '120s',
    'timeout.reconciliation.jitter': '60s',
    'resource.exclusions': dump(unwatched),
    ...Object.fromEntries(health),
    ...Object.fromEntries(
      Object.entries(trifles).map(([kind, fields]) => [
        `resource.customizations.ignoreResourceUpdates.${kind}`,
        dump(fields),
      ]),
    ),
  });
}

/** What changes often and belongs to no app: nobody need watch it. */
const unwatched = [
  { apiGroups: ['', 'discovery.k8s.io'], kinds: ['Endpoints', 'EndpointSlice'] },
  { apiGroups: ['coordination.k8s.io'], kinds: ['Lease'] },
  { apiGroups: ['authentication.k8s.io', 'authorization.k8s.io'], kinds: ['*'] },
  { apiGroups: ['certificates.k8s.io'], kinds: ['CertificateSigningRequest'] },
];

/** Updates after which nothing needs to be compared: https://argo-cd.readthedocs.io/en/stable/operator-manual/reconcile/ */
const trifles = {
  all: { jsonPointers: ['/status'] },
  'argoproj.io_Application': {
    jqPathExpressions: ['notified.notifications.argoproj.io', 'argocd.argoproj.io/refresh'].map(
      (annotation) => `.metadata.annotations."${annotation}"`,
    ),
  },
};

/** What its programs are started with: https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-cmd-params-cm-yaml/ */
export function commandParameters(
  scope: Construct,
  { cluster, environment }: Placement,
  namespaces: readonly string[],
): void {
  configMap(scope, 'argocd-cmd-params-cm', {
    'application.namespaces': namespaces.join(','),
    // What hangs gives way to the next attempt.
    'controller.sync.timeout.seconds': '900',
    // Replacing an object instead of changing it is a deletion.
    'server.sync.replace.allowed': off,
    // A commit must not bring files of another repository.
    'reposerver.enable.git.submodule': off,
    ...(isHighlyAvailable(cluster, environment) ? { 'redis.server': 'argocd-redis-ha-haproxy:6379' } : {}),
    // On one machine TLS ends at the Ingress, if there is any.
    ...(cluster.profile === 'local' ? { 'server.insecure': 'true' } : {}),
  });
}
