import { Environment } from '@marcbachmann/cel-js';

/** What an expression sees. */
export type Scope = Readonly<Record<string, unknown>>;

/** What Kubernetes calls its CEL variables, and the names of the items that ours look at. */
const names = ['object', 'variables', 'container', 'volume', 'claim', 'rule', 'job'];

const environment = names.reduce(
  (all, name) => all.registerVariable(name, 'dyn'),
  // Kubernetes has both: https://kubernetes.io/docs/reference/using-api/cel/#cel-options-language-features-and-libraries
  new Environment({ enableOptionalTypes: true, homogeneousAggregateLiterals: true }),
);

/**
 * Reads an expression once; what it gives may be called often. An evaluation that fails, as one that reads a field that
 * is not there does, is thrown: a policy that cannot be judged does not hold, as in the cluster.
 * @throws when it is not an expression over these names that is true or false
 */
export function expression(cel: string): (scope: Scope) => boolean {
  const checked = environment.check(cel);
  if (!checked.valid) throw new Error(`not CEL: ${checked.error?.message}\n${cel}`);
  const parsed = environment.parse(cel);
  return (scope) => parsed(scope) === true;
}
