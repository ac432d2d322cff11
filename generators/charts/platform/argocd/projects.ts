import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { scopeOf } from '../../../model/environment.ts';
import { applicationFile } from '../../../model/names.ts';
import {
  applicationsOf,
  argoCd,
  type Kind,
  ownCluster,
  type Project,
  type Projects,
  revisionOf,
} from '../../../model/project.ts';
import { syncPolicy } from '../../application.ts';

const apiVersion = 'argoproj.io/v1alpha1';
/** What is pruned or deleted by mistake here takes an environment with it. */
const confirmed = { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' };

/** What Applications may do, and the Application of each environment that makes the others from its branch. */
export function projects(scope: Construct, all: readonly Projects[]): void {
  closed(scope);
  for (const { environment, own, root } of all) {
    const { name } = environment;
    project(scope, own, `What the branch of ${name} may do`);
    project(scope, root, `The one Application that makes those of ${name}`);
    new ApiObject(scope, `application-${name}`, {
      apiVersion,
      kind: 'Application',
      metadata: {
        name: scopeOf(environment) === 'cluster' ? 'platform' : name,
        namespace: argoCd,
        annotations: {
          ...confirmed,
          'argocd.argoproj.io/manifest-generate-paths': '.',
          // An environment that is ill must not keep the platform from being synced. This is its last wave, which
          // nothing waits for: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/
          'argocd.argoproj.io/ignore-healthcheck': 'true',
          'argocd.argoproj.io/sync-wave': '1',
        },
        // No finalizer: when it is deleted, what it made stays.
      },
      spec: {
        project: root.name,
        source: {
          repoURL: root.sourceRepos[0],
          targetRevision: revisionOf(name),
          path: '.',
          directory: { recurse: true, include: `*/${applicationFile}` },
        },
        destination: { server: ownCluster, namespace: applicationsOf(environment) },
        syncPolicy,
      },
    });
  }
}

function project(scope: Construct, of: Project, description: string): void {
  new ApiObject(scope, `appproject-${of.name}`, {
    apiVersion,
    kind: 'AppProject',
    metadata: { name: of.name, namespace: argoCd, annotations: confirmed },
    spec: {
      description,
      sourceRepos: [...of.sourceRepos],
      sourceNamespaces: [...of.sourceNamespaces],
      destinations: of.destinations.map((namespace) => ({ server: ownCluster, namespace })),
      clusterResourceWhitelist: of.clusterKinds.map(groupAndKind),
      namespaceResourceWhitelist: of.namespacedKinds.map(groupAndKind),
    },
  });
}

/**
 * Argo CD makes a project `default` that may do everything, and makes it again when it is deleted; this one may do
 * nothing. https://argo-cd.readthedocs.io/en/stable/user-guide/projects/#the-default-project
 */
function closed(scope: Construct): void {
  new ApiObject(scope, 'appproject-default', {
    apiVersion,
    kind: 'AppProject',
    metadata: { name: 'default', namespace: argoCd, annotations: confirmed },
    spec: {
      description: 'Nothing belongs here',
      sourceRepos: [],
      sourceNamespaces: [],
      destinations: [],
      clusterResourceWhitelist: [],
      // An empty list of what is allowed is lost when Argo CD writes a project back, and then all is allowed.
      namespaceResourceBlacklist: [{ group: '*', kind: '*' }],
    },
  });
}

function groupAndKind(kind: Kind): { group: string; kind: string } {
  const slash = kind.indexOf('/');
  return { group: kind.slice(0, Math.max(slash, 0)), kind: kind.slice(slash + 1) };
}
