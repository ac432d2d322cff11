import type { Placement } from '../charts/place.ts';
import { type CheckedApp, type CheckedProgram, isProgram } from '../model/app-schema.ts';
import { scopeOf } from '../model/environment.ts';
import { type About, alert } from './alert.ts';
import { deliveryAlerts } from './delivery-alerts.ts';
import { jobAlerts } from './job-alerts.ts';
import { objectiveGroups } from './objective.ts';
import { podAlerts } from './pod-alerts.ts';
import { probeAlerts } from './probe-alerts.ts';
import type { AlertRule, RuleGroup } from './rule.ts';

/**
 * What Prometheus shall watch of an app in one environment: symptoms first, which wake somebody, then causes, which are
 * read in the morning. They travel with the version that they belong to. What AWS alone measures (errors of a load
 * balancer, in CloudWatch) is not among them: the probe from outside sees what visitors see, and Grafana shows the rest.
 */
export function rulesOf(app: CheckedApp, at: Placement): RuleGroup[] {
  const { environment, namespace, path } = at;
  const about = {
    environment: environment.name,
    namespace,
    app: app.name,
    owner: app.owner,
    repository: path.repository,
  };
  const rules: AlertRule[] = [
    ...(isProgram(app) ? app.alerts.map((own) => ownAlert(own, about)) : []),
    ...(app.kind === 'web' ? probeAlerts(app, at, about) : []),
    ...(app.kind === 'job' ? jobAlerts(app, about) : []),
    ...(isProgram(app) ? podAlerts(app, about) : []),
    // Those of a cluster's own apps are the platform's, since not all of them carry rules.
    ...(scopeOf(environment) === 'environment' ? deliveryAlerts(about) : []),
  ];
  return [
    ...(app.kind === 'web' ? objectiveGroups(app, about) : []),
    ...(rules.length > 0 ? [{ name: `${namespace}-${app.name}`, rules }] : []),
  ];
}

/** What only the app knows, under the labels that every alert has. */
function ownAlert(own: CheckedProgram['alerts'][number], about: About): AlertRule {
  const { name, severity, runbook } = own;
  const filled = (text: string) =>
    text.replaceAll(/\$(namespace|app)\b/g, (_, word: string) => (word === 'app' ? about.app : about.namespace));
  return alert(about, {
    ...{ name, severity, runbook, for: own.for },
    ...{ expr: filled(own.expr), summary: filled(own.summary), look: filled(own.look) },
  });
}
