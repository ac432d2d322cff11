import { kill } from './kill.ts';
import { permutations } from './permutations.ts';
import { promotions } from './promotions.ts';
import { reverts } from './reverts.ts';
import { storm } from './storm.ts';
import type { Task } from './task.ts';

/** What the breaks are held against. */
export const tasks: readonly Task[] = [kill, storm, permutations, reverts, promotions];
