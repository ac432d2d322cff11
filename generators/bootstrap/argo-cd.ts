import { createHash } from 'node:crypto';
import { loadAll } from 'js-yaml';
import { isClusterScoped } from '../model/kinds.ts';
import type { Manifest } from '../model/manifest.ts';
import { argoCd } from '../model/project.ts';
import { Misuse, Refusal } from '../model/refusal.ts';

// renovate: datasource=github-releases depName=argoproj/argo-cd
const version = '3.6.1';
const manifests = `https://raw.githubusercontent.com/argoproj/argo-cd/v${version}/manifests`;

/** The Argo CD that bootstrap installs: with a cache that outlives a node, which takes three, or on any cluster. */
export const argoCdRelease = {
  version,
  ha: {
    url: `${manifests}/ha/install.yaml`,
    sha256: '37b0e8f5ff512017cda28578fecdb585267ec69e02954a67449296724635b05a',
  },
  single: {
    url: `${manifests}/install.yaml`,
    sha256: '7be23ca7d9ca3d3074dee8332f1ca92a933b990cee7c9cf22cf3843ee8c2913e',
  },
} as const;

/** What is set up on the way from a release to a cluster. */
export interface Setup {
  readonly ha: boolean;
  /** The hash of the parameters that its programs read when they start: others make them start again. */
  readonly params: string;
}

/**
 * The objects of Argo CD's release, in the order in which a cluster can take them, as this repository runs it: without
 * what it does not use, with requests and limits, in namespace argocd. They keep to the restricted Pod Security
 * Standard. Configuration that the app argocd renders takes the place of what has the same name here.
 * @param text what is at the release's address
 * @throws {Refusal} when it is another text than the pinned one
 * @throws {Misuse} when it has a container that nobody gave resources
 */
export function installation(text: string, { ha, params }: Setup): Manifest[] {
  const { url, sha256 } = ha ? argoCdRelease.ha : argoCdRelease.single;
  const found = createHash('sha256').update(text).digest('hex');
  if (found !== sha256)
    throw new Refusal(
      `${url}: its SHA-256 is ${found}, expected ${sha256}. It is not what was reviewed; nothing was applied. Fetch it again, or pin another release in generators/bootstrap/argo-cd.ts.`,
    );
  return installed(loadAll(text) as Manifest[], params);
}

/** The same of any release's objects. */
export function installed(release: readonly Manifest[], params: string): Manifest[] {
  return release
    .filter((manifest) => manifest && (manifest.kind === crd || !unused.test(manifest.metadata.name)))
    .map((manifest) => fitted(placed(manifest), params))
    .map((manifest, index) => ({ manifest, index }))
    .sort((a, b) => phaseOf(a.manifest) - phaseOf(b.manifest) || a.index - b.index)
    .map(({ manifest }) => manifest);
}

const crd = 'CustomResourceDefinition';
/** People sign in by GitLab without dex, and every Application stands in a branch. */
const unused = /^argocd-(dex-server|applicationset-controller)(-|$)/;

/** What is applied first. What is not named comes before the workloads. */
const phases: readonly (readonly string[])[] = [
  [crd],
  ['ServiceAccount', 'Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
  ['ConfigMap', 'Secret', 'Service', 'NetworkPolicy'],
  ['Deployment', 'StatefulSet'],
];
const phaseOf = ({ kind }: Manifest) => {
  const phase = phases.findIndex((kinds) => kinds.includes(kind));
  return phase < 0 ? 2 : phase;
};

interface Subject {
  readonly kind: string;
  readonly [field: string]: unknown;
}

function placed(manifest: Manifest): Manifest {
  const { subjects } = manifest as { subjects?: readonly Subject[] };
  return {
    ...manifest,
    metadata: isClusterScoped(manifest.kind) ? manifest.metadata : { ...manifest.metadata, namespace: argoCd },
    ...(subjects
      ? { subjects: subjects.map((one) => (one.kind === 'ServiceAccount' ? { ...one, namespace: argoCd } : one)) }
      : {}),
  };
}

interface Container {
  readonly name: string;
  readonly image: string;
}
interface Template {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>>; readonly [field: string]: unknown };
  readonly spec: {
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
    readonly securityContext?: object;
    readonly [field: string]: unknown;
  };
}

function fitted(manifest: Manifest, params: string): Manifest {
  if (!['Deployment', 'StatefulSet'].includes(manifest.kind)) return manifest;
  const spec = manifest.spec as { readonly template: Template };
  const { metadata, spec: pod } = spec.template;
  const where = `${manifest.kind} ${manifest.metadata.name}`;
  return {
    ...manifest,
    spec: {
      ...spec,
      template: {
        metadata: { ...metadata, annotations: { ...metadata.annotations, 'slipway.dev/params': params } },
        spec: {
          ...pod,
          ...(pod.initContainers ? { initContainers: pod.initContainers.map((one) => bounded(one, where)) } : {}),
          containers: pod.containers.map((one) => bounded(one, where)),
        },
      },
    },
  };
}

/** By container: for some tens of Applications. Memory is asked for and limited alike, so that no node is overcommitted. */
const needs: Readonly<Record<string, readonly [cpu: string, memory: string]>> = {
  'argocd-application-controller': ['250m', '1Gi'],
  'argocd-notifications-controller': ['20m', '192Mi'],
  'argocd-repo-server': ['100m', '768Mi'],
  'argocd-server': ['50m', '256Mi'],
  copyutil: ['20m', '128Mi'],
  'secret-init': ['20m', '192Mi'],
  'config-init': ['10m', '64Mi'],
  haproxy: ['50m', '128Mi'],
  redis: ['50m', '192Mi'],
  sentinel: ['10m', '64Mi'],
  'split-brain-fix': ['10m', '64Mi'],
};

function bounded(container: Container, where: string): Container {
  const need = needs[container.name];
  if (!need)
    throw new Misuse(
      `${where}: container ${container.name} has no resources; name them in generators/bootstrap/argo-cd.ts.`,
    );
  const [cpu, memory] = need;
  const digest = digests[container.image];
  return {
    ...container,
    image: digest ? `${container.image}@${digest}` : container.image,
    ...{ resources: { requests: { cpu, memory }, limits: { memory } } },
  };
}

/**
 * By image, where independent public sources agree on a digest. Amazon's copy of Docker's own images keeps their digests.
 * For `quay.io/argoproj/argocd:v3.6.1` and `public.ecr.aws/docker/library/haproxy:3.0.8-alpine` none was found: their
 * tags stay until somebody who reaches the registries writes what `docker buildx imagetools inspect` says.
 */
const digests: Readonly<Record<string, string>> = {
  'public.ecr.aws/docker/library/redis:8.10.1-alpine':
    'sha256:becdda6c7f4b3fb42e42fd7f120bbf5c54c4caaaf16f26da24e4563d2c1f0576',
};
