import { execFile } from 'node:child_process';
import { lstat, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { exportTree } from '../git/dry.ts';
import type { Git } from '../git/git.ts';
import { entriesOf, isFolder } from '../git/history.ts';
import { type BuildList, type BuiltApp, parseBuildList } from '../model/build-list.ts';
import { legalName } from '../model/names.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { quote } from '../model/words.ts';

/** What the child runs: definitions import types alone, so Node needs nothing else to load them. */
const listing = `
const { apps } = await import(process.argv[1]);
const found = [];
for (const [name, load] of Object.entries(apps)) {
  const { app } = await load();
  if (typeof app?.image?.build !== 'string') continue;
  const { image, port, ready, env } = app;
  const calls = [];
  for (const call of app.calls ?? []) {
    const other = await apps[call]?.();
    calls.push({ app: call, image: other?.app?.image, port: other?.app?.port });
  }
  found.push({ app: name, repository: image.repository, build: image.build, port, ready, env, calls });
}
process.stdout.write(JSON.stringify(found));
`;

/**
 * What is built here at a commit, by what the definitions of its apps say. They run in a process of its own that has no
 * variable of this one, and may read nothing else: that keeps honest definitions honest, and is no boundary against
 * hostile ones (https://nodejs.org/api/permissions.html). Whoever has a token reads a list instead.
 * @param dry the whole id of a commit
 * @throws {Refusal} when they cannot be loaded, or name a folder that is not built
 */
export async function buildsOf(git: Git, dry: string): Promise<BuildList> {
  const builds = await Promise.all(
    (await definitions(git, dry)).map(async ({ app, repository, build }): Promise<BuiltApp> => {
      if (!legalName.test(app) || typeof repository !== 'string' || typeof build !== 'string')
        throw new Refusal(`apps/${app}/app.ts: image must be { repository: 'registry/name', build: 'folder' }.`);
      const tree = await builtTree(git, dry, build);
      if (tree) return { app, repository, folder: build, tree };
      throw new Refusal(
        `apps/${app}/app.ts: image.build is ${JSON.stringify(build)}, and ${dry} has no ${build}/Dockerfile.`,
      );
    }),
  );
  return { dry, builds };
}

/**
 * Reads what `slipway image builds` wrote, and holds it against the commit. No code of an app runs.
 * @param dry the whole id of the commit that it must be of
 * @throws {Misuse} for a file that cannot be read
 * @throws {Refusal} for one that is no such list, or says what the commit does not
 */
export async function readBuilds(git: Git, dry: string, file: string): Promise<BuildList> {
  const list = parseBuildList(await textOf(file), file);
  if (list.dry !== dry)
    throw new Refusal(`${file} is of commit ${list.dry}, and ${dry} is asked for: make it with --dry ${dry}.`);
  for (const { app, folder, tree } of list.builds) {
    const there = await builtTree(git, dry, folder);
    if (there !== tree)
      throw new Refusal(
        `${file} says that ${app} is built from ${folder} as tree ${tree}, and at ${dry} that is ${there ?? 'no folder with a Dockerfile'}: whatever wrote it is not to be trusted.`,
      );
  }
  return list;
}

/** An app that is built here, as it says that it runs. */
export interface RunningApp {
  readonly app: string;
  /** The folder that it is built from. */
  readonly folder: string;
  readonly port?: number | undefined;
  /** The path that answers 200 when it may receive requests. */
  readonly ready: string;
  readonly env: Readonly<Record<string, string>>;
  readonly calls: readonly { readonly app: string; readonly image?: unknown; readonly port?: number }[];
}

/**
 * The apps that are built here at a commit, as their definitions say that they run.
 * @param dry the whole id of a commit
 * @throws {Refusal} when they cannot be loaded
 */
export async function runningApps(git: Git, dry: string): Promise<RunningApp[]> {
  return (await definitions(git, dry)).flatMap(({ app, build, port, ready, env, calls }) =>
    typeof build === 'string' && legalName.test(app)
      ? [{ app, folder: build, port, ready: typeof ready === 'string' ? ready : '/readyz', env: textsOf(env), calls }]
      : [],
  );
}

const textsOf = (env: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(env ?? {}).filter(([, value]) => typeof value === 'string'));

/** The id of a top-level folder's tree; undefined where it has no Dockerfile. */
async function builtTree(git: Git, dry: string, folder: string): Promise<string | undefined> {
  const entry = (await entriesOf(git, dry)).get(folder);
  if (!entry || !isFolder(entry)) return undefined;
  return (await git.named(`${dry}:${folder}/Dockerfile`)) && entry.id;
}

/** A link, which an artifact may hold, would read what its maker could not. */
async function textOf(file: string): Promise<string> {
  const found = await lstat(file).catch((error: Error) => {
    throw new Misuse(`--builds ${file} cannot be read: ${error.message}. slipway image builds --out ${file} makes it.`);
  });
  if (!found.isFile() || found.size > 4 * 1024 ** 2)
    throw new Refusal(`--builds ${file} is no file of at most 4 MiB: slipway image builds --out ${file} makes it.`);
  return readFile(file, 'utf8');
}

interface Definition {
  readonly app: string;
  readonly repository: unknown;
  readonly build: unknown;
  readonly port?: number;
  readonly ready: unknown;
  readonly env: unknown;
  readonly calls: RunningApp['calls'];
}

async function definitions(git: Git, dry: string): Promise<Definition[]> {
  // A temporary folder may be reached by a link, which permissions do not follow.
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'slipway-apps-')));
  try {
    await exportTree(git, dry, dir, ['apps', 'package.json', ':(exclude,glob)**/*.test.ts']);
    const index = pathToFileURL(join(dir, 'apps', 'index.ts')).href;
    const limits = ['--permission', `--allow-fs-read=${join(dir, '*')}`, '--no-warnings', '--input-type=module'];
    const { stdout } = await promisify(execFile)(process.execPath, [...limits, '--eval', listing, index], {
      cwd: dir,
      env: {},
      timeout: 60_000,
      maxBuffer: 16 * 1024 ** 2,
    });
    return JSON.parse(stdout) as Definition[];
  } catch (error) {
    if (error instanceof Refusal) throw error;
    const { stderr, message } = error as Error & { stderr?: string };
    const why = /^\w*Error.*$/m.exec(stderr ?? '')?.[0] ?? message;
    throw new Refusal(
      `The apps of ${dry} cannot be loaded to see what is built here: ${quote(why, 300)}. Render it to see more: npx slipway render --dry ${dry} --env E.`,
    );
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
