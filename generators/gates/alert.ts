import { type Answer, type Firing, moment } from '../model/gate.ts';
import { quote } from '../model/words.ts';

export interface AlertFacts {
  readonly environment: string;
  readonly app: string;
  /** What fired of this app; the refusal of whoever was asked. */
  readonly firing: readonly Firing[] | { readonly refused: string };
  /** Seconds of silence that are asked. */
  readonly soak: number;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly link?: string | undefined;
}

/** What was last seen firing as long ago as this fires no longer: Prometheus takes no sample for the present after it. */
const staleness = 300_000;

/**
 * The gate "its SLO alert is silent". The contract is in labels: an alert that must stop a promotion has
 * `severity="page"`, `namespace="<environment>"` and `app="<app>"`. Whether such a rule is there at all, nobody can tell
 * from its silence; that Prometheus worked all the time, the soak gate asks.
 */
export function alertAnswer({ environment, app, firing, soak, now, link }: AlertFacts): Answer {
  const answer = (is: Answer['is'], evidence: string): Answer => ({
    gate: 'alert',
    is,
    evidence,
    ...(link ? { link } : {}),
  });
  if ('refused' in firing) return answer('unknown', firing.refused);
  const worst = firing.toSorted((a, b) => b.last - a.last || (a.alert < b.alert ? -1 : 1))[0];
  if (!worst) {
    const silent = soak > 0 ? `fired in ${environment} for ${soak} s` : `fires in ${environment}`;
    return answer('yes', `no alert of ${app} ${silent} (Prometheus)`);
  }
  const alert = `alert ${quote(worst.alert)} of ${app}`;
  return now - worst.last <= staleness
    ? answer('no', `${alert} fires in ${environment} (Prometheus)`)
    : answer(
        'no',
        `${alert} fired in ${environment} until ${moment(worst.last)} (Prometheus), and ${soak} s of silence are asked`,
      );
}
