import { nearest } from './nearest.ts';
import { allRoutes, type Outline } from './outline.ts';
import type { Failure } from './part.ts';

/**
 * What is wrong with apps that are right one by one: a call to an app that is not there or that nobody can call, calls
 * in a circle, one address for two. Whoever can mend it is named: the caller, and both claimants of an address.
 * @param apps the names of all
 * @param known the outlines of those that are known: of one that cannot be rendered nobody knows what it is
 */
export function checkTogether(apps: readonly string[], known: Readonly<Record<string, Outline>>): Failure[] {
  const outlines = new Map(Object.entries(known));
  const claims = new Map<string, string[]>();
  for (const [app, outline] of outlines)
    for (const route of allRoutes(outline)) claims.set(route, [...(claims.get(route) ?? []), app]);
  const found = [...outlines].flatMap(([app, outline]) => [
    ...wrongCalls(app, outline, apps, outlines),
    ...circle(app, outlines),
    ...sharedRoutes(app, outline, claims),
  ]);
  return found.sort((a, b) => (a.app < b.app ? -1 : a.app > b.app ? 1 : 0));
}

const wrong = (app: string, field: string, says: string): Failure => ({
  app,
  message: `apps/${app}/app.ts: field ${field} ${says}`,
  exitCode: 2,
});

const scopeOf = ({ scope }: Outline) => scope ?? 'environment';

function wrongCalls(
  app: string,
  outline: Outline,
  apps: readonly string[],
  outlines: ReadonlyMap<string, Outline>,
): Failure[] {
  return (outline.calls ?? []).flatMap((callee) => {
    const there = outlines.get(callee);
    if (!there && apps.includes(callee)) return [];
    if (!there) {
      const near = nearest(callee, apps);
      return [
        wrong(app, 'calls', `has ${JSON.stringify(callee)}, which is no app${near ? `; did you mean ${near}?` : ''}`),
      ];
    }
    if (scopeOf(there) !== scopeOf(outline))
      return [
        wrong(
          app,
          'calls',
          `has ${JSON.stringify(callee)}, which is of scope ${scopeOf(there)}: an environment reaches only itself`,
        ),
      ];
    return there.port === undefined
      ? [wrong(app, 'calls', `has ${JSON.stringify(callee)}, which has no port that anybody could call`)]
      : [];
  });
}

/** Calls that come back to where they began; said once, of the app that comes first by name. */
function circle(app: string, outlines: ReadonlyMap<string, Outline>): Failure[] {
  const way: string[] = [];
  const seen = new Set<string>();
  const back = (at: string): boolean => {
    for (const callee of outlines.get(at)?.calls ?? []) {
      if (callee === app) return true;
      if (seen.has(callee)) continue;
      seen.add(callee);
      way.push(callee);
      if (back(callee)) return true;
      way.pop();
    }
    return false;
  };
  if (!back(app) || way.some((other) => other < app)) return [];
  return [wrong(app, 'calls', `goes in a circle: ${[app, ...way, app].join(' → ')}; one of them must not call`)];
}

function sharedRoutes(app: string, outline: Outline, claims: ReadonlyMap<string, readonly string[]>): Failure[] {
  return [...new Set(allRoutes(outline))].flatMap((route) => {
    const claimants = claims.get(route) ?? [];
    if (claimants.length === 1) return [];
    const others = [...new Set(claimants)].filter((other) => other !== app);
    if (others.length === 0)
      return [wrong(app, 'hosts', `has ${route} in two environments; give each its own under in`)];
    return [wrong(app, 'hosts', `has ${route}, which is that of ${others.join(', ')}, too`)];
  });
}
