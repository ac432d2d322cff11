import type { Change } from './rule.ts';

type Holder = Record<string, unknown>;

/** A copy with some fields changed: `{ 'vpc.cidr': '10.0.0.0/8' }`; `undefined` takes a field away, `addons[]` adds one. */
export function changed<T>(file: T, change: Change): T {
  const copy = structuredClone(file) as Holder;
  for (const [field, value] of Object.entries(change)) put(copy, field, value);
  return copy as T;
}

function put(file: Holder, field: string, value: unknown): void {
  const steps = field.match(/[^.[\]]+|\[\d*\]/g) ?? [];
  const keys = steps.map((step) => step.replace(/[[\]]/g, ''));
  const holder = keys.slice(0, -1).reduce((at, key) => {
    at[key] ??= {};
    return at[key] as Holder;
  }, file);
  const last = keys.at(-1) ?? '';
  if (last === '') (holder as unknown as unknown[]).push(value);
  else if (value === undefined) delete holder[last];
  else holder[last] = value;
}
