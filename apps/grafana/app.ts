import type { App } from '../../generators/model/app.ts';
import { sources } from './sources.ts';

/** Where the gatherer puts dashboards, and Grafana finds them. */
const folder = '/dashboards';

/** The gatherer, as Node finds it. */
const program = '/etc/slipway/gather.mjs';

/** https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards */
const provider = {
  apiVersion: 1,
  providers: [
    {
      name: 'slipway',
      type: 'file',
      // Whoever wants another one changes it in this repository.
      allowUiUpdates: false,
      disableDeletion: false,
      updateIntervalSeconds: 30,
      options: { path: folder },
    },
  ],
};

// JSON is YAML.
const text = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

/** What people keep in AWS Secrets Manager: whoever makes a version there writes down here what AWS calls it. */
const secrets = (cluster: string) => ({
  // Of the application in GitLab whose id is below: confidential, scopes openid, email and profile.
  'client-secret': {
    name: `slipway-${cluster}/grafana/client-secret`,
    version: '00000000-0000-0000-0000-000000000000',
  },
  // Any long random text: it seals the cookies of people who sign in.
  'secret-key': { name: `slipway-${cluster}/grafana/secret-key`, version: '00000000-0000-0000-0000-000000000000' },
});

/** Shows people what is measured, logged and traced; it keeps nothing of its own. */
export const app: App = {
  kind: 'web',
  name: 'grafana',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  monitoring: ['slipway'],
  // Its secrets are in AWS Secrets Manager.
  profiles: ['eks'],
  image: 'docker.io/grafana/grafana:13.1.0@sha256:121a7a9ece6dc10b969f1f96eed64b4f07dfac0d0b8abc070f7cb83bbde86f63',
  port: 3000,
  ready: '/api/health',
  live: '/api/health',
  // Who is not signed in gets an answer there, too: https://grafana.com/docs/grafana/latest/developers/http_api/other/#returns-health-information-about-grafana
  probe: { path: '/api/health', text: '"database"' },
  // Who signed in stands in the pod's own database: a second pod would not know them.
  replicas: 1,
  env: {
    // The id of the application at GitLab, which is no secret: its callback is https://grafana.<domain>/login/gitlab.
    GF_AUTH_GITLAB_CLIENT_ID: 'example',
  },
  files: {
    '/etc/grafana/grafana.ini': { computed: 'grafana' },
    '/etc/grafana/provisioning/datasources/slipway.yaml': text(sources),
    '/etc/grafana/provisioning/datasources/aws.yaml': { computed: 'cloud-watch' },
    '/etc/grafana/provisioning/dashboards/slipway.yaml': text(provider),
    [program]: { computed: 'gatherer' },
  },
  scratch: { '/var/lib/grafana': '256Mi', [folder]: '32Mi', '/tmp': '32Mi' },
  user: { uid: 472, gid: 472 },
  resources: { cpu: '100m', memory: '512Mi' },
  beside: [
    {
      name: 'gather',
      image:
        'docker.io/library/node:24.21.0-bookworm@sha256:64af3819f9275802414d7cdc38c27e9d82bd564dec4d4da87d008255d36c63b4',
      command: ['node', program, 'dashboards', folder, '/var/run/secrets/kubernetes.io/serviceaccount', '30'],
      resources: { cpu: '10m', memory: '192Mi' },
    },
  ],
  calls: ['alertmanager', 'loki', 'prometheus', 'tempo'],
  outside: [443],
  identity: 'grafana',
  rights: [{ resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
  excuses: [
    {
      policy: 'two-replicas',
      reason: 'Who signed in stands in the database of the pod; without it alerts are sent all the same.',
      owner: 'team-platform',
      until: '2027-06-30',
      object: 'Deployment/grafana',
    },
  ],
  in: {
    'platform-nonprod': { secrets: secrets('nonprod') },
    'platform-production': { secrets: secrets('production') },
  },
};
