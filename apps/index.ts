import type { Apps } from '../generators/model/app.ts';

/**
 * Every app that runs, by name; each is loaded when it is asked for, so that a wrong one stands alone. One that leaves
 * this list is removed from every environment, by the usual path.
 */
export const apps: Apps = {
  counter: () => import('./counter/app.ts'),
  redis: () => import('./redis/app.ts'),
};
