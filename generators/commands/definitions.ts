import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Apps } from '../model/app.ts';
import { checkApp, type Declared } from '../model/app-check.ts';
import type { Path } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';

/** What the definitions of a work tree say. */
export interface Definitions {
  readonly path: Path;
  readonly declared: readonly Declared[];
}

/**
 * Runs the definitions of a work tree in this process: for what people look at or write themselves, never for a publish.
 * @throws {Misuse} when one is wrong
 */
export async function definitionsIn(dir: string): Promise<Definitions> {
  const load = (path: string) => import(pathToFileURL(join(dir, path)).href);
  const path = checkPath(await load('clusters/environments.ts'));
  const { apps } = (await load('apps/index.ts')) as { apps: Apps };
  const declared: Declared[] = [];
  for (const [name, app] of Object.entries(apps)) declared.push(checkApp(name, (await app()).app, path));
  return { path, declared };
}
