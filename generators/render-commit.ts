import { text } from 'node:stream/consumers';
import * as listed from '../apps/index.ts';
import { clusters, environments, repository } from '../clusters/environments.ts';
import { hydrate } from './hydrate.ts';
import type { Apps } from './model/app.ts';
import type { RenderInput } from './model/part.ts';
import { Misuse, Refusal } from './model/refusal.ts';

/**
 * The render half, as a process of its own (`hermetic.ts` starts it): it runs the apps, clusters and generators of one
 * dry commit, reads its input from standard input, and writes what it rendered to standard output, a line of JSON each.
 */
/** `removed` need not be there. */
const { apps, removed }: { apps: Apps; removed?: unknown } = listed;
const input = JSON.parse(await text(process.stdin)) as RenderInput;
const { stdout } = process;
const write = async (line: unknown) => {
  // Whoever reads sets the pace, so that what waits stays small.
  if (!stdout.write(`${JSON.stringify(line)}\n`)) await new Promise((done) => stdout.once('drain', done));
};

/** What the traps of `hermetic.ts` caught, newest last. */
const trapped = (): { message: string }[] => Reflect.get(globalThis, Symbol.for('slipway.trapped')) ?? [];

/** Runs code for one app: a trap that it sets off is charged to it. */
function within<T>(app: string, work: () => T): T {
  Reflect.set(globalThis, Symbol.for('slipway.rendering'), app);
  try {
    return work();
  } finally {
    Reflect.deleteProperty(globalThis, Symbol.for('slipway.rendering'));
    charge();
  }
}

function charge(): void {
  const caught = trapped().splice(0);
  if (caught.length > 0) throw new Refusal(caught.map(({ message }) => message).join('\n'));
}

/** Loads one app, alone: what it throws is said when the app is asked for. */
async function load(name: string): Promise<() => unknown> {
  try {
    const own = (await import(`../apps/${name}/app.ts`)) as { app?: unknown };
    freeze(own.app);
    charge();
    return () => own.app;
  } catch (error) {
    const reason = (() => {
      try {
        charge();
        return error;
      } catch (caught) {
        return caught;
      }
    })();
    return () => {
      throw reason;
    };
  }
}

/** Whether an app is listed as its own module. It is read, not called: an app that is taken over is not even there. */
function isOwn(name: string): boolean {
  const entry: unknown = apps[name];
  const [, , folder] =
    /^\(\)\s*=>\s*import\(\s*(['"])\.\/([^'"]*)\/app\.ts\1\s*,?\s*\)$/.exec(
      typeof entry === 'function' ? Function.prototype.toString.call(entry) : '',
    ) ?? [];
  return folder === name;
}

const notOwn = (name: string) => (): never => {
  throw new Misuse(`apps/index.ts: ${name} must be () => import('./${name}/app.ts'), and nothing else`);
};

/** A file of an app's folder. @throws {Misuse} when there is none */
function read(app: string, file: string): string {
  const own = Reflect.get(globalThis, Symbol.for('slipway.read')) as (app: string, file: string) => string;
  try {
    return own(app, file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOENT' ? new Misuse(`apps/${app}/${file} is not there`) : error;
  }
}

/** Nobody changes what an app declared. */
function freeze(value: unknown): void {
  // The elements of a typed array cannot be frozen; where it stands is for the check to say.
  if (typeof value !== 'object' || value === null || Object.isFrozen(value) || ArrayBuffer.isView(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) freeze(inner);
}

try {
  if (typeof apps !== 'object' || apps === null || Array.isArray(apps))
    throw new Misuse(
      "apps/index.ts: `apps` must be a table of the form { counter: () => import('./counter/app.ts') }.",
    );
  const declared = new Map<string, () => unknown>();
  const taken = input.taken.filter((name) => Object.hasOwn(apps, name) && isOwn(name));
  for (const name of Object.keys(apps).sort()) {
    if (!taken.includes(name)) declared.set(name, isOwn(name) ? await load(name) : notOwn(name));
  }
  const definitions = { repository, clusters, environments, removed, apps: declared, read, within };
  for (const line of hydrate(definitions, { ...input, taken }, process.version)) await write(line);
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  await write({ refused: error.message, exitCode: error.exitCode });
}
