import type { Dashboard } from './grafana.ts';
import { objectives } from './objectives.ts';
import { platform } from './platform.ts';
import { service } from './service.ts';
import { versions } from './versions.ts';

/** Every dashboard, by what people ask first. The same every time: a uid and a panel's id are part of people's links. */
export const dashboards = (): readonly Dashboard[] => [service(), versions(), objectives(), platform()];

export type { Dashboard };
