import type { Said } from './alert.ts';
import type { AlertRule } from './rule.ts';

/**
 * What tells that rules no longer arrive. These stand in the file that comes with Prometheus itself: all other rules, those
 * about its own pods among them, are gathered, and could not tell. `apps/prometheus/install.ts` makes the series.
 *
 * @param one an alert of Prometheus on a cluster
 */
export function gatheringAlerts(cluster: string, one: (said: Omit<Said, 'dashboard'>) => AlertRule): AlertRule[] {
  const look = 'The logs of the containers gather and install of Prometheus: which namespace, which file, and why.';
  return [
    one({
      name: 'RulesMissing',
      expr: '(slipway:rules_installed:files or vector(0)) < 1',
      for: '15m',
      severity: 'page',
      summary: `Prometheus of ${cluster} has no rule of any app: no alert about one can fire.`,
      look,
    }),
    one({
      name: 'RulesNotGathered',
      // Of the last whole look, rounded down to ten minutes.
      expr: 'time() - (slipway:rules_gathered:timestamp_seconds or vector(0)) > 2400',
      for: '15m',
      severity: 'ticket',
      summary: `Prometheus of ${cluster} has not seen the rules of every namespace for half an hour: what was promoted since is watched by what it had before.`,
      look,
    }),
  ];
}
