import { gitLabOf } from './git-lab.ts';
import { Misuse } from './refusal.ts';

/** An app, as far as its owner goes. */
export interface Owned {
  readonly name: string;
  /** Its team: the last part of a group's path. */
  readonly owner: string;
  /** The folder that its image is built from. */
  readonly folder?: string | undefined;
  /** It is a part of the platform, whose team answers for all that is nobody's else. */
  readonly isPlatform?: boolean | undefined;
}

// A comment may not mention anybody: GitLab reads owners there, too.
const header = '# Written by npx slipway owners, from the owner of each app: change that, not this file.';

/**
 * Who answers for what on `main`, for `.gitlab/CODEOWNERS`: an app's team for its folder and for what its image is built
 * from, the platform's for everything else. Of lines that match, the last counts.
 * https://docs.gitlab.com/user/project/codeowners/reference/
 * @param repository its URL: teams are groups beside the project
 * @throws {Misuse} when no app is of the kind platform: nobody would answer for the rest
 */
export function codeOwners(apps: readonly Owned[], repository: string): string {
  const group = groupIn(repository);
  const folders = Map.groupBy(
    apps.filter(({ folder }) => folder !== undefined),
    ({ folder }) => folder as string,
  );
  return lines([
    ['*', platformOf(apps).map(group)],
    ...[...folders].sort(byName).map(([folder, built]): Line => [`/${folder}/`, teams(built).map(group)]),
    ...named(apps).map(({ name, owner }): Line => [`/apps/${name}/`, [group(owner)]]),
  ]);
}

/**
 * Who answers for what on an environment branch, for a `CODEOWNERS` at its root: an app's team for its part, the
 * platform's for the rest.
 * @param apps those that stand in the environment
 * @param all every app
 */
export function environmentOwners(apps: readonly Owned[], all: readonly Owned[], repository: string): string {
  const group = groupIn(repository);
  return lines([
    ['*', platformOf(all).map(group)],
    ...named(apps).map(({ name, owner }): Line => [`/${name}/`, [group(owner)]]),
  ]);
}

type Line = readonly [pattern: string, owners: readonly string[]];

const lines = (all: readonly Line[]) =>
  [header, '', ...all.map(([pattern, owners]) => `${pattern} ${owners.join(' ')}`), ''].join('\n');

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
const named = (apps: readonly Owned[]) => [...apps].sort((a, b) => byName([a.name, a], [b.name, b]));

const teams = (apps: readonly Owned[]) => [...new Set(apps.map(({ owner }) => owner))].sort();

function platformOf(apps: readonly Owned[]): string[] {
  const platform = teams(apps.filter(({ isPlatform }) => isPlatform));
  if (platform.length > 0) return platform;
  throw new Misuse(
    'No app is of the kind platform, so that nobody answers for clusters/, generators/ and the rest: list one in apps/index.ts.',
  );
}

/** A team as a group beside the project: `@example/team-counter`. */
function groupIn(repository: string): (team: string) => string {
  const namespace = gitLabOf(repository).project.split('/').slice(0, -1).join('/');
  return (team) => `@${namespace ? `${namespace}/` : ''}${team}`;
}
