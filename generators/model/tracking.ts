import type { Manifest } from './manifest.ts';
import { annotationsOf } from './sync-order.ts';

/** Says to which Application an object belongs: without it, Argo CD would never prune it. */
export const trackingAnnotation = 'argocd.argoproj.io/tracking-id';

/** An Application, as far as its objects name it. */
export interface Owner {
  /** The environment. */
  readonly environment: string;
  readonly app: string;
  /** The namespace that its objects go to when they name none. */
  readonly namespace: string;
}

/**
 * An object as Argo CD sends it: with the mark of its Application. Who sends it without takes the mark away, since the
 * field belongs to the same manager. CRDs carry none.
 * https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/
 */
export function tracked<T extends Manifest>(manifest: T, owner: Owner): T {
  if (manifest.kind === 'CustomResourceDefinition') return manifest;
  const { apiVersion, kind, metadata } = manifest;
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const id = `${ownerName(owner)}:${group}/${kind}:${metadata.namespace ?? owner.namespace}/${metadata.name}`;
  const annotations = { ...(metadata.annotations as object | undefined), [trackingAnnotation]: id };
  return { ...manifest, metadata: { ...metadata, annotations } };
}

/** How Argo CD calls an Application that does not live in its own namespace: `argocd-production_counter`. */
export const ownerName = ({ environment, app }: Pick<Owner, 'environment' | 'app'>) => `argocd-${environment}_${app}`;

/** The Application that an object in the cluster belongs to; undefined when it names none. */
export const ownerOf = (live: Pick<Manifest, 'metadata'>): string | undefined =>
  annotationsOf(live)[trackingAnnotation]?.split(':')[0];
