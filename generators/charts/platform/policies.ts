import { ApiObject } from 'cdk8s';
import type { Construct } from 'constructs';
import { admission } from '../../policies/admission.ts';
import type { Placement } from '../place.ts';
import { environmentsOn } from './environments.ts';

/** The policies that the API server can hold against what anybody writes into an environment. */
export function policies(scope: Construct, { cluster, path }: Placement): void {
  const environments = environmentsOn(cluster, path).map(({ name, production = false }) => ({ name, production }));
  for (const policy of admission({ ...cluster, environments }))
    new ApiObject(scope, `${policy.kind}-${policy.metadata.name}`, policy);
}
