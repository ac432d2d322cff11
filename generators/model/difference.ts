import type { Manifest } from './manifest.ts';
import { isMapping } from './mapping.ts';

/** One step into a manifest: a field, a place in a list, or the member of a list that is called so (`name: counter`). */
export type Step = string | number | { readonly by: MemberKey; readonly is: string | number };

/** One field that is not the same. A whole subtree that came or went is one field; `undefined` is a missing one. */
export interface FieldDifference {
  readonly path: readonly Step[];
  readonly before: unknown;
  readonly after: unknown;
  /** The members of the list at `path` changed places; `before` and `after` are those that are on both sides. */
  readonly order?: true;
}

/** What tells two objects of one part apart. The version of the API is no part of it: an object outlives it. */
export interface ObjectName {
  /** `apps`; empty for the core group. */
  readonly group: string;
  readonly kind: string;
  /** Empty where the manifest names none. */
  readonly namespace: string;
  readonly name: string;
}

export type ObjectDifference = ObjectName &
  (
    | { readonly change: 'added'; readonly after: Manifest }
    | { readonly change: 'removed'; readonly before: Manifest }
    | { readonly change: 'changed'; readonly fields: readonly FieldDifference[] }
  );

/**
 * What a list's members are known by, the first that all of them have, and no two the same.
 * They are merge keys of Kubernetes itself (`patchMergeKey`):
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
 */
const memberKeys = ['name', 'port', 'containerPort', 'mountPath'] as const;
type MemberKey = (typeof memberKeys)[number];

/**
 * What changed from one list of manifests to another, by object and field; equal lists give nothing. Sorted by kind and
 * name, then by path, whatever the order of the two lists. A member that is new in a list is told with what it is, not
 * with its place; an object that stands twice in a list counts as its last.
 */
export function differences(before: readonly Manifest[], after: readonly Manifest[]): ObjectDifference[] {
  const [old, now] = [byName(before), byName(after)];
  return [...new Set([...old.keys(), ...now.keys()])].sort(compare).flatMap((id): ObjectDifference[] => {
    const [a, b] = [old.get(id), now.get(id)];
    if (a && b) {
      const fields = fieldDifferences([], a, b);
      return fields.length > 0 ? [{ ...nameOf(b), change: 'changed', fields }] : [];
    }
    if (a) return [{ ...nameOf(a), change: 'removed', before: a }];
    return b ? [{ ...nameOf(b), change: 'added', after: b }] : [];
  });
}

function nameOf({ apiVersion, kind, metadata }: Manifest): ObjectName {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  return { group, kind, namespace: String(metadata.namespace ?? ''), name: metadata.name };
}

function byName(manifests: readonly Manifest[]): Map<string, Manifest> {
  return new Map(
    manifests.map((manifest) => {
      return [idOf(nameOf(manifest)), manifest];
    }),
  );
}

const idOf = ({ kind, name, namespace, group }: ObjectName) => [kind, name, namespace, group].join('\0');

/** The order in which objects are told. */
export const byObject = (a: ObjectName, b: ObjectName): number => compare(idOf(a), idOf(b));

/** What changed from one value to another, by the fields below `path`; equal values give nothing. */
export function fieldDifferences(path: readonly Step[], before: unknown, after: unknown): FieldDifference[] {
  if (Array.isArray(before) && Array.isArray(after)) return listDifferences(path, before, after);
  if (isMapping(before) && isMapping(after)) {
    const fields = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compare);
    return fields.flatMap((field) => fieldDifferences([...path, field], own(before, field), own(after, field)));
  }
  return sameScalar(before, after) ? [] : [{ path, before, after }];
}

