import type { App, Processor } from '../../generators/model/app.ts';

const template = '/etc/gitlab-runner/template.toml';
/** What a job's pods are selected by. */
const jobs = { 'app.kubernetes.io/name': 'runner-job' };

/**
 * What a runner is told of the jobs for one kind of processor. What decides which jobs it gets (tags such as
 * `production-arm64`, protected refs alone) belongs to its token and is set in GitLab, where the token is made:
 * https://docs.gitlab.com/runner/executors/kubernetes/
 */
const runner = (cluster: string, processor: Processor) => `
[[runners]]
  name = "${cluster}-${processor}"
  url = "https://gitlab.com"
  token = "/secrets/${processor}"
  executor = "kubernetes"
  limit = 10
  # Whom an image runs as may have no home there.
  environment = ["HOME=/tmp"]
  [runners.kubernetes]
    namespace = "ci"
    # What a job runs is what was reviewed: a tag may mean something else tomorrow.
    allowed_images = ["*@sha256:*", "**/*@sha256:*"]
    allowed_services = ["*@sha256:*", "**/*@sha256:*"]
    pull_policy = ["always"]
    privileged = false
    allow_privilege_escalation = false
    automount_service_account_token = false
    cap_drop = ["ALL"]
    # A node may have to be made first.
    poll_timeout = 600
    cpu_request = "500m"
    cpu_request_overwrite_max_allowed = "4"
    memory_request = "1Gi"
    memory_request_overwrite_max_allowed = "8Gi"
    memory_limit = "1Gi"
    memory_limit_overwrite_max_allowed = "8Gi"
    ephemeral_storage_request = "2Gi"
    ephemeral_storage_request_overwrite_max_allowed = "20Gi"
    ephemeral_storage_limit = "10Gi"
    ephemeral_storage_limit_overwrite_max_allowed = "20Gi"
    helper_cpu_request = "100m"
    helper_memory_request = "256Mi"
    helper_memory_limit = "256Mi"
    helper_memory_limit_overwrite_max_allowed = "1Gi"
    helper_memory_request_overwrite_max_allowed = "1Gi"
    service_cpu_request = "100m"
    service_cpu_request_overwrite_max_allowed = "2"
    service_memory_request = "256Mi"
    service_memory_request_overwrite_max_allowed = "4Gi"
    service_memory_limit = "256Mi"
    service_memory_limit_overwrite_max_allowed = "4Gi"
    [runners.kubernetes.node_selector]
      "kubernetes.io/arch" = "${processor}"
    [runners.kubernetes.pod_labels]
      "app.kubernetes.io/name" = "${jobs['app.kubernetes.io/name']}"
    [runners.kubernetes.pod_annotations]
      # A job that is moved to another node begins anew.
      "karpenter.sh/do-not-disrupt" = "true"
    [runners.kubernetes.pod_security_context]
      run_as_non_root = true
      run_as_user = 1000
      run_as_group = 1000
      fs_group = 1000
      [runners.kubernetes.pod_security_context.seccomp_profile]
        type = "RuntimeDefault"
    [runners.kubernetes.init_permissions_container_security_context]
      run_as_user = 1000
      run_as_group = 1000
`;

const config = (cluster: string) => `concurrent = 20
check_interval = 5
# Less than a pod has to end.
shutdown_timeout = 540
log_format = "json"
listen_address = ":9252"
${runner(cluster, 'amd64')}${runner(cluster, 'arm64')}`;

/** Tokens are read where they are needed: the environment and the arguments of a program are seen by others. */
const configure = `umask 077
while IFS= read -r line; do
  case "$line" in
    *'token = "/secrets/'*)
      file=\${line#*'"'}
      token=$(cat "\${file%'"'}")
      printf '  token = "%s"\\n' "$token"
      ;;
    *) printf '%s\\n' "$line" ;;
  esac
done < ${template} > /runner/config.toml
`;

/** One version of the token of each; whoever makes a token in GitLab writes down here what AWS calls it. */
const secrets = (cluster: string) => ({
  amd64: { name: `slipway-${cluster}/runner/amd64`, version: '00000000-0000-0000-0000-000000000000' },
  arm64: { name: `slipway-${cluster}/runner/arm64`, version: '00000000-0000-0000-0000-000000000000' },
});

const excuse = (policy: string, object: string, reason: string) => ({
  ...{ policy, object, reason, owner: 'team-platform', until: '2027-06-30' },
});

/** Runs the pipelines' jobs, each in a pod of its own beside it. */
export const app: App = {
  kind: 'worker',
  name: 'runner',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'ci',
  // Its tokens are in AWS Secrets Manager.
  profiles: ['eks'],
  image:
    'docker.io/gitlab/gitlab-runner:alpine-v19.3.1@sha256:af0325804248aee217e055e753add77ccaaba6c8f5e2143b01108fd401165ef3',
  before: [{ name: 'configure', command: ['sh', '-euc', configure] }],
  args: ['run', '--config', '/runner/config.toml', '--working-directory', '/runner'],
  scratch: { '/runner': '16Mi', '/tmp': '64Mi' },
  user: { uid: 100, gid: 65533 },
  resources: { cpu: '100m', memory: '256Mi' },
  // The image ends by SIGQUIT: what runs may finish, and nothing new begins.
  grace: 600,
  outside: [443],
  identity: 'runner',
  metrics: { port: 9252 },
  // https://docs.gitlab.com/runner/executors/kubernetes/#configure-runner-api-permissions
  rights: [
    { resources: ['pods'], verbs: ['get', 'list', 'watch', 'create', 'delete'] },
    { resources: ['pods/attach', 'pods/exec'], verbs: ['get', 'create', 'patch', 'delete'] },
    { resources: ['pods/log'], verbs: ['get', 'list'] },
    { resources: ['events'], verbs: ['list'] },
    // What a job needs to pull its image and to read its repository stands in one while it runs.
    { resources: ['secrets'], verbs: ['get', 'create', 'update', 'delete'] },
    { resources: ['serviceaccounts'], verbs: ['get'] },
    { resources: ['services'], verbs: ['get', 'create'] },
  ],
  excuses: [
    excuse('rbac-intrusion', 'Role/runner', 'It starts the commands of a job inside the pod that it made for it.'),
    excuse(
      'rbac-secrets',
      'Role/runner',
      'It keeps the credentials of a job in Secrets of a namespace that has no other.',
    ),
    excuse(
      'network-policy-target',
      'NetworkPolicy/runner-jobs',
      'The pods that it selects are made when there are jobs.',
    ),
  ],
  // Jobs reach what speaks HTTPS, also inside the private network, and nothing reaches them.
  patch: (objects) => [
    ...objects,
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'runner-jobs', namespace: 'ci', labels: { 'app.kubernetes.io/name': 'runner' } },
      spec: {
        podSelector: { matchLabels: jobs },
        policyTypes: ['Ingress', 'Egress'],
        egress: [
          {
            ports: [
              { protocol: 'UDP', port: 53 },
              { protocol: 'TCP', port: 53 },
            ],
          },
          {
            // But for what the node itself tells, such as its role in AWS.
            to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }],
            ports: [{ protocol: 'TCP', port: 443 }],
          },
        ],
      },
    },
  ],
  in: {
    'platform-nonprod': { files: { [template]: config('nonprod') }, secrets: secrets('nonprod') },
    'platform-production': { files: { [template]: config('production') }, secrets: secrets('production') },
  },
};
