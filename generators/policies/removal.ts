import { viewOf } from './view.ts';

/** The objects of an environment, by app. */
export type Environment = ReadonlyMap<string, readonly unknown[]>;

/** Something that is taken away without a reason. */
export interface Removal {
  /** `app-removed` or `objects-removed`. */
  readonly policy: string;
  /** The app; undefined where it is about the environment as a whole. */
  readonly app?: string;
  readonly says: string;
}

/** More than this share of an environment's objects going at once is a mistake more often than a wish. */
const share = 0.1;
/** In a small environment a tenth is less than one renamed app. */
const few = 5;

/**
 * What goes away between two states of an environment, where nobody said why. Objects that go with a removed app that
 * has its reason are not counted again.
 * @param removed by app, why it goes: `removed` in `apps/index.ts`
 */
export function judgeRemovals(
  before: Environment,
  after: Environment,
  removed: Readonly<Record<string, string>>,
): Removal[] {
  const reason = (app: string) => Object.hasOwn(removed, app) && (removed[app] ?? '').trim() !== '';
  const gone = [...before.keys()].filter((app) => !after.has(app));
  const missing = [...before].flatMap(([app, objects]) => {
    if (reason(app)) return [];
    const left = idsOf(after.get(app) ?? []);
    return [...idsOf(objects)].filter((id) => !left.has(id));
  });
  const all = [...before.values()].reduce((sum, { length }) => sum + length, 0);
  const apps: Removal[] = gone
    .filter((app) => !reason(app))
    .map((app) => ({
      policy: 'app-removed',
      app,
      says: `${app} is removed, and nobody said why. Write its name and a reason under \`removed\` in apps/index.ts.`,
    }));
  if (missing.length <= few || missing.length <= all * share) return apps;
  const shown = `${missing.slice(0, 5).join(', ')}${missing.length > 5 ? ', …' : ''}`;
  return [
    ...apps,
    {
      policy: 'objects-removed',
      says: `${missing.length} of ${all} objects are removed at once (${shown}), which is more than a tenth. Write the apps and a reason under \`removed\` in apps/index.ts, or remove them in several commits.`,
    },
  ];
}

const idsOf = (objects: readonly unknown[]) => new Set(viewOf(objects).subjects.map(({ id }) => id));
