import type { Family, Sample } from './exposition.ts';

/** What stands of one app in one environment, as its metrics tell it. */
export interface VersionRow {
  readonly environment: string;
  readonly app: string;
  readonly version: string;
  readonly commit?: string;
  /** ISO 8601, as all moments here. */
  readonly since?: string;
  /** `-` where nothing stands. */
  readonly health: string;
  readonly state: string;
  readonly held: boolean;
  readonly heldSince?: string;
  readonly request?: number;
  readonly lacks?: { readonly parts: number; readonly since: string };
}

/** How reading went so far. */
export interface Reading {
  /** When it last went well, in milliseconds since 1970; undefined for never. */
  readonly success: number | undefined;
  readonly failures: number;
}

/**
 * What runs where as metrics: the names that rules, dashboards and the board rest on.
 * @param tips commits by environment
 * @param now milliseconds since 1970
 */
export function versionFamilies(rows: readonly VersionRow[], tips: ReadonlyMap<string, string>, now: number): Family[] {
  const standing = rows.filter(({ health }) => health !== '-');
  // What somebody took away altogether is held, too.
  const known = rows.filter(({ health, held }) => health !== '-' || held);
  return [
    gauge(
      'slipway_app_info',
      'What runs: the version, its commit of main, and the merge request that brought it (empty for none).',
      standing.map(({ version, commit = '', request, ...row }) => ({
        labels: { ...placeOf(row), version, commit, request: request === undefined ? '' : String(request) },
        value: 1,
      })),
    ),
    gauge(
      'slipway_app_since_timestamp_seconds',
      "When that came to stand there, by the environment branch's own commit.",
      standing.flatMap((row) => moment(row, row.since)),
    ),
    gauge(
      'slipway_app_behind_commits',
      'Publishes of main that changed the app there and do not stand there yet, offered or not.',
      // How far an edit is from what was published, nobody knows.
      standing
        .filter(({ state }) => state !== 'edited')
        .map((row) => ({ labels: placeOf(row), value: row.lacks?.parts ?? 0 })),
    ),
    gauge(
      'slipway_app_behind_seconds',
      'For how long the first of them has been missing.',
      standing
        .filter(({ state }) => state !== 'edited')
        .map((row) => ({ labels: placeOf(row), value: row.lacks ? secondsSince(row.lacks.since, now) : 0 })),
    ),
    gauge(
      'slipway_app_held',
      'Whether somebody took the app back there, so that nothing is promoted onto it: 1, or 0.',
      known.map((row) => ({ labels: placeOf(row), value: Number(row.held) })),
    ),
    gauge(
      'slipway_app_held_since_timestamp_seconds',
      'When somebody did; absent where nobody has.',
      known.flatMap((row) => moment(row, row.heldSince)),
    ),
    gauge(
      'slipway_app_edited',
      'Whether what stands there was changed by hand, so that nothing is promoted onto it: 1, or 0.',
      known.map((row) => ({ labels: placeOf(row), value: Number(row.state === 'edited') })),
    ),
    gauge(
      'slipway_environment_tip_info',
      'The commit at which the environment branch stands.',
      [...tips].map(([environment, commit]) => ({ labels: { environment, commit }, value: 1 })),
    ),
  ];
}

/** How old the other metrics are, which stay as they were while nothing can be read. */
export const readingFamilies = ({ success, failures }: Reading): Family[] => [
  gauge('slipway_metrics_last_success_timestamp_seconds', 'When the branches were last read; 0 for never.', [
    { value: success === undefined ? 0 : Math.floor(success / 1000) },
  ]),
  {
    name: 'slipway_metrics_failures_total',
    help: 'How often the branches could not be read.',
    type: 'counter',
    samples: [{ value: failures }],
  },
];

const gauge = (name: string, help: string, samples: readonly Sample[]): Family => ({
  name,
  help,
  type: 'gauge',
  samples,
});

const placeOf = ({ environment, app }: Pick<VersionRow, 'environment' | 'app'>) => ({ environment, app });

const moment = (row: VersionRow, at: string | undefined): Sample[] =>
  at === undefined ? [] : [{ labels: placeOf(row), value: Math.floor(Date.parse(at) / 1000) }];

/** Clocks of two machines may differ: nothing is behind by less than nothing. */
const secondsSince = (at: string, now: number) => Math.max(0, Math.floor((now - Date.parse(at)) / 1000));
