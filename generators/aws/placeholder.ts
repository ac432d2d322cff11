import { isMapping } from '../model/mapping.ts';
import { nearest } from '../model/nearest.ts';
import { formatField } from '../schemas/walk.ts';

/** What may stand for a name: a text, or a list where the name stands alone. */
export type Values = Readonly<Record<string, string | readonly string[]>>;

/**
 * A value of YAML with its placeholders filled: a string that is exactly `${operators}` becomes the list, `${name}`
 * inside a string its text. Values are filled in after the file was parsed, so that none of them can be read as YAML.
 * @param mistakes every placeholder that cannot be filled is added to it: field, placeholder, what was expected
 */
export function filled(
  value: unknown,
  values: Values,
  mistakes: string[],
  at: readonly (string | number)[] = [],
): unknown {
  if (typeof value === 'string') return text(value, values, mistakes, formatField(at));
  if (Array.isArray(value)) return value.map((inner, index) => filled(inner, values, mistakes, [...at, index]));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, filled(inner, values, mistakes, [...at, key])]),
  );
}

function text(value: string, values: Values, mistakes: string[], field: string): string | readonly string[] {
  const whole = /^\$\{([^}]*)\}$/.exec(value)?.[1];
  if (whole !== undefined && Array.isArray(values[whole])) return values[whole];
  return value.replace(/\$\{([^}]*)\}/g, (placeholder, name: string) => {
    const known = Object.hasOwn(values, name) ? values[name] : undefined;
    if (typeof known === 'string') return known;
    if (known === undefined) {
      const names = Object.keys(values);
      const near = nearest(name, names);
      const hint = near ? `did you mean \${${near}}?` : `known are ${names.map((one) => `\${${one}}`).join(', ')}`;
      mistakes.push(`${field} has the placeholder ${placeholder}, which is not known; ${hint}`);
    } else mistakes.push(`${field} has the placeholder ${placeholder}, which is a list: it must stand alone`);
    return placeholder;
  });
}
