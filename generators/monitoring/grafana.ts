import type { Cluster, People } from '../model/environment.ts';
import { gitLabOf } from '../model/git-lab.ts';

/** Where a Grafana is, and who signs in to it. */
export interface GrafanaPlace {
  readonly cluster: Pick<Cluster, 'people'>;
  /** The name by which people reach it. */
  readonly host: string;
  /** The URL that Argo CD reads this repository from: people sign in at the GitLab that has it. */
  readonly repository: string;
}

/**
 * The configuration of Grafana, by section. Nobody has a password: people sign in by GitLab, and their groups say what they
 * may do. Nothing that is needed to look at dashboards is kept, so that a pod may go at any time.
 * https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/
 */
export function grafanaSettings({ cluster, host, repository }: GrafanaPlace): Record<string, Record<string, string>> {
  return {
    server: { http_port: '3000', domain: host, root_url: `https://${host}/` },
    paths: { data: '/var/lib/grafana', provisioning: '/etc/grafana/provisioning' },
    log: { mode: 'console' },
    'log.console': { format: 'json' },
    security: {
      disable_initial_admin_creation: 'true',
      secret_key: '$__file{/secrets/secret-key}',
      cookie_secure: 'true',
      cookie_samesite: 'lax',
      strict_transport_security: 'true',
      content_security_policy: 'true',
      // A picture of each person would be asked of another company.
      disable_gravatar: 'true',
    },
    auth: {
      disable_login_form: 'true',
      login_maximum_inactive_lifetime_duration: '12h',
      login_maximum_lifetime_duration: '3d',
      oauth_allow_insecure_email_lookup: 'false',
    },
    'auth.anonymous': { enabled: 'false' },
    'auth.basic': { enabled: 'false' },
    'auth.gitlab': signIn(cluster.people, gitLabOf(repository).origin),
    users: { allow_sign_up: 'false', allow_org_create: 'false', auto_assign_org_role: 'Viewer' },
    // What it says about itself would stand at the same public address.
    metrics: { enabled: 'false' },
    analytics: {
      reporting_enabled: 'false',
      check_for_updates: 'false',
      check_for_plugin_updates: 'false',
      feedback_links_enabled: 'false',
    },
    news: { news_feed_enabled: 'false' },
    // What is not in the image is not fetched: https://grafana.com/docs/grafana/latest/administration/plugin-management/
    plugins: {
      preinstall_disabled: 'true',
      preinstall_auto_update: 'false',
      plugin_admin_enabled: 'false',
      public_key_retrieval_disabled: 'true',
    },
    snapshots: { enabled: 'false', external_enabled: 'false' },
    public_dashboards: { enabled: 'false' },
    // Prometheus evaluates the rules; here they are shown.
    unified_alerting: { enabled: 'true', execute_alerts: 'false' },
    // What runs where is the first question.
    dashboards: { default_home_dashboard_path: '/dashboards/slipway-versions.json', min_refresh_interval: '15s' },
  };
}

/**
 * How people sign in by GitLab, and what they may do: the groups that do everything in Argo CD administer, those that
 * operate may also ask freely (Explore), those that look see dashboards; nobody else comes in. GitLab tells the groups at
 * its userinfo endpoint, where Grafana asks for them when there is a token of OpenID Connect.
 * https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/gitlab/
 */
function signIn(people: People | undefined, origin: string): Record<string, string> {
  if (!people) return { enabled: 'false' };
  const { admins, operators = [], readers = [] } = people;
  const roles = [
    ...admins.map((group) => [group, 'Admin'] as const),
    ...operators.map((group) => [group, 'Editor'] as const),
    ...readers.map((group) => [group, 'Viewer'] as const),
  ];
  return {
    enabled: 'true',
    name: 'GitLab',
    auto_login: 'true',
    allow_sign_up: 'true',
    client_secret: '$__file{/secrets/client-secret}',
    scopes: 'openid email profile',
    auth_url: `${origin}/oauth/authorize`,
    token_url: `${origin}/oauth/token`,
    api_url: `${origin}/api/v4`,
    use_pkce: 'true',
    // Who leaves a group is out when the token of GitLab ends, after two hours.
    use_refresh_token: 'true',
    allowed_groups: [...new Set(roles.map(([group]) => group))].join(', '),
    // The first that is true counts.
    role_attribute_path: roles.map(([group, role]) => `contains(groups[*], '${group}') && '${role}'`).join(' || '),
    role_attribute_strict: 'true',
    allow_assign_grafana_admin: 'false',
    skip_org_role_sync: 'false',
  };
}

/** The same as Grafana reads it. Values are one line each, and none begins a comment. @throws {Error} for one that would */
export function grafanaIni(of: GrafanaPlace): string {
  return Object.entries(grafanaSettings(of))
    .map(([section, settings]) => {
      const lines = Object.entries(settings).map(([name, value]) => {
        if (/[\n\r"`;#]/.test(value))
          throw new Error(`${section}.${name} is ${JSON.stringify(value)}: no value of an INI file`);
        return `${name} = ${value}\n`;
      });
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}
