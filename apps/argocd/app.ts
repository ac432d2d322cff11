import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'platform',
  name: 'argocd',
  owner: 'team-platform',
  scope: 'cluster',
  provides: 'argocd',
};
