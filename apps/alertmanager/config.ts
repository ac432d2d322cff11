import type { Receiver, Team } from './receivers.ts';

/** What the configuration follows from. */
export interface Routing {
  readonly teams: Readonly<Record<string, Team>>;
  /** The team that is told of what nobody owns. */
  readonly fallback: string;
  readonly heartbeat: Receiver;
  /** Whether a page wakes somebody. Where nobody depends on what runs, it goes where tickets go. */
  readonly wakes: boolean;
  /** Where Grafana is: the dashboards of alerts are paths there. */
  readonly grafana: string;
}

const about = ['namespace', 'app'];

/** The alert that some way to reach somebody fails: it is the one that must not take this way alone. */
const unheard = 'NotificationsFail';

/**
 * The configuration of Alertmanager: https://prometheus.io/docs/alerting/latest/configuration/. It names files of
 * secrets, and holds none.
 */
export function alertmanagerConfig({ teams, fallback, heartbeat, wakes, grafana }: Routing) {
  const all = Object.entries(teams);
  const receiver = (name: string, how: Receiver) => ({ name, ...integration(how, grafana) });
  const severities = (team: string) => [
    ...(wakes
      ? [
          {
            receiver: `${team}-page`,
            matchers: ['severity="page"'],
            // Whoever is woken wants it now, and again when nobody has done anything. Within a scrape and an evaluation
            // an environment that is down is known, and silences this.
            ...{ group_wait: '30s', repeat_interval: '4h' },
          },
        ]
      : []),
    { receiver: `${team}-ticket`, group_wait: '1m', repeat_interval: '1d' },
  ];
  return {
    global: { resolve_timeout: '5m' },
    route: {
      receiver: `${fallback}-ticket`,
      // One message for all that is wrong with an app in an environment.
      ...{ group_by: about, group_wait: '30s', group_interval: '5m', repeat_interval: '1d' },
      routes: [
        {
          receiver: 'heartbeat',
          matchers: ['severity="heartbeat"'],
          // It is said again at every look: what stops saying it is ill.
          ...{ group_by: ['alertname'], group_wait: '0s', group_interval: '1m', repeat_interval: '50s' },
        },
        // Where nobody is woken there is one way alone.
        ...(wakes
          ? [
              {
                receiver: `${fallback}-ticket`,
                matchers: [`alertname="${unheard}"`],
                group_wait: '30s',
                repeat_interval: '4h',
                continue: true,
              },
            ]
          : []),
        ...all.map(([team]) => ({
          receiver: `${team}-ticket`,
          matchers: [`owner="${team}"`],
          routes: severities(team),
        })),
        // Nobody owns it: that is no reason to tell nobody.
        ...severities(fallback),
      ],
    },
    inhibit_rules: [
      // Whoever is woken for an app need not be told of its smaller troubles; one who may not have been woken needs all.
      {
        source_matchers: ['severity="page"', `alertname!="${unheard}"`],
        target_matchers: ['severity="ticket"'],
        equal: about,
      },
      // Where an environment as a whole does not answer, none of its apps is the cause. EnvironmentDown takes a minute: what
      // pages at once (a budget that burned before nothing answered) is heard before it.
      {
        source_matchers: ['covers="environment"'],
        target_matchers: ['covers!="environment"', 'severity!="heartbeat"', 'namespace!=""'],
        equal: ['namespace'],
      },
    ],
    receivers: [
      ...all.flatMap(([team, { page, ticket }]) => [
        ...(wakes ? [receiver(`${team}-page`, page)] : []),
        receiver(`${team}-ticket`, ticket),
      ]),
      receiver('heartbeat', heartbeat),
    ],
  };
}

const file = (secret: string) => `/secrets/${secret}`;
const title = '{{ .CommonLabels.app }} in {{ .CommonLabels.namespace }}: {{ .CommonLabels.alertname }}';

/** One way to reach somebody. Each says at once what is wrong, what to look at, and where it is told how to help. */
function integration(how: Receiver, grafana: string) {
  if ('pagerDuty' in how)
    return {
      pagerduty_configs: [
        {
          routing_key_file: file(how.pagerDuty),
          severity: 'critical',
          description: '{{ with index .Alerts 0 }}{{ .Annotations.summary }}{{ end }}',
          component: '{{ .CommonLabels.app }}',
          group: '{{ .CommonLabels.namespace }}',
          details: { look: '{{ range .Alerts.Firing }}{{ .Annotations.description }}\n{{ end }}' },
          links: [
            { href: '{{ with index .Alerts 0 }}{{ .Annotations.runbook }}{{ end }}', text: 'Runbook' },
            { href: `${grafana}{{ with index .Alerts 0 }}{{ .Annotations.dashboard }}{{ end }}`, text: 'Dashboard' },
          ],
        },
      ],
    };
  if ('slack' in how)
    return {
      slack_configs: [
        {
          api_url_file: file(how.slack),
          channel: how.channel,
          send_resolved: true,
          title: `{{ .Status | toUpper }} ${title}`,
          text: [
            '{{ range .Alerts }}*{{ .Labels.alertname }}* ({{ .Labels.severity }}): {{ .Annotations.summary }}',
            '{{ .Annotations.description }}',
            `<{{ .Annotations.runbook }}|Runbook> <${grafana}{{ .Annotations.dashboard }}|Dashboard>`,
            '{{ end }}',
          ].join('\n'),
        },
      ],
    };
  return { webhook_configs: [{ url_file: file(how.webhook), send_resolved: false, max_alerts: 50 }] };
}
