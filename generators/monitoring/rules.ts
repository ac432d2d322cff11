import type { Placement } from '../charts/place.ts';
import type { CheckedApp } from '../model/app-schema.ts';
import { isProgram } from '../model/app-schema.ts';
import type { RuleGroup } from './rule.ts';

/** What Prometheus evaluates for one app in one environment. */
export function rulesOf(app: CheckedApp, { namespace }: Pick<Placement, 'namespace'>): readonly RuleGroup[] {
  if (!isProgram(app) || app.alerts.length === 0) return [];
  const put = (text: string) => text.replaceAll('$namespace', namespace).replaceAll('$app', app.name);
  return [
    {
      name: `${namespace}-${app.name}`,
      rules: app.alerts.map(({ name, expr, for: lasting, severity, summary, look }) => ({
        alert: name,
        expr: put(expr),
        for: lasting,
        labels: { severity, owner: app.owner, namespace, app: app.name },
        annotations: { summary, description: look },
      })),
    },
  ];
}
