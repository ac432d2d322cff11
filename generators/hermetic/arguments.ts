import { realpathSync } from 'node:fs';
import { join } from 'node:path';

const generators = join(import.meta.dirname, '..');

/**
 * The arguments with which Node renders the commit that was exported to `dir`, under the traps of `hermetic.ts`. The
 * caller gives the environment: `TZ=UTC` and `LC_ALL=C` fix what dates and numbers look like, and nothing else is in it.
 * @param dir the exported commit
 * @param modules the folder of its packages, which `<dir>/node_modules` is or links to
 * @throws when one of the two is not there
 */
export function hermeticArguments(dir: string, modules: string): string[] {
  // Node names the files that it loads by their real paths, and so must permissions and blame.
  const [commit, packages] = [realpathSync(dir), realpathSync(modules)];
  const own = [
    join(generators, 'hermetic.ts'),
    join(generators, 'hermetic', '*'),
    join(generators, '..', 'package.json'),
  ];
  return [
    '--permission',
    // What it makes is written out at once: a young generation of the usual size costs 25 MB and saves no time.
    '--max-semi-space-size=4',
    ...[join(commit, '*'), join(packages, '*'), ...own].map((path) => `--allow-fs-read=${path}`),
    join(generators, 'hermetic.ts'),
    commit,
    packages,
  ];
}
