import type { App } from '../../generators/model/app.ts';

/** Where this repository is, as `clusters/environments.ts` says it. */
const repository = 'https://gitlab.com/example/slipway.git';

const gitconfig = '/etc/slipway/gitconfig';

/** The token is read where git asks for it: the environment and the arguments of a program are seen by others. */
const settings = `[credential "https://gitlab.com"]
	helper = "!f() { test \\"$1\\" = get && echo username=slipway-versions && sed s/^/password=/ /secrets/token; }; f"
[http]
	lowSpeedLimit = 1
	lowSpeedTime = 60
`;

const program = '/etc/slipway/program';

/**
 * The program is Slipway's own, as it was at the commit that this part was rendered from: the part has its tree. So it is
 * promoted and rolled back like all else, a pod that starts again runs the same, and no image has to be built of it.
 * Node asks a package.json whether files are modules; that of the repository is another one at each update of a package.
 */
const fetched = `rm -rf /work/slipway
git clone --quiet --filter=blob:none --no-checkout "$REPOSITORY" /work/slipway
cd /work/slipway
git read-tree -u --prefix=generators/ "$(cat ${program})"
echo '{ "type": "module" }' > package.json
`;

/** Whoever makes the token in GitLab writes down here which version of the secret it is. */
const secrets = (cluster: string) => ({
  token: { name: `slipway-${cluster}/versions/token`, version: '00000000-0000-0000-0000-000000000000' },
});

/** Tells Prometheus what runs where, since when, how far behind and what is held: of all environments on every cluster. */
export const app: App = {
  kind: 'worker',
  name: 'versions',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  monitoring: ['slipway', 'operator'],
  // Its token is in AWS Secrets Manager.
  profiles: ['eks'],
  // Node and git, and nothing else is needed.
  image:
    'docker.io/library/node:24.21.0-bookworm@sha256:64af3819f9275802414d7cdc38c27e9d82bd564dec4d4da87d008255d36c63b4',
  command: [
    'sh',
    '-euc',
    'cd /work/slipway; exec node generators/commands/slipway.mjs metrics --listen 0.0.0.0:9464 --every 1m',
  ],
  env: { GIT_CONFIG_GLOBAL: gitconfig },
  files: { [gitconfig]: settings, [program]: { computed: 'program' } },
  before: [
    {
      name: 'fetch',
      command: ['sh', '-euc', fetched],
      env: { REPOSITORY: repository, GIT_CONFIG_GLOBAL: gitconfig },
      resources: { cpu: '20m', memory: '384Mi' },
    },
  ],
  // The clone, and what came since.
  scratch: { '/work': '1Gi', '/tmp': '512Mi' },
  port: 9464,
  ready: '/readyz',
  live: '/healthz',
  replicas: 1,
  user: { uid: 1000, gid: 1000 },
  resources: { cpu: '20m', memory: '384Mi' },
  outside: [443],
  identity: 'versions',
  metrics: {},
  excuses: [
    {
      policy: 'two-replicas',
      reason:
        'Two would tell everything twice, and who joins by app would find two of it. While it is moved, a minute is missing.',
      owner: 'team-platform',
      until: '2027-06-30',
      object: 'Deployment/versions',
    },
  ],
  in: {
    'platform-nonprod': { secrets: secrets('nonprod') },
    'platform-production': { secrets: secrets('production') },
  },
};
