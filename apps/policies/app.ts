import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'platform',
  name: 'policies',
  owner: 'team-platform',
  scope: 'cluster',
  provides: 'policies',
};
