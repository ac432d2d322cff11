import type { Construct } from 'constructs';
import type { People } from '../../../model/environment.ts';
import { gitLabOf } from '../../../model/git-lab.ts';
import type { Placement } from '../../place.ts';
import { configMap } from './config-map.ts';

/**
 * How people sign in by GitLab. It knows no scope `groups`, and tells all groups of a person at its userinfo endpoint
 * alone, with those above them: https://docs.gitlab.com/integration/openid_connect_provider/#shared-information
 * Who makes the application there puts its secret into Secret `argocd-oidc`, which carries the label
 * `app.kubernetes.io/part-of: argocd`.
 */
export const signIn = ({ client }: People, repository: string) => ({
  name: 'GitLab',
  issuer: gitLabOf(repository).origin,
  clientID: client,
  clientSecret: '$argocd-oidc:clientSecret',
  requestedScopes: ['openid', 'profile', 'email'],
  enableUserInfoGroups: true,
  userInfoPath: '/oauth/userinfo',
  // Who leaves a group may stay for this long.
  userInfoCacheExpiration: '5m',
});

const operator = 'role:operator';
/** Nobody creates, overrides or deletes: that is for a branch. */
const operates = [
  ['applications', 'sync'],
  ...['Deployment', 'StatefulSet', 'DaemonSet'].map((kind) => ['applications', `action/apps/${kind}/restart`]),
];

/** Who may do what: https://argo-cd.readthedocs.io/en/stable/operator-manual/rbac/ */
export function people(scope: Construct, { cluster }: Placement): void {
  const { admins = [], operators = [], readers = [] } = cluster.people ?? {};
  const groups = (names: readonly string[], role: string) => names.map((name) => ['g', name, role]);
  const lines = [
    ...operates.map(([resource, action]) => ['p', operator, resource, action, '*/*', 'allow']),
    ['g', operator, 'role:readonly'],
    ['g', 'slipway', 'role:readonly'],
    ...groups(admins, 'role:admin'),
    ...groups(operators, operator),
    ...groups(readers, 'role:readonly'),
  ];
  configMap(scope, 'argocd-rbac-cm', {
    'policy.csv': lines.map((words) => `${words.join(', ')}\n`).join(''),
    // Whoever signs in and is in no group sees nothing.
    'policy.default': '',
    scopes: '[groups]',
  });
}
