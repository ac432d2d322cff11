import type { Excuse } from './app.ts';

/** What others must know of an app, without loading it. */
export interface Outline {
  readonly owner: string;
  /** Absent: it stands in every environment. */
  readonly scope?: 'cluster';
  /** The port at which others call it. */
  readonly port?: number;
  /** The apps that it calls. */
  readonly calls?: readonly string[];
  /** By environment, what it answers from outside: `counter.dev.example.com/`. Older publishes wrote one list of all. */
  readonly routes?: Readonly<Record<string, readonly string[]>> | readonly string[];
  /** By first environment: the hash of what the change policies look at (`regardedIn`). */
  readonly fixed?: Readonly<Record<string, string>>;
  /** What it breaks by leave. */
  readonly excuses?: readonly OutlinedExcuse[];
}

/** What an app answers from outside, in any environment. */
export const allRoutes = ({ routes = [] }: Pick<Outline, 'routes'>): string[] => Object.values(routes).flat();

/** What it answers in one environment; none where that was not published. */
export const routesIn = (environment: string, { routes = [] }: Pick<Outline, 'routes'>): readonly string[] =>
  isList(routes) ? [] : (routes[environment] ?? []);

/** The domains of an environment: of a host that is called as its app, what follows. */
export const domainsIn = (environment: string, outlines: Readonly<Record<string, Outline>>): string[] => [
  ...new Set(
    Object.entries(outlines).flatMap(([app, outline]) =>
      routesIn(environment, outline).flatMap((route) => {
        const [host = ''] = route.split('/');
        return host.startsWith(`${app}.`) && host.length > app.length + 1 ? [host.slice(app.length + 1)] : [];
      }),
    ),
  ),
];

const isList = (routes: Outline['routes']): routes is readonly string[] => Array.isArray(routes);

export interface OutlinedExcuse extends Excuse {
  /** The environments in which an object needs it; none where it is for nothing. */
  readonly in: readonly string[];
}
