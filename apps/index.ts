import type { Apps, Removed } from '../generators/model/app.ts';

/**
 * Every app that runs, by name; each is loaded when it is asked for, so that a wrong one stands alone. One that leaves
 * this list is removed from every environment, by the usual path, and `removed` says why.
 */
export const apps: Apps = {
  alertmanager: () => import('./alertmanager/app.ts'),
  argocd: () => import('./argocd/app.ts'),
  blackbox: () => import('./blackbox/app.ts'),
  classes: () => import('./classes/app.ts'),
  collector: () => import('./collector/app.ts'),
  counter: () => import('./counter/app.ts'),
  dashboards: () => import('./dashboards/app.ts'),
  grafana: () => import('./grafana/app.ts'),
  loki: () => import('./loki/app.ts'),
  monitoring: () => import('./monitoring/app.ts'),
  namespaces: () => import('./namespaces/app.ts'),
  policies: () => import('./policies/app.ts'),
  prometheus: () => import('./prometheus/app.ts'),
  redis: () => import('./redis/app.ts'),
  'redis-backup': () => import('./redis-backup/app.ts'),
  'redis-exporter': () => import('./redis-exporter/app.ts'),
  runner: () => import('./runner/app.ts'),
  tempo: () => import('./tempo/app.ts'),
  traces: () => import('./traces/app.ts'),
  versions: () => import('./versions/app.ts'),
};

/** Why apps were taken out: `{ shop: 'the checkout team runs it now' }`. Once it is gone everywhere, its line may go. */
export const removed: Removed = {};
