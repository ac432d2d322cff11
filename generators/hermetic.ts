import { pathToFileURL } from 'node:url';
import { Blame } from './hermetic/blame.ts';
import { builtinTraps } from './hermetic/builtins.ts';
import { trapClock } from './hermetic/clock.ts';
import { fileReader } from './hermetic/files.ts';
import { guardImports } from './hermetic/imports.ts';
import { guardProcess, recordDenials, trapGlobals } from './hermetic/surroundings.ts';

/**
 * A render is a function of the dry commit and the image digests. This is the entry of the process that renders
 * (`hermeticArguments` has its command line): it belongs to the program that publishes, never to the commit. It sets
 * traps for clock, randomness, network, environment, machine, files outside the commit and imports that a folder may
 * not make, and then runs `generators/render-commit.ts` of the commit.
 *
 * What is trapped throws an error that names the file and line, and stands in
 * `globalThis[Symbol.for('slipway.trapped')]` (`Trapped[]`, see blame.ts), since the code may swallow the error. Whoever
 * charges one to an app takes it off that list. If any is left when the process ends, its messages are the last lines
 * of standard error, one per line, and the exit code is 3.
 *
 * `globalThis[Symbol.for('slipway.read')](app, file)` gives the text of a file of an app's folder.
 *
 * It guards against mistakes. It is no boundary against code that means harm, no more than Node's permissions are:
 * https://nodejs.org/docs/latest-v24.x/api/permissions.html#permission-model-constraints
 */
const [, , dir = '', modules = ''] = process.argv;
const blame = new Blame(dir, modules);
Object.defineProperty(globalThis, Symbol.for('slipway.trapped'), { value: blame.trapped });
Object.defineProperty(globalThis, Symbol.for('slipway.read'), { value: fileReader(dir) });

process.on('exit', () => {
  if (blame.trapped.length === 0) return;
  process.stderr.write(blame.trapped.map(({ message }) => `${message}\n`).join(''));
  process.exitCode = 3;
});
// Standard output is what was rendered.
console.log = console.info = console.debug = console.error;

const prepare = builtinTraps(blame, dir);
recordDenials(blame);
guardImports(blame, prepare);
trapClock(blame);
trapGlobals(blame);
guardProcess(blame, prepare);

try {
  await import(pathToFileURL(`${dir}/generators/render-commit.ts`).href);
} catch (error) {
  // What follows from a trap explains nothing that the trap does not.
  if (blame.trapped.length === 0) throw error;
}
