/** The files of an environment's objects, by app. */
export type Files = ReadonlyMap<string, ReadonlySet<string>>;

/** Something that is taken away without a reason. */
export interface Removal {
  /** `app-removed` or `objects-removed`. */
  readonly policy: string;
  /** The apps that lose something. */
  readonly apps: readonly string[];
  readonly says: string;
}

/** More than this share of an environment's objects going at once is a mistake more often than a wish. */
const share = 0.1;
/** In a small environment a tenth is less than one renamed app, whose smallest has as many. */
const few = 6;

/**
 * What goes away between two states of an environment, where nobody said why. What an app loses that has its reason is
 * not counted.
 * @param removed by app, why it goes: `removed` in `apps/index.ts`
 */
export function judgeRemovals(before: Files, after: Files, removed: Readonly<Record<string, string>>): Removal[] {
  const explained = (app: string) => Object.hasOwn(removed, app) && (removed[app] ?? '').trim() !== '';
  const unexplained = [...before].filter(([app]) => !explained(app));
  const gone = unexplained.filter(([app, files]) => files.size > 0 && !after.get(app)?.size).map(([app]) => app);
  const missing = unexplained.flatMap(([app, files]) =>
    [...files].filter((file) => !after.get(app)?.has(file)).map((file) => ({ app, file })),
  );
  const all = [...before.values()].reduce((sum, { size }) => sum + size, 0);
  const apps = gone.map((app) => ({
    policy: 'app-removed',
    apps: [app],
    says: `${app} is removed, and nobody said why. Write its name and a reason under removed in apps/index.ts (app-removed).`,
  }));
  if (missing.length <= few || missing.length <= all * share) return apps;
  const shown = missing.slice(0, 5).map(({ app, file }) => `${app}/${file}`);
  const list = `${shown.join(', ')}${missing.length > shown.length ? ', …' : ''}`;
  const losing = [...new Set(missing.map(({ app }) => app))];
  return [
    ...apps,
    {
      policy: 'objects-removed',
      apps: losing,
      says: `${missing.length} of ${all} objects are removed at once (${list}), which is more than a tenth. Write the apps and a reason under removed in apps/index.ts, or remove them in several commits (objects-removed).`,
    },
  ];
}
