import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { locked } from '../../clusters/local/lock.ts';
import { program } from './hydrate-commit.ts';

/** What a render may load of `generators/`; the rest would only be copied. */
export const isSource = (path: string) =>
  !/(\.(test|fixture|long|pipeline)\.ts|\/generators\/(bench|faults)|\/requests)$/.test(path);

const cache = join(program, 'node_modules', '.cache', 'slipway-templates');

/** What is older is made anew: a test may take what it begins with for something that has just happened. */
const fresh = 60 * 60_000;

const ready = new Map<string, Promise<string>>();

/**
 * A folder that is made once for all processes, and anew when anything that it is made from was changed.
 * @param name what it holds
 * @param make fills an empty folder
 * @returns the folder, for reading
 */
export function stored(name: string, make: (dir: string) => Promise<void>): Promise<string> {
  const known = ready.get(name) ?? find(name, make);
  ready.set(name, known);
  return known;
}

async function find(name: string, make: (dir: string) => Promise<void>): Promise<string> {
  const key = hash([await source(), name]);
  await mkdir(cache, { recursive: true });
  const found = await youngest(key);
  if (found) return found;
  return locked(join(cache, `${key}.lock`), async () => {
    const others = await youngest(key);
    if (others) return others;
    // It has its name only when it is whole: of a maker that was killed nothing is taken.
    const dir = await mkdtemp(join(cache, 'making-'));
    await make(dir);
    const made = join(cache, `${key}.${Date.now()}`);
    await rename(dir, made);
    await prune();
    return made;
  });
}

async function youngest(key: string): Promise<string | undefined> {
  const ages = await Promise.all((await readdir(cache)).map(async (name) => ({ name, age: await ageOf(name) })));
  const own = ages.filter(({ name, age }) => new RegExp(`^${key}\\.\\d+$`).test(name) && age < fresh);
  const first = own.sort((a, b) => a.age - b.age)[0];
  return first && join(cache, first.name);
}

/** Removes what nobody begins with any more, nor has begun to copy lately. */
async function prune(): Promise<void> {
  for (const name of await readdir(cache)) {
    if ((await ageOf(name)) > 2 * fresh) await rm(join(cache, name), { recursive: true, force: true }).catch(() => {});
  }
}

/** In milliseconds; of what went away meanwhile, none. */
const ageOf = async (name: string) =>
  Date.now() - ((await stat(join(cache, name)).catch(() => undefined))?.mtimeMs ?? Date.now());

let sources: Promise<string> | undefined;

/** What all of them are made from, in a few characters: another when any file was saved since. */
function source(): Promise<string> {
  sources ??= (async () => {
    const roots = ['generators', join('clusters', 'local', 'forge')];
    const found = await Promise.all(
      roots.map(async (root) => {
        const files = await readdir(join(program, root), { recursive: true, withFileTypes: true });
        return files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
      }),
    );
    const own = ['sandbox.fixture.ts', 'templates.fixture.ts'].map((file) => join(import.meta.dirname, file));
    const packages = ['package.json', 'package-lock.json'].map((file) => join(program, file));
    const files = [...found.flat().filter(isSource), ...own, ...packages].sort();
    const lines = await Promise.all(
      files.map(async (file) => {
        const { size, mtimeMs } = await stat(file);
        return `${file} ${size} ${mtimeMs}`;
      }),
    );
    // Who tells git the time wants it in the commits.
    const { GIT_AUTHOR_DATE: author = '', GIT_COMMITTER_DATE: committer = '' } = process.env;
    return hash([process.version, author, committer, ...lines]);
  })();
  return sources;
}

const hash = (lines: readonly string[]) => createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
