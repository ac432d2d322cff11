import { ApiObject, Chart } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Provision } from '../model/app.ts';
import type { CheckedApp, CheckedPlatform, CheckedWeb } from '../model/app-schema.ts';
import { applicationFile } from '../model/names.ts';
import { applicationsOf, ownCluster, revisionOf } from '../model/project.ts';
import type { Placement } from './place.ts';

/** What is synced before what: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/ */
const waves: Readonly<Record<Provision | Exclude<CheckedApp, CheckedPlatform>['kind'], string>> = {
  classes: '-10',
  namespaces: '-10',
  policies: '-8',
  monitoring: '-8',
  argocd: '-6',
  manifests: '-5',
  dashboards: '5',
  store: '5',
  agent: '10',
  job: '10',
  web: '10',
  worker: '10',
};

/** How Argo CD keeps a cluster like a branch. What disappears last, or never by mistake, says so itself. */
export const syncPolicy = {
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
};

/**
 * The Argo CD Application of one app in one environment. It lives in a namespace of the environment's own, under an
 * AppProject of the same name, so that an environment branch reaches nothing but its environment.
 */
export class ApplicationChart extends Chart {
  constructor(scope: Construct, app: CheckedApp, { environment, namespace, path }: Placement) {
    super(scope, 'application', { disableResourceNameHashes: true });
    new ApiObject(this, 'application', {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Application',
      metadata: {
        name: app.name,
        namespace: applicationsOf(environment),
        annotations: {
          'argocd.argoproj.io/manifest-generate-paths': '.',
          'argocd.argoproj.io/sync-wave': waves[app.kind === 'platform' ? app.provides : app.kind],
        },
        finalizers: ['resources-finalizer.argocd.argoproj.io/foreground'],
      },
      spec: {
        project: environment.name,
        source: {
          repoURL: path.repository,
          targetRevision: revisionOf(environment.name),
          path: app.name,
          directory: { exclude: applicationFile },
        },
        destination: { server: ownCluster, namespace },
        // Argo CD's UI shows them beside the app.
        info: infoOf(app),
        syncPolicy,
      },
    });
  }
}

/** What a service promises, as people say it. */
const objectiveOf = ({ availability, latency }: NonNullable<CheckedWeb['objective']>): string =>
  `${availability} % of requests succeed${latency ? `, ${latency.share} % within ${latency.within} s` : ''}`;

function infoOf(app: CheckedApp): { name: string; value: string }[] {
  const file = `apps/${app.name}/app.ts`;
  return [
    { name: 'Owner', value: app.owner },
    // Whoever looks at it at night wants to read the code that runs.
    ...('source' in app && app.source
      ? [{ name: 'Source', value: `${app.source.repository} at ${app.source.commit}` }]
      : []),
    ...(app.kind === 'web' && app.objective !== undefined
      ? [{ name: 'Objective', value: objectiveOf(app.objective) }]
      : []),
    // Elsewhere its part is empty, and somebody will wonder why.
    ...(app.profiles.length < 2 ? [{ name: 'Runs on', value: `${app.profiles.join()} alone` }] : []),
    ...(app.monitoring.length < 3
      ? [{ name: 'Runs where', value: `monitoring is ${app.monitoring.join(' or ')}` }]
      : []),
    ...(app.patch ? [{ name: 'Patched', value: `${file} changes the finished objects` }] : []),
    ...app.excuses.map(({ policy, reason, owner, until }) => ({
      name: 'Excused',
      value: `${policy} until ${until}: ${reason} (${owner})`,
    })),
  ];
}
