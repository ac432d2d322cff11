import { differences, type FieldDifference, type ObjectDifference } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { isMapping } from './mapping.ts';

/** A change of the target that its source made too, or did not. */
export type Told = ObjectDifference & {
  /** Both have the object new: where it is not the same, the source's field before and the target's after. */
  readonly unlike?: readonly FieldDifference[];
};

export interface Split {
  /** What the source made too, on its own way. */
  readonly too: readonly Told[];
  /** What only the target gets. */
  readonly only: readonly Told[];
}

/**
 * The difference of differences: which changes of a target its source has run already. Objects are the same by kind and
 * name, whatever their namespace; fields by their path and by what they were and are. What watches an app names its
 * environment in many places, and is the same wherever nothing else differs.
 */
export function ranToo(target: readonly ObjectDifference[], source: readonly ObjectDifference[]): Split {
  const known = new Map(source.map((object) => [nameOf(object), object]));
  const too: Told[] = [];
  const only: Told[] = [];
  for (const object of target) {
    const there = known.get(nameOf(object));
    if (object.change === 'changed') {
      const ran = new Set(there?.change === 'changed' ? there.fields.map((field) => keyOf(there, field)) : []);
      const [shared, own] = [true, false].map((is) =>
        object.fields.filter((field) => ran.has(keyOf(object, field)) === is),
      );
      if (shared?.length) too.push({ ...object, fields: shared });
      if (own?.length) only.push({ ...object, fields: own });
    } else if (there?.change !== object.change) only.push(object);
    else if (object.change === 'added' && there.change === 'added') {
      const [unlike] = differences([spoken(there, anywhere(there.after))], [spoken(object, anywhere(object.after))]);
      if (unlike?.change === 'changed') only.push({ ...object, unlike: unlike.fields });
      else too.push(object);
    } else too.push(object);
  }
  return { too, only };
}

const nameOf = ({ group, kind, name }: ObjectDifference) => [group, kind, name].join('\0');

const keyOf = (object: ObjectDifference, field: FieldDifference) => {
  const { path, before, after, order } = spoken(object, field);
  return JSON.stringify([path, order ?? false, before === undefined, before, after === undefined, after]);
};

/** Rules, probes and what says where to scrape, as ConfigMaps that are gathered or as objects of an operator. */
const watches = ({ group, kind, name }: ObjectDifference) =>
  group === 'monitoring.coreos.com' || (kind === 'ConfigMap' && /-(rules|probes)$/.test(name));

/** What watches an app, without the name of its environment. */
function spoken<T>(object: ObjectDifference, value: T): T {
  const { namespace } = object;
  if (namespace === '' || !watches(object)) return value;
  // A DNS label has no character of a pattern but the hyphen, which is none here. Our own labels are no place.
  const word = new RegExp(`(?<![A-Za-z0-9]|slipway\\.)${namespace}(?![A-Za-z0-9])`, 'g');
  const said = (text: string) => text.replace(word, () => '$namespace');
  const all = (part: unknown): unknown => {
    if (typeof part === 'string') return said(part);
    if (Array.isArray(part)) return part.map(all);
    if (!isMapping(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([key, inner]) => [said(key), all(inner)]));
  };
  return all(value) as T;
}

/** Without what says in which environment it is: the namespace, and of an Argo CD Application its branch and project. */
export function anywhere(manifest: Manifest): Manifest {
  const { namespace: _, ...metadata } = manifest.metadata;
  if (manifest.kind !== 'Application' || !isMapping(manifest.spec)) return { ...manifest, metadata };
  const { destination: _there, project: _whose, source, ...spec } = manifest.spec;
  const { targetRevision: _branch, ...from } = isMapping(source) ? source : {};
  return { ...manifest, metadata, spec: { ...spec, source: from } };
}
