import type { Manifest } from './manifest.ts';
import { isMapping } from './mapping.ts';

/** What says of a ConfigMap that somebody in the cluster gathers the YAML in it. */
const labels = ['slipway.dev/rules', 'slipway.dev/probes'];

/**
 * An object as a person compares it: rules and modules that travel as a text in a ConfigMap are told by their fields, and
 * a rule by its name, not by its place. Every other object is what it was.
 * @param parse a text's value; undefined for what is no YAML
 */
export function legible(manifest: Manifest, parse: (text: string) => unknown): Manifest {
  const { kind, metadata } = manifest;
  const marks = isMapping(metadata.labels) ? metadata.labels : {};
  const data: unknown = manifest.data;
  if (kind !== 'ConfigMap' || !isMapping(data) || !labels.some((label) => Object.hasOwn(marks, label))) return manifest;
  const read = Object.entries(data).map(([key, text]): [string, unknown] => {
    const value = typeof text === 'string' ? parse(text) : undefined;
    return [key, isMapping(value) ? byRule(value) : text];
  });
  return { ...manifest, data: Object.fromEntries(read) };
}

function byRule(file: Readonly<Record<string, unknown>>): unknown {
  const { groups, ...rest } = file;
  if (!Array.isArray(groups)) return file;
  const told = groups.map((group: unknown) => {
    if (!isMapping(group) || !Array.isArray(group.rules)) return group;
    const seen = new Map<string, number>();
    const named = group.rules.map((rule: unknown, index): [string, unknown] => {
      const name = isMapping(rule) ? String(rule.alert ?? rule.record ?? index) : String(index);
      const before = seen.get(name) ?? 0;
      seen.set(name, before + 1);
      // Two windows of one objective are two rules of one name.
      return [before === 0 ? name : `${name} ${before + 1}`, rule];
    });
    return { ...group, rules: Object.fromEntries(named) };
  });
  return { ...rest, groups: told };
}
