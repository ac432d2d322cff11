import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'manifests',
  name: 'classes',
  owner: 'team-platform',
  scope: 'cluster',
  version: '1',
  files: ['storage.yaml'],
};
