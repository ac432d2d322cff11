/** Rules that Prometheus evaluates together, one after the other. */
export interface RuleGroup {
  readonly name: string;
  /** How often, as in `'1m'`. @default as often as it scrapes */
  readonly interval?: string;
  readonly rules: readonly Rule[];
}

/** https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ */
export type Rule = RecordingRule | AlertRule;

export interface RecordingRule {
  /** The series that it makes. */
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/ */
export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
  /** How long it must be so, as in `'5m'`. @default not at all */
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export const isAlert = (rule: Rule): rule is AlertRule => 'alert' in rule;

/** A text as PromQL writes it: https://prometheus.io/docs/prometheus/latest/querying/basics/#string-literals */
export const quoted = (text: string) => JSON.stringify(text);

/** A text as a regular expression that matches it alone: https://github.com/google/re2/wiki/Syntax */
export const literally = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);
