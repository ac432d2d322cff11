// Not imported: an import would bind the named exports before they are trapped.
const { readFileSync, realpathSync } = process.getBuiltinModule('node:fs');
const { join, sep } = process.getBuiltinModule('node:path');

/**
 * How a render reads what lies beside a definition: files of one app's folder, and no others, since that folder is what
 * the app's key is made of. It is read before the traps are set, and so touches none of them.
 * @param dir the exported commit
 * @returns a function of the app and a file of its folder. It throws as `readFileSync` does, and for what is outside
 */
export function fileReader(dir: string): (app: string, file: string) => string {
  const root = join(realpathSync(dir), 'apps');
  return (app, file) => {
    const folder = join(root, app) + sep;
    const path = join(folder, file);
    // A link could lead out of the folder.
    if (!path.startsWith(folder) || realpathSync(path) !== path)
      throw new Error(`apps/${app}/${file} is outside the app's folder`);
    return readFileSync(path, 'utf8');
  };
}
