import { isClusterScoped } from '../model/kinds.ts';
import type { Manifest } from '../model/manifest.ts';
import { Refusal } from '../model/refusal.ts';
import type { Command } from './command.ts';

/** Where Argo CD runs. */
export const argoNamespace = 'argocd';

/** The options by which kubectl finds a cluster: `--context kind-home`, or a file of its own. */
export type Way = readonly string[];

/** Whoever applies by this name owns the fields, also where Argo CD has them since: it syncs the same ones. */
const applied = ['--server-side', '--force-conflicts', '--field-manager=slipway', '-f', '-'];

export const kubectl = (way: Way, ...words: string[]): Command => ({ argv: ['kubectl', ...way, ...words] });

export const serverVersion = (way: Way): Command => kubectl(way, 'version', '--output=json');
/** It exits with 0 when the cluster has them just so. https://kubernetes.io/docs/reference/kubectl/generated/kubectl_diff/ */
export const compare = (way: Way, what: string): Command => ({ ...kubectl(way, 'diff', ...applied), stdin: what });
export const apply = (way: Way, what: string): Command => ({ ...kubectl(way, 'apply', ...applied), stdin: what });

export const established = (way: Way, crds: readonly Manifest[]): Command =>
  kubectl(
    way,
    ...['wait', '--for=condition=Established', '--timeout=120s'],
    ...crds.map(({ metadata }) => `customresourcedefinition/${metadata.name}`),
  );

export const rolledOut = (way: Way, { kind, metadata }: Manifest): Command =>
  kubectl(
    way,
    ...['rollout', 'status', `${kind.toLowerCase()}/${metadata.name}`],
    ...['--namespace', String(metadata.namespace ?? argoNamespace), '--timeout=600s'],
  );

export const readCredential = (way: Way): Command =>
  kubectl(
    way,
    ...['get', 'secret', credentialName, '--namespace', argoNamespace, '--ignore-not-found', '--output=json'],
  );

export const listApplications = (way: Way): Command =>
  kubectl(way, 'get', 'applications.argoproj.io', '--all-namespaces', '--output=json');

export const listWorkloads = (way: Way): Command =>
  kubectl(way, 'get', 'deployments,statefulsets', '--namespace', argoNamespace, '--output=json');

export const credentialName = 'slipway-repository';

/** How Argo CD reads the repository: https://argo-cd.readthedocs.io/en/stable/operator-manual/declarative-setup/#repositories */
export const credential = (url: string, password: string): Manifest => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: credentialName,
    namespace: argoNamespace,
    labels: { 'argocd.argoproj.io/secret-type': 'repository' },
  },
  type: 'Opaque',
  // GitLab asks for no particular name beside a token: https://docs.gitlab.com/user/project/settings/project_access_tokens/
  stringData: { type: 'git', url, username: 'slipway', password },
});

/** Whether a Secret, as kubectl prints it, says just this. What cannot be read does not, and is never quoted. */
export function isCredential(printed: string, url: string, password: string): boolean {
  const data = (() => {
    try {
      return (JSON.parse(printed) as { data?: Readonly<Record<string, string>> }).data ?? {};
    } catch {
      return {};
    }
  })();
  const wanted = credential(url, password).stringData as Readonly<Record<string, string>>;
  return Object.entries(wanted).every(([key, value]) => data[key] === Buffer.from(value).toString('base64'));
}

/** Objects in the order in which a cluster can take them. */
export interface Phases {
  readonly namespaces: readonly Manifest[];
  readonly crds: readonly Manifest[];
  readonly configuration: readonly Manifest[];
  readonly workloads: readonly Manifest[];
  /** The Application that brings everything else. */
  readonly platform: Manifest;
}

/**
 * Argo CD and its configuration. Where both have the same object, the part's is taken: Argo CD syncs that one later.
 * @param install of a release
 * @param part the objects of the part argocd
 * @throws {Refusal} when the part has no Application platform
 */
export function phasesOf(install: readonly Manifest[], part: readonly Manifest[], where: string): Phases {
  const platform = part.find(({ kind, metadata }) => kind === 'Application' && metadata.name === 'platform');
  if (!platform)
    throw new Refusal(
      `${where} has no Application named platform, which brings everything else. Is it a part of Slipway's app argocd? Publish it again.`,
    );
  const own = part.filter(({ kind }) => kind !== 'Application').map(placed);
  const taken = new Set(own.map(keyOf));
  const all = [...install.map(placed).filter((manifest) => !taken.has(keyOf(manifest))), ...own];
  const of = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));
  const [crds, workloads] = [of('CustomResourceDefinition'), of('Deployment', 'StatefulSet')];
  const named = of('Namespace');
  const apart = new Set([...crds, ...workloads, ...named]);
  // The installation leaves it to whoever installs.
  const there = named.some(({ metadata }) => metadata.name === argoNamespace);
  return {
    namespaces: there ? named : [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: argoNamespace } }, ...named],
    crds,
    configuration: all.filter((manifest) => !apart.has(manifest)),
    workloads,
    platform: placed(platform),
  };
}

const placed = (manifest: Manifest): Manifest =>
  isClusterScoped(manifest.kind) || manifest.metadata.namespace !== undefined
    ? manifest
    : { ...manifest, metadata: { ...manifest.metadata, namespace: argoNamespace } };

const keyOf = ({ apiVersion, kind, metadata }: Manifest) =>
  `${apiVersion.replace(/\/.*/, '')} ${kind} ${metadata.namespace ?? ''} ${metadata.name}`;

/** The versions of Argo CD that a cluster runs, by the images of its workloads: `['v3.6.1']`. */
export function argoVersions(list: unknown): string[] {
  const { items = [] } = list as {
    items?: readonly { spec?: { template?: { spec?: { containers?: readonly { image: string }[] } } } }[];
  };
  const images = items.flatMap(({ spec }) => spec?.template?.spec?.containers ?? []).map(({ image }) => image);
  return [...new Set(images.flatMap((image) => /(?:^|\/)argocd:(v[\w.-]+)/.exec(image)?.[1] ?? []))].sort();
}

/** The Applications that are not as they should be, one line each. */
export interface Unsettled {
  /** `platform`, and what the platform's branch holds. */
  readonly own: readonly string[];
  /** The environments', whose apps are somebody else's: a sick one is no reason to fail here. */
  readonly others: readonly string[];
}

/** @param platform the environment whose branch `platform` syncs */
export function unsettled(list: unknown, platform: string): Unsettled {
  const { items = [] } = list as {
    items?: readonly {
      metadata: { name: string; namespace?: string };
      status?: {
        sync?: { status?: string };
        health?: { status?: string };
        conditions?: readonly { type: string; message: string }[];
      };
    }[];
  };
  const [own, others]: [string[], string[]] = [[], []];
  if (!items.some(({ metadata }) => metadata.name === 'platform')) own.push('platform is not there');
  for (const { metadata, status = {} } of items) {
    const { name, namespace = '' } = metadata;
    const [sync, health] = [status.sync?.status ?? 'not compared', status.health?.status ?? 'of unknown health'];
    if (sync === 'Synced' && health === 'Healthy') continue;
    const said = status.conditions?.find(({ type }) => type.endsWith('Error'))?.message.split('\n')[0];
    const isOwn = name === 'platform' || namespace === `${argoNamespace}-${platform}`;
    (isOwn ? own : others).push(
      `${namespace}/${name} is ${sync} and ${health}${said ? ` (${said.slice(0, 200)})` : ''}`,
    );
  }
  return { own, others };
}
