import type { AlertRule } from './rule.ts';
import { runbookUrl } from './runbook.ts';

/** Whom alerts are about. */
export interface About {
  /** By which the gates know it: what stands on `env/<environment>`. */
  readonly environment: string;
  /** Where its pods are: the environment's, or one of the cluster. */
  readonly namespace: string;
  readonly app: string;
  readonly owner: string;
  /** The URL that Argo CD reads this repository from. */
  readonly repository: string;
}

/** Whether somebody is woken (`page`), or reads it in the morning (`ticket`). */
export type Severity = 'page' | 'ticket';

/** The dashboards, by the uid that each has. */
export type Dashboard = 'slipway-service' | 'slipway-versions' | 'slipway-objectives' | 'slipway-platform';

/** What one alert says. */
export interface Said {
  readonly name: string;
  readonly expr: string;
  /** How long it must be so. @default not at all */
  readonly for?: string;
  readonly severity: Severity;
  /** What is wrong, in a sentence. */
  readonly summary: string;
  /** What to look at. */
  readonly look: string;
  /** @default 'slipway-service' */
  readonly dashboard?: Dashboard;
  /** @default its page of this repository */
  readonly runbook?: string | undefined;
  /** Labels beside those that every alert has. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * An alert with what every one has. The labels are the contract with the gate, which asks `severity`, `namespace` and
 * `app`, and with Alertmanager, which knows by `owner` whom to tell.
 */
export function alert(about: About, said: Said): AlertRule {
  const { name, expr, severity, summary, look, dashboard = 'slipway-service' } = said;
  const { environment, namespace, app, owner, repository } = about;
  return {
    alert: name,
    expr,
    ...(said.for === undefined ? {} : { for: said.for }),
    labels: { severity, owner, namespace: environment, app, ...said.labels },
    annotations: {
      summary,
      description: look,
      runbook: said.runbook ?? runbookUrl(repository, name),
      dashboard:
        dashboard === 'slipway-platform'
          ? `/d/${dashboard}`
          : `/d/${dashboard}?var-namespace=${namespace}&var-app=${app}`,
    },
  };
}
