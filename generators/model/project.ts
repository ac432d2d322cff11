import { type Cluster, type Environment, type Monitoring, monitoringOf, type Path, scopeOf } from './environment.ts';
import { isClusterScoped } from './kinds.ts';
import { isMapping } from './mapping.ts';
import { addOnNamespaces } from './monitoring.ts';
import { environmentBranch, head } from './names.ts';

/** Where Argo CD itself runs, and takes its orders from. */
export const argoCd = 'argocd';

/** Where the Applications of an environment live. */
export const applicationsOf = ({ name }: Pick<Environment, 'name'>) => `${argoCd}-${name}`;

/** The cluster that Argo CD runs in, as Argo CD calls it. */
export const ownCluster = 'https://kubernetes.default.svc';

/** The branch that an environment's Applications read. */
export const revisionOf = (environment: string) => head(environmentBranch(environment));

/** What Argo CD lets the Applications of a project do. Every list is exact: none has a pattern. */
export interface Project {
  readonly name: string;
  readonly sourceRepos: readonly string[];
  /** The namespaces, beside Argo CD's own, whose Applications may belong to it. */
  readonly sourceNamespaces: readonly string[];
  /** Namespaces of Argo CD's own cluster. */
  readonly destinations: readonly string[];
  readonly clusterKinds: readonly Kind[];
  readonly namespacedKinds: readonly Kind[];
}

/** `apps/Deployment`, `Service`. */
export type Kind = string;

/** What an app may be made of in its environment. What changes the environment itself is not among it. */
const ofApps: readonly Kind[] = [
  ...['ConfigMap', 'PersistentVolumeClaim', 'Service', 'ServiceAccount'],
  ...['apps/DaemonSet', 'apps/Deployment', 'apps/StatefulSet'],
  'autoscaling/HorizontalPodAutoscaler',
  ...['batch/CronJob', 'batch/Job'],
  ...['networking.k8s.io/Ingress', 'networking.k8s.io/NetworkPolicy'],
  'policy/PodDisruptionBudget',
  ...['rbac.authorization.k8s.io/Role', 'rbac.authorization.k8s.io/RoleBinding'],
  // A Secret comes from one of these: its value stands in no branch.
  'cert-manager.io/Certificate',
  'external-secrets.io/ExternalSecret',
  'secrets-store.csi.x-k8s.io/SecretProviderClass',
];

/** What an app is watched by, where an operator reads it. */
const ofOperators: readonly Kind[] = ['PodMonitor', 'Probe', 'PrometheusRule', 'ServiceMonitor'].map(
  (kind) => `monitoring.coreos.com/${kind}`,
);

/** What a platform may put into namespaces, beside that. */
const ofPlatforms: readonly Kind[] = [
  'LimitRange',
  'ResourceQuota',
  'argoproj.io/AppProject',
  'argoproj.io/Application',
];

