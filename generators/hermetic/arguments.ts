import { join } from 'node:path';

const generators = join(import.meta.dirname, '..');

/**
 * The arguments with which Node renders the commit that was exported to `dir`, under the traps of `hermetic.ts`. The
 * caller gives the environment: `TZ=UTC` and `LC_ALL=C` fix what dates and numbers look like, and nothing else is in it.
 * @param dir the exported commit; real paths, since permissions are judged by name
 * @param modules the real folder of its packages, which `<dir>/node_modules` is or links to
 */
export function hermeticArguments(dir: string, modules: string): string[] {
  const own = [
    join(generators, 'hermetic.ts'),
    join(generators, 'hermetic', '*'),
    join(generators, '..', 'package.json'),
  ];
  return [
    '--permission',
    ...[join(dir, '*'), join(modules, '*'), ...own].map((path) => `--allow-fs-read=${path}`),
    join(generators, 'hermetic.ts'),
    dir,
    modules,
  ];
}
