import { expression, type Scope } from './expression.ts';
import { type Path, parsePath, valueAt } from './json.ts';
import { policies } from './policies.ts';
import { applies, type Facts, type ObjectPolicy, type Policy, type Target } from './policy.ts';
import { type Item, itemsFor, type Subject, type View, viewOf } from './view.ts';
import { type Violation, violation } from './violation.ts';

/**
 * Every policy that does not hold for the objects of one part, in the order of the list. The objects may be any JSON.
 * @param list for tests
 */
export function judge(manifests: readonly unknown[], facts: Facts, list: readonly Policy[] = policies): Violation[] {
  const part = viewOf(manifests);
  const { asked, groups } = planFor(list, facts);
  const found = new Map<Policy, Violation[]>();
  for (const { target, members, holds } of groups) {
    for (const one of seenBy(target, part, facts)) {
      // Nearly always all is well: one evaluation says so for all of them.
      if (holds(one.scope)) continue;
      for (const policy of members) found.set(policy, [...(found.get(policy) ?? []), ...judgeItem(policy, one)]);
    }
  }
  return asked.flatMap((policy) =>
    'cel' in policy
      ? (found.get(policy) ?? [])
      : Array.from(policy.check(part, facts), (breach) => violation(policy, breach)),
  );
}

/** What is asked under some facts: expressions about the same target together. */
interface Plan {
  readonly asked: readonly Policy[];
  readonly groups: readonly Group[];
}
interface Group {
  readonly target: Target;
  readonly members: readonly ObjectPolicy[];
  /** Whether all of them hold for one item; where one cannot be judged they do not. */
  readonly holds: (scope: Scope) => boolean;
}

/** By list, and by the facts under which policies apply: a render asks thousands of times. */
const plans = new WeakMap<readonly Policy[], Map<string, Plan>>();

function planFor(list: readonly Policy[], facts: Facts): Plan {
  const known = plans.get(list) ?? new Map<string, Plan>();
  plans.set(list, known);
  const key = `${facts.scope} ${facts.production} ${facts.profile}`;
  const plan = known.get(key) ?? planOf(list.filter((policy) => applies(policy, facts)));
  known.set(key, plan);
  return plan;
}

function planOf(asked: readonly Policy[]): Plan {
  const byTarget = Map.groupBy(
    asked.filter((policy) => 'cel' in policy),
    ({ target }) => target,
  );
  const groups = [...byTarget].map(([target, members]): Group => {
    const all = expression(members.map(({ cel }) => `(${cel})`).join(' && '));
    const holds = (scope: Scope) => {
      try {
        return all(scope);
      } catch {
        return false;
      }
    };
    return { target, members, holds };
  });
  return { asked, groups };
}

/** An item that expressions look at, with all that they see. */
interface Seen {
  readonly subject: Subject;
  readonly item: Item;
  readonly scope: Scope;
}

const seenBy = (target: Target, part: View, facts: Facts): Seen[] =>
  (typeof target === 'object' ? part.of(...target.kinds) : part.subjects).flatMap((subject) =>
    seenIn(subject, target, facts),
  );

function judgeItem(policy: ObjectPolicy, { subject, item, scope }: Seen): Violation[] {
  const wrong = fault(policy, scope);
  if (wrong === undefined) return [];
  const { file, id, manifest } = subject;
  const path = [...item.path, ...fieldOf(policy)];
  return [violation(policy, { file, object: id, path, value: valueAt(manifest, path), ...wrong })];
}

function seenIn(subject: Subject, target: Target, facts: Facts): Seen[] {
  const { manifest, template } = subject;
  const items = itemsFor(target, subject);
  if (items.length === 0) return [];
  const variables = {
    registries: facts.registries,
    ...(template ? { pod: template.spec, template: template.value } : {}),
  };
  const name = itemName(target);
  return items.map((item) => ({
    subject,
    item,
    scope: { object: manifest, variables, ...(name ? { [name]: item.value } : {}) },
  }));
}

/** What an expression calls the item that it looks at. */
export function itemName(target: Target): 'container' | 'volume' | 'claim' | 'rule' | 'job' | undefined {
  if (typeof target === 'object' || target === 'pod') return undefined;
  return target === 'planned-container' ? 'container' : target;
}

/** Why a policy does not hold for one item; undefined when it does. */
function fault(policy: ObjectPolicy, scope: Scope): { because?: string } | undefined {
  try {
    return evaluatorOf(policy)(scope) ? undefined : {};
  } catch (error) {
    const [line] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { because: `It cannot be judged: ${line}.` };
  }
}

const evaluators = new WeakMap<ObjectPolicy, (scope: Scope) => boolean>();
const fields = new WeakMap<ObjectPolicy, Path>();

function evaluatorOf(policy: ObjectPolicy) {
  let evaluator = evaluators.get(policy);
  if (evaluator === undefined) {
    evaluator = expression(policy.cel);
    evaluators.set(policy, evaluator);
  }
  return evaluator;
}

function fieldOf(policy: ObjectPolicy): Path {
  let path = fields.get(policy);
  if (path === undefined) {
    path = parsePath(policy.field);
    fields.set(policy, path);
  }
  return path;
}