function listDifferences(
  path: readonly Step[],
  before: readonly unknown[],
  after: readonly unknown[],
): FieldDifference[] {
  const all = [...before, ...after];
  if (all.every((member) => typeof member !== 'object' || member === null)) {
    const same = before.length === after.length && before.every((member, index) => sameScalar(member, after[index]));
    return same ? [] : [{ path, before, after }];
  }
  const by = memberKeys.find((key) => isKey(key, before) && isKey(key, after));
  if (!by) {
    const places = Array.from({ length: Math.max(before.length, after.length) }, (_, index) => index);
    return places.flatMap((index) => fieldDifferences([...path, index], before[index], after[index]));
  }
  const [old, now] = [members(by, before), members(by, after)];
  const [oldOrder, newOrder] = [
    [...old.keys()].filter((is) => now.has(is)),
    [...now.keys()].filter((is) => old.has(is)),
  ];
  const moved = oldOrder.some((is, index) => is !== newOrder[index]);
  return [
    ...(moved ? [{ path, before: oldOrder, after: newOrder, order: true } as const] : []),
    ...[...new Set([...old.keys(), ...now.keys()])]
      .sort(byKey)
      .flatMap((is) => fieldDifferences([...path, { by, is }], old.get(is), now.get(is))),
  ];
}

function isKey(key: MemberKey, list: readonly unknown[]): boolean {
  const values = list.map((member) => (isMapping(member) ? own(member, key) : undefined));
  const legal = values.every((value) => typeof value === 'string' || typeof value === 'number');
  // As text, so that no two members print alike.
  return legal && new Set(values.map(String)).size === values.length;
}

const members = (key: MemberKey, list: readonly unknown[]) =>
  new Map((list as Record<string, unknown>[]).map((member) => [member[key] as string | number, member]));

/** A field may be called `constructor`. */
const own = (mapping: Record<string, unknown>, field: string) =>
  Object.hasOwn(mapping, field) ? mapping[field] : undefined;

const sameScalar = (a: unknown, b: unknown) => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** The order in which the fields of one object are told. */
export function byPath(a: readonly Step[], b: readonly Step[]): number {
  for (const [index, step] of a.entries()) {
    const order = byKey(keyOf(step), keyOf(b[index] ?? ''));
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

const keyOf = (step: Step) => (typeof step === 'object' ? step.is : step);

/** Ports by size, before names. */
function byKey(a: string | number, b: string | number): number {
  if (typeof a === 'number') return typeof b === 'number' ? a - b : -1;
  return typeof b === 'number' ? 1 : compare(a, b);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

const signs = { added: '+', removed: '-', changed: '~' } as const;

/** The lines that a person reads: `~ Deployment counter`, and below it `  spec.replicas: 2 → 3`. */
export function formatDifferences(found: readonly ObjectDifference[]): string[] {
  return found.flatMap((object) => [
    `${signs[object.change]} ${formatValue(object.kind)} ${object.namespace ? `${formatValue(object.namespace)}/` : ''}${formatValue(object.name)}`,
    ...(object.change === 'changed' ? object.fields.map((field) => `  ${formatField(field)}`) : []),
  ]);
}

/** One field on one line: `spec.replicas: 2 → 3`. */
export const formatField = ({ path, before, after, order }: FieldDifference): string =>
  `${formatPath(path)}${order ? ' (order)' : ''}: ${formatValue(before)} → ${formatValue(after)}`;

/** `spec.template.spec.containers[counter].env[VALUE].value` */
export function formatPath(path: readonly Step[]): string {
  const steps = path.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    if (typeof step === 'object') return `[${formatValue(step.is)}]`;
    return /^[\w-]+$/.test(step) ? `.${step}` : `[${escaped(JSON.stringify(step))}]`;
  });
  return steps.join('').replace(/^\./, '');
}

/**
 * A value in full, on one line. What somebody else wrote cannot steer a terminal, and different values read differently:
 * a text stands bare only where it reads as nothing else.
 */
export function formatValue(value: unknown): string {
  if (value === undefined) return '(missing)';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string' && /^[\w./@:+-]+$/.test(value) && !readsAsOther(value)) return value;
  return escaped(JSON.stringify(value, sorted) as string);
}

const readsAsOther = (text: string) => ['true', 'false', 'null', 'NaN'].includes(text) || !Number.isNaN(Number(text));

/** A mapping has no order. */
const sorted = (_: string, value: unknown) =>
  isMapping(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => compare(a, b))) : value;

/** Control and format characters by their code, where JSON leaves them as they are. */
const escaped = (json: string) =>
  json.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
