import fc from 'fast-check';
import type { Manifest } from '../model/manifest.ts';
import { change, copied, good, type Place, places, usual } from './good.fixture.ts';
import { formatPath, type Path, parsePath } from './json.ts';
import { policies } from './policies.ts';
import type { Change, Example, Policy } from './policy.ts';
import { viewOf } from './view.ts';

/** One way to break good objects: an example of a policy that fails, at a place that it may mean. */
export interface Break {
  readonly policy: Policy;
  readonly example: Example;
  readonly place: Place | undefined;
  /** The field that must be named, where the example says it: that of a policy in CEL, below the place. */
  readonly field: string | undefined;
}

const ids = new Set(viewOf(good).subjects.map(({ id }) => id));
const ofEnvironment = (example: Example) =>
  example.every((change) => !('at' in change) || !change.at.includes('/') || ids.has(change.at));

/** Every way: an example about a container breaks any container of any workload. */
export const breaks: readonly Break[] = policies.flatMap((policy) =>
  policy.fails.filter(ofEnvironment).flatMap((example): Break[] => {
    const [change, ...more] = example;
    const only = change && 'at' in change && more.length === 0 ? change : undefined;
    // What a function looks for depends on the other objects, so its examples stay where they were written.
    if (!only || !('cel' in policy) || only.at.includes('/'))
      return [{ policy, example, place: undefined, field: undefined }];
    return places(only.at).map((place) => ({
      policy,
      example,
      place,
      field: only.at === policy.target ? formatPath([...place.path, ...parsePath(policy.field)]) : undefined,
    }));
  }),
);

/** Good objects with some breaks. */
export function broken(list: readonly Break[]): Manifest[] {
  const copy = copied(good);
  for (const { example, place } of list) change(copy, example, (at) => place ?? usual(at));
  return copy;
}

/** What a break writes to: the object, and the places in it. */
function* touched({ example, place }: Break): Generator<Place> {
  for (const change of example) {
    if ('add' in change) continue;
    if ('remove' in change) yield { object: change.remove, path: [] };
    else yield* fieldsOf(change, place ?? usual(change.at));
  }
}

function* fieldsOf(change: Extract<Change, { at: unknown }>, { object, path }: Place): Generator<Place> {
  for (const field of Object.keys(change.fields)) {
    // By another name it is another object.
    yield { object, path: field === 'metadata.name' ? [] : [...path, ...parsePath(field)] };
  }
}

const begins = (path: Path, other: Path) => path.every((step, index) => step === other[index]);
const meet = (a: Break, b: Break) =>
  [...touched(a)].some((one) =>
    [...touched(b)].some(
      ({ object, path }) => one.object === object && (begins(one.path, path) || begins(path, one.path)),
    ),
  );

const inCel = breaks.filter(({ policy }) => 'cel' in policy);
const inCode = breaks.filter(({ policy }) => !('cel' in policy));

/** A function may look at any object, so only what is inside a pod or a claim is broken beside it. */
const beside = inCel.filter(({ place }) => place);

/** Up to four breaks that do not undo one another, at most one of a function. */
export const mutants: fc.Arbitrary<readonly Break[]> = fc
  .oneof(
    fc.array(fc.constantFrom(...inCel), { minLength: 1, maxLength: 4 }),
    fc
      .tuple(fc.constantFrom(...inCode), fc.array(fc.constantFrom(...beside), { minLength: 1, maxLength: 3 }))
      .map(([one, many]) => [one, ...many]),
  )
  .map((many) => {
    const chosen: Break[] = [];
    for (const next of many) if (!chosen.some((other) => meet(other, next))) chosen.push(next);
    return chosen;
  });
