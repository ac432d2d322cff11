import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'platform',
  name: 'dashboards',
  owner: 'team-platform',
  scope: 'cluster',
  // Also for a team that has a Grafana of its own: whatever gathers by label finds them.
  monitoring: ['slipway', 'operator'],
  provides: 'dashboards',
};
