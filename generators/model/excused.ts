import { isMapping } from './mapping.ts';

/** Names, on an object and on what is made from it, the policies that it may break: `host-path run-as-user`. */
export const excusedAnnotation = 'slipway.dev/excused';

/** The policies that an object's annotation names. */
export function excusedIn(manifest: unknown): readonly string[] {
  const metadata = isMapping(manifest) ? manifest.metadata : undefined;
  const annotations = isMapping(metadata) ? metadata.annotations : undefined;
  const named = isMapping(annotations) ? annotations[excusedAnnotation] : undefined;
  return (typeof named === 'string' ? named : '').split(' ');
}
