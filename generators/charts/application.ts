import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Environment } from '../model/environment.ts';
import { applicationFile, environmentBranch } from '../model/names.ts';

/**
 * The Argo CD Application of one app in one environment. It lives in a namespace of the environment's own, under an
 * AppProject of the same name, so that an environment branch reaches nothing but its environment.
 */
export class ApplicationChart extends Chart {
  constructor(scope: Construct, app: string, environment: Environment, repoURL: string) {
    super(scope, 'application', { disableResourceNameHashes: true });
    new ApiObject(this, 'application', {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name: app,
        namespace: `argocd-${environment.name}`,
        annotations: { 'argocd.argoproj.io/manifest-generate-paths': '.' },
        finalizers: ['resources-finalizer.argocd.argoproj.io/foreground'],
      },
      spec: {
        project: environment.name,
        source: {
          repoURL,
          targetRevision: `refs/heads/${environmentBranch(environment.name)}`,
          path: app,
          directory: { exclude: applicationFile },
        },
        destination: { server: 'https://kubernetes.default.svc', namespace: environment.name },
        syncPolicy: {
          automated: { prune: true, selfHeal: true, allowEmpty: false },
          retry: { limit: 5, refresh: true, backoff: { duration: '5s', factor: 2, maxDuration: '3m' } },
          syncOptions: [
            'ServerSideApply=true',
            'PruneLast=true',
            'PrunePropagationPolicy=foreground',
            'RespectIgnoreDifferences=true',
            'ApplyOutOfSyncOnly=true',
            'FailOnSharedResource=true',
          ],
        },
      },
    });
  }
}