/** What a platform may change about its cluster. */
const ofClusters: readonly Kind[] = [
  'Namespace',
  ...[
    'MutatingAdmissionPolicy',
    'MutatingAdmissionPolicyBinding',
    'MutatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
    'ValidatingWebhookConfiguration',
  ].map((kind) => `admissionregistration.k8s.io/${kind}`),
  'apiextensions.k8s.io/CustomResourceDefinition',
  'apiregistration.k8s.io/APIService',
  ...['eks.amazonaws.com/IngressClassParams', 'eks.amazonaws.com/NodeClass', 'karpenter.sh/NodePool'],
  'networking.k8s.io/IngressClass',
  ...['rbac.authorization.k8s.io/ClusterRole', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
  'scheduling.k8s.io/PriorityClass',
  ...['storage.k8s.io/CSIDriver', 'storage.k8s.io/StorageClass', 'storage.k8s.io/VolumeAttributesClass'],
];

/** The kinds that a project of this scope may hold. @param monitoring who watches the cluster. @default the apps of this repository */
export function kindsFor(
  scope: Environment['scope'],
  monitoring: Monitoring = 'slipway',
): Pick<Project, 'clusterKinds' | 'namespacedKinds'> {
  const ofAll = [...ofApps, ...(monitoring === 'operator' ? ofOperators : [])];
  return scope === 'cluster'
    ? { clusterKinds: ofClusters, namespacedKinds: [...ofAll, ...ofPlatforms] }
    : { clusterKinds: [], namespacedKinds: ofAll };
}

/** The projects of an environment. */
export interface Projects {
  readonly environment: Environment;
  /** What the environment's Applications may do. */
  readonly own: Project;
  /** What the Application may do that makes them from the environment's branch: nothing but that. */
  readonly root: Project;
}

/** What every environment of a cluster may do, the platform's too, in path order. */
export function projectsOf(
  cluster: Pick<Cluster, 'name' | 'profile' | 'namespaces' | 'monitoring'>,
  path: Path,
): Projects[] {
  const here = path.environments.filter((one) => one.cluster === cluster.name);
  const apps = here.filter((one) => scopeOf(one) === 'environment').map(({ name }) => name);
  // EKS is told there how to keep network policies:
  // https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
  const measured = monitoringOf(cluster) === 'slipway' ? addOnNamespaces : [];
  const system = cluster.profile === 'eks' ? ['kube-system', ...measured] : [];
  const everywhere = [
    ...new Set([
      'default',
      ...system,
      ...Object.keys(cluster.namespaces),
      ...apps,
      argoCd,
      ...here.map(applicationsOf),
    ]),
  ];
  return here.map((environment) => {
    const { name } = environment;
    const scope = scopeOf(environment);
    const applications = applicationsOf(environment);
    return {
      environment,
      own: {
        name,
        sourceRepos: [path.repository],
        sourceNamespaces: [applications],
        destinations: scope === 'cluster' ? everywhere : [name],
        ...kindsFor(scope, monitoringOf(cluster)),
      },
      root: {
        name: `${name}-root`,
        sourceRepos: [path.repository],
        // It lives in Argo CD's own namespace, which needs no permission.
        sourceNamespaces: [],
        destinations: [applications],
        clusterKinds: [],
        namespacedKinds: ['argoproj.io/Application'],
      },
    };
  });
}

/** Whether an object of this project belongs to a namespace; the API server is not asked. */
const isNamespaced = ({ clusterKinds }: Pick<Project, 'clusterKinds'>, kind: Kind, namespace: unknown) =>
  namespace !== undefined || !(isClusterScoped(kind.slice(kind.indexOf('/') + 1)) || clusterKinds.includes(kind));

/**
 * Why Argo CD would not put an object of this kind where it says, on behalf of a project; undefined when it would.
 * `IsGroupKindNamePermitted` and `isResourceInList`: a list of kinds that is there and empty lets nothing in.
 * https://github.com/argoproj/argo-cd/blob/v3.6.1/pkg/apis/application/v1alpha1/app_project_types.go
 */
export function forbidsKind(
  lists: Pick<Project, 'clusterKinds' | 'namespacedKinds'>,
  kind: Kind,
  namespace: unknown,
): string | undefined {
  const namespaced = isNamespaced(lists, kind, namespace);
  if ((namespaced ? lists.namespacedKinds : lists.clusterKinds).includes(kind)) return undefined;
  return namespaced
    ? `${kind} is no kind that it holds`
    : `${kind} belongs to a cluster, and is no such kind that it holds`;
}

/**
 * Why Argo CD would not put an object where it says on behalf of a project; undefined when it would.
 * `IsDestinationPermitted`: what says no namespace goes to that of its Application.
 */
export function forbids(project: Project, object: unknown, byDefault: string): string | undefined {
  const { apiVersion, kind, metadata } = isMapping(object) ? object : {};
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') return 'it has no apiVersion and kind';
  const group = apiVersion.includes('/') ? `${apiVersion.replace(/\/.*/, '')}/` : '';
  const { namespace } = isMapping(metadata) ? metadata : {};
  const why = forbidsKind(project, `${group}${kind}`, namespace);
  if (why) return `project ${project.name}: ${why}`;
  if (!isNamespaced(project, `${group}${kind}`, namespace)) return undefined;
  const destination = namespace ?? byDefault;
  return typeof destination === 'string' && project.destinations.includes(destination)
    ? undefined
    : `project ${project.name}: namespace ${destination} is none of ${project.destinations.join(', ')}`;
}

/**
 * Why Argo CD would not run an Application; undefined when it would. It asks the project that the Application names
 * itself, and so that project must know the namespace that the Application lives in: `IsAppNamespacePermitted`,
 * `IsSourcePermitted`, `IsDestinationPermitted`. Addresses of repositories are compared as they are written, which Argo
 * CD does not ask for.
 */
export function forbidsApplication(projects: readonly Project[], application: unknown): string | undefined {
  const { metadata, spec } = isMapping(application) ? application : {};
  const { namespace } = isMapping(metadata) ? metadata : {};
  const { project: named, source, sources, sourceHydrator, destination } = isMapping(spec) ? spec : {};
  const project = projects.find(({ name }) => name === named);
  if (!project) return `there is no project ${named}`;
  // Whoever may write there may name any project.
  if (namespace !== argoCd && !project.sourceNamespaces.some((one) => one === namespace))
    return `project ${project.name}: Applications of namespace ${namespace} may not belong to it`;
  if (sourceHydrator !== undefined) return `project ${project.name}: nothing here is hydrated by Argo CD`;
  const all = Array.isArray(sources) && sources.length > 0 ? sources : [source];
  for (const one of all) {
    const { repoURL } = isMapping(one) ? one : {};
    if (typeof repoURL !== 'string' || !project.sourceRepos.includes(repoURL))
      return `project ${project.name}: repository ${repoURL} is none of its own`;
  }
  const { server, name, namespace: into } = isMapping(destination) ? destination : {};
  if (server !== ownCluster || name !== undefined)
    return `project ${project.name}: cluster ${name ?? server} is not the one that Argo CD runs in`;
  return typeof into === 'string' && project.destinations.includes(into)
    ? undefined
    : `project ${project.name}: namespace ${into} is none of ${project.destinations.join(', ')}`;
}
