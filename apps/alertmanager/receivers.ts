/**
 * Who is told of what. This is the file that a team edits: a team is an `owner` of an app. What is secret (an address
 * with a key in it, a routing key) is the name of a file under `/secrets`, which `app.ts` lists.
 */
export interface Team {
  /** Somebody is woken. */
  readonly page: Receiver;
  /** Somebody reads it in the morning. */
  readonly ticket: Receiver;
}

/** How a team is reached: https://prometheus.io/docs/alerting/latest/configuration/#general-receiver-related-settings */
export type Receiver =
  /** The key of an integration by the Events API v2. */
  | { readonly pagerDuty: string }
  /** The address of an incoming webhook, and the channel that people look for it in. */
  | { readonly slack: string; readonly channel: string }
  /** An address that takes Alertmanager's own JSON. */
  | { readonly webhook: string };

/** By owner. */
export const teams: Readonly<Record<string, Team>> = {
  'team-counter': {
    page: { pagerDuty: 'team-counter-pagerduty' },
    ticket: { slack: 'team-counter-slack', channel: '#counter' },
  },
  'team-platform': {
    page: { pagerDuty: 'team-platform-pagerduty' },
    ticket: { slack: 'team-platform-slack', channel: '#platform' },
  },
};

/** Who is told of what nobody owns. */
export const fallback = 'team-platform';

/** What raises an alarm when it hears nothing for a while: it stands outside of the cluster, and outside of AWS. */
export const heartbeat: Receiver = { webhook: 'heartbeat' };
