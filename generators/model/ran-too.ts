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
 * name, whatever their namespace; fields by their path and by what they were and are.
 */
export function ranToo(target: readonly ObjectDifference[], source: readonly ObjectDifference[]): Split {
  const known = new Map(source.map((object) => [nameOf(object), object]));
  const too: Told[] = [];
  const only: Told[] = [];
  for (const object of target) {
    const there = known.get(nameOf(object));
    if (object.change === 'changed') {
      const ran = new Set(there?.change === 'changed' ? there.fields.map(keyOf) : []);
      const [shared, own] = [true, false].map((is) => object.fields.filter((field) => ran.has(keyOf(field)) === is));
      if (shared?.length) too.push({ ...object, fields: shared });
      if (own?.length) only.push({ ...object, fields: own });
    } else if (there?.change !== object.change) only.push(object);
    else if (object.change === 'added' && there.change === 'added') {
      const [unlike] = differences([anywhere(there.after)], [anywhere(object.after)]);
      if (unlike?.change === 'changed') only.push({ ...object, unlike: unlike.fields });
      else too.push(object);
    } else too.push(object);
  }
  return { too, only };
}

const nameOf = ({ group, kind, name }: ObjectDifference) => [group, kind, name].join('\0');

const keyOf = ({ path, before, after, order }: FieldDifference) =>
  JSON.stringify([path, order ?? false, before === undefined, before, after === undefined, after]);

/** Without what says in which environment it is: the namespace, and of an Argo CD Application its branch and project. */
function anywhere(manifest: Manifest): Manifest {
  const { namespace: _, ...metadata } = manifest.metadata;
  if (manifest.kind !== 'Application' || !isMapping(manifest.spec)) return { ...manifest, metadata };
  const { destination: _there, project: _whose, source, ...spec } = manifest.spec;
  const { targetRevision: _branch, ...from } = isMapping(source) ? source : {};
  return { ...manifest, metadata, spec: { ...spec, source: from } };
}
