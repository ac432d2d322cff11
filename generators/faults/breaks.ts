import type { Alteration } from './breaks/alteration.ts';
import { kill } from './breaks/kill.ts';
import { permutations } from './breaks/permutations.ts';
import { promotions } from './breaks/promotions.ts';
import { reverts } from './breaks/reverts.ts';
import { storm } from './breaks/storm.ts';

/** A deliberate break of the program: if the named task does not fail with it, the task has no teeth. */
export interface Break extends Alteration {
  readonly caughtBy: 'kill' | 'storm' | 'permutations' | 'reverts' | 'promotions';
  /** How many trials it takes; undefined for the short form. */
  readonly count?: number;
}

const caughtBy = (task: Break['caughtBy'], list: readonly Alteration[], usual?: number): Break[] =>
  list.map(({ count = usual, ...one }) => ({ ...one, caughtBy: task, ...(count === undefined ? {} : { count }) }));

/** Every break, with the number of trials that notices most of its task's. */
export const breaks: readonly Break[] = [
  ...caughtBy('kill', kill),
  ...caughtBy('storm', storm, 4),
  ...caughtBy('permutations', permutations, 12),
  ...caughtBy('reverts', reverts, 20),
  ...caughtBy('promotions', promotions, 40),
];
