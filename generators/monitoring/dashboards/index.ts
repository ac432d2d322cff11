import type { Dashboard } from './grafana.ts';
import { objectives } from './objectives.ts';
import { platform } from './platform.ts';
import { service } from './service.ts';
import { versions } from './versions.ts';

/**
 * Every dashboard, by what people ask first. The same every time: a uid and a panel's id are part of people's links.
 * @param aws whether Grafana may ask AWS what it measures of load balancers. @default false
 */
export const dashboards = (aws = false): readonly Dashboard[] => [service(aws), versions(), objectives(), platform()];

export type { Dashboard };
