import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { apps } from '../apps/index.ts';
import { clusters, environments, repository } from '../clusters/environments.ts';
import { type Definitions, hydrate } from './hydrate.ts';
import type { Manifest } from './model/manifest.ts';
import { applicationFile } from './model/names.ts';
import type { Build, Part } from './model/part.ts';
import { fieldsOf, itemsOf, textOf } from './policies/json.ts';
import { groupKind, templateOf } from './policies/workload.ts';

/** An object of a part, as it stands in a branch. */
export interface Rendered {
  /** `production/counter/deployment-counter.yaml`. */
  readonly at: string;
  readonly manifest: Manifest & { readonly metadata: { readonly namespace?: string } };
  readonly text: string;
}

/** Clusters and their environments. */
type Places = Pick<Definitions, 'clusters' | 'environments'>;

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/**
 * Every part of every own app.
 * @param places where. @default those of `clusters/environments.ts`
 * @param program the tree of `generators/`
 * @throws {Error} when one cannot be rendered
 */
export async function partsOfAll(
  places: Places = { clusters, environments },
  program = 'c'.repeat(40),
): Promise<Part[]> {
  const loaded = new Map<string, () => unknown>();
  const [builds, images]: [Record<string, Build>, Record<string, string>] = [{}, {}];
  for (const [name, load] of Object.entries(apps)) {
    const { app } = await load();
    loaded.set(name, () => app);
    if (!('image' in app) || typeof app.image === 'string') continue;
    builds[app.image.build] = { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) };
    images[name] = `${app.image.repository}@${digest}`;
  }
  const lines = hydrate(
    {
      ...{ apps: loaded, repository, ...places },
      read: (app, file) => readFileSync(new URL(`../apps/${app}/${file}`, import.meta.url), 'utf8'),
    },
    {
      program,
      ...{ builds, images },
      known: {},
      taken: [],
    },
    'v24.0.0',
  );
  return [...lines].flatMap((line) => {
    if ('failed' in line) throw new Error(line.failed.message);
    return 'part' in line ? [line.part] : [];
  });
}

/** The objects of a part, its Application among them. */
export const objectsOf = ({ environment, app, files }: Part): Rendered[] =>
  Object.entries(files).map(([file, text]) => ({
    at: `${environment}/${app}/${file}`,
    manifest: load(text) as Rendered['manifest'],
    text,
  }));

/** Whether an object is the Application of its own part. */
export const isApplication = ({ at }: Rendered): boolean => at.endsWith(`/${applicationFile}`);

/** What Argo CD syncs at the same time. */
export interface Wave {
  readonly wave: number;
  /** Without the Applications, in the order of their own waves; namespaces first. */
  readonly objects: readonly Rendered[];
}

/**
 * Parts in the order in which the roots bring them.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/#how-do-i-use-them
 */
export function wavesOf(parts: readonly Part[]): Wave[] {
  const byWave = Map.groupBy(parts.map(objectsOf), (objects) => {
    const application = objects.find(isApplication);
    if (!application) throw new Error(`${objects[0]?.at} has no Application beside it`);
    return waveOf(application);
  });
  return [...byWave]
    .sort(([one], [other]) => one - other)
    .map(([wave, together]) => ({
      wave,
      objects: together
        .flat()
        .filter((one) => !isApplication(one))
        .sort((one, other) => waveOf(one) - waveOf(other) || Number(isNamespace(other)) - Number(isNamespace(one))),
    }));
}

const isNamespace = ({ manifest }: Rendered) => manifest.kind === 'Namespace';
const waveOf = ({ manifest: { metadata } }: Rendered) =>
  Number(fieldsOf(metadata.annotations)['argocd.argoproj.io/sync-wave'] ?? 0);

/** A pod that has no name yet. */
export interface Pod {
  readonly apiVersion: 'v1';
  readonly kind: 'Pod';
  readonly metadata: { readonly generateName: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly spec: { readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** The claims that are made for a StatefulSet's first pod; none where an object is none. */
export const claimsOf = (manifest: Rendered['manifest']) =>
  itemsOf(fieldsOf(manifest.spec).volumeClaimTemplates).map((template) => {
    const { metadata, spec } = fieldsOf(template);
    const volume = textOf(fieldsOf(metadata).name);
    return { volume, name: `${volume}-${manifest.metadata.name}-0`, spec };
  });

/** The pod that a workload's controller would ask for; none where an object is no workload. */
export function podOf(manifest: Rendered['manifest']): Pod | undefined {
  const { apiVersion, kind, metadata } = manifest;
  const template = templateOf(groupKind(apiVersion, kind), manifest);
  if (!template) return undefined;
  const { name, namespace } = metadata;
  // A StatefulSet's pods find the claims that are made for them.
  const claims = claimsOf(manifest).map(({ volume, name: claimName }) => {
    return { name: volume, persistentVolumeClaim: { claimName } };
  });
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...fieldsOf(template.value.metadata), generateName: `${name}-`, ...(namespace ? { namespace } : {}) },
    spec: { ...template.spec, volumes: [...itemsOf(template.spec.volumes), ...claims] },
  };
}
