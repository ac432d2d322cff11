import type { App } from '../generators/model/app.ts';
import { counter } from './counter/app.ts';
import { redis } from './redis/app.ts';

/** Every app that runs. One that leaves this list is removed from every environment, by the usual path. */
export const apps: readonly App[] = [counter, redis];
