import { differences, type FieldDifference, fieldDifferences, type ObjectDifference } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { isMapping } from './mapping.ts';
import { anywhere } from './ran-too.ts';

/** How an environment is called where its name makes no difference. */
const anyName = '<environment>';
/** And its domain. */
const anyDomain = '<domain>';

/**
 * What differs between the objects of two environments beyond their names: where one says `staging` and the other
 * `production` and nothing else differs, nothing does. A name counts where it is a word of its own (`counter.staging.svc`),
 * also in the names of objects and of fields. So does a domain at the end of a host.
 * @param names of the two environments; where they are the same, every difference is one
 * @param domains of each of them
 */
export function beyondNames(
  before: readonly Manifest[],
  after: readonly Manifest[],
  [from, to]: readonly [from: string, to: string],
  domains: readonly [from: readonly string[], to: readonly string[]] = [[], []],
): ObjectDifference[] {
  if (from === to) return differences(before, after);
  const [old, now] = [nameless(from, domains[0]), nameless(to, domains[1])];
  const found = differences(before.map(old.manifest), after.map(now.manifest));
  return found.flatMap((object): ObjectDifference[] => {
    if (object.change !== 'changed') return [object];
    const fields = beyond(object.fields, old.value, now.value);
    return fields.length > 0 ? [{ ...object, fields }] : [];
  });
}

type Said = (value: unknown) => unknown;

/**
 * Without the fields that say the same. What stands on each side under the environment's own name is one thing, of which
 * its fields are told.
 */
function beyond(fields: readonly FieldDifference[], old: Said, now: Said): FieldDifference[] {
  const others = fields.filter(({ before, after }) => textOf(old(before)) !== textOf(now(after)));
  const come = new Map(
    others.flatMap((one) => (one.before === undefined ? [[textOf(now(one.path)), one] as const] : [])),
  );
  const counterparts = new Map<FieldDifference, FieldDifference>();
  for (const gone of others) {
    const counterpart = gone.after === undefined ? come.get(textOf(old(gone.path))) : undefined;
    if (counterpart) counterparts.set(counterpart, gone);
  }
  const paired = new Set(counterparts.values());
  return others.flatMap((one) => {
    if (paired.has(one)) return [];
    const gone = counterparts.get(one);
    if (!gone) return [one];
    const inside = beyond(fieldDifferences([], gone.before, one.after), old, now);
    return inside.map((field) => ({ ...field, path: [...one.path, ...field.path] }));
  });
}

const textOf = (value: unknown) => (value === undefined ? 'undefined' : JSON.stringify(value, sorted));
const sorted = (_: string, value: unknown) =>
  isMapping(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value;

/** What says something as if its environment had no name. */
function nameless(
  environment: string,
  domains: readonly string[],
): { readonly value: Said; readonly manifest: (manifest: Manifest) => Manifest } {
  // The longest first: one may end in another.
  const hosts = domains
    .toSorted((a, b) => b.length - a.length)
    .map(
      (domain) => new RegExp(`(?<![A-Za-z0-9-])${domain.replaceAll('.', '\\.')}(?![A-Za-z0-9-]|\\.[A-Za-z0-9])`, 'g'),
    );
  // A DNS label has no character of a pattern but the hyphen, which is none here. Our own labels are no place.
  const word = new RegExp(`(?<![A-Za-z0-9]|slipway\\.)${environment}(?![A-Za-z0-9])`, 'g');
  const value = (said: unknown): unknown => {
    if (typeof said === 'string')
      return hosts.reduce((text, host) => text.replace(host, anyDomain), said).replace(word, anyName);
    if (Array.isArray(said)) return said.map(value);
    if (!isMapping(said)) return said;
    return Object.fromEntries(Object.entries(said).map(([key, inner]) => [value(key), value(inner)]));
  };
  const manifest = (one: Manifest): Manifest => {
    const { metadata, ...rest } = anywhere(one);
    return { ...rest, metadata: { ...metadata, name: String(value(metadata.name)) } } as Manifest;
  };
  return { value, manifest };
}
