import type { CheckedWeb } from '../model/app-schema.ts';
import type { Placement } from './place.ts';

/** The names by which a web service is reached from outside. */
export const hostsOf = ({ hosts, name }: CheckedWeb, { environment }: Pick<Placement, 'environment'>): string[] => [
  ...(hosts ?? [`${name}.${environment.domain}`]),
];
