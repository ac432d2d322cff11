import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'platform',
  name: 'namespaces',
  owner: 'team-platform',
  scope: 'cluster',
  provides: 'namespaces',
};
