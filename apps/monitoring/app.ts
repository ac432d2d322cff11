import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'platform',
  name: 'monitoring',
  owner: 'team-platform',
  scope: 'cluster',
  provides: 'monitoring',
};
