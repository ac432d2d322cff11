import { type Cluster, type Environment, type Path, scopeOf } from '../../model/environment.ts';

/** The environments of a cluster that have apps of their own: not those of scope cluster. */
export const environmentsOn = ({ name }: Cluster, { environments }: Path): Environment[] =>
  environments.filter((one) => scopeOf(one) === 'environment' && one.cluster === name);
