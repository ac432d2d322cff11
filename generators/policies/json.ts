/** A place inside an object: `['spec', 'containers', 0, 'image']`. */
export type Path = readonly (string | number)[];

/** The fields of what may be an object; none when it is not one. */
export const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** The items of what may be a list; none when it is not one. */
export const itemsOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What may be a text; undefined when it is not one. */
export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What stands at a path; undefined when the path leads nowhere. */
export function valueAt(value: unknown, path: Path): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** `spec.containers[0].image`; a name that is not a plain word stands in brackets: `metadata.labels[a/b]`. */
export const formatPath = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === 'number' || !/^[\w-]+$/.test(step)) return `${text}[${step}]`;
    return text ? `${text}.${step}` : step;
  }, '');

const steps = /\[([^\]]*)\]|[^.[\]]+/g;

/** Reads what `formatPath` writes. A number in brackets is an index. */
export const parsePath = (text: string): Path =>
  [...text.matchAll(steps)].map(([step, inside]) => {
    if (inside === undefined) return step;
    return /^\d+$/.test(inside) ? Number(inside) : inside;
  });

/**
 * Calls `see` with every value inside a value, the outer ones first. The path is one list that is written to on the way:
 * who keeps it copies it.
 */
export function visit(value: unknown, see: (path: Path, value: unknown) => void, path: (string | number)[] = []): void {
  see(path, value);
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      path.push(index);
      visit(value[index], see, path);
      path.pop();
    }
    return;
  }
  for (const name of Object.keys(value)) {
    path.push(name);
    visit((value as Record<string, unknown>)[name], see, path);
    path.pop();
  }
}
