import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'platform',
  name: 'platform',
  owner: 'team-platform',
  scope: 'cluster',
};
