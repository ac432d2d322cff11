import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Git } from '../git/git.ts';
import { buildsAt } from '../git/sources.ts';
import type { Declared } from '../model/app-check.ts';
import { type CheckedApp, isBuilt, isProgram } from '../model/app-schema.ts';
import type { Environment, Path } from '../model/environment.ts';
import { parseImage } from '../model/image.ts';
import { instead } from '../model/nearest.ts';
import type { Build } from '../model/part.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { watchedFiles } from '../monitoring/files.ts';
import { checkoutHere } from './checkout.ts';
import { definitionsIn } from './definitions.ts';
import type { Asked } from './main.ts';

/** Says which files of a folder are ours to write again. */
const listFile = 'slipway-monitoring.json';

/** Writes what watches an environment or a cluster as plain files, for a Prometheus that is not in `clusters/`. */
export async function run({ values }: Asked): Promise<void> {
  const { env, cluster, out, json } = values as { env?: string; cluster?: string; out?: string; json?: boolean };
  if ((env === undefined) === (cluster === undefined))
    throw new Misuse('Name --env E or --cluster C: one of them says what is watched.');
  if (out === undefined) throw new Misuse('--out is missing: into which folder shall the files go?');
  const git = await checkoutHere();
  const { path, declared } = await definitionsIn(git.dir);
  const meant = meantBy(path, env, cluster);
  const [{ dashboards }, builds] = await Promise.all([
    import('../monitoring/dashboards/index.ts'),
    buildsAt(git, await head(git)),
  ]);
  const files = watchedFiles({
    ...meant,
    path,
    apps: declared.flatMap((one) =>
      [...one.in].map(([environment, app]) => ({ app, environment, version: versionOf(app, builds) })),
    ),
    platform: cluster === undefined ? undefined : ownerOfPlatform(declared),
    dashboards: dashboards(),
  });
  await write(out, files);
  if (json) return console.log(JSON.stringify({ version: 1, out, files: [...files.keys()].sort() }));
  const rules = [...files.keys()].filter((file) => file.startsWith('rules/')).length;
  console.log(`wrote ${files.size} files into ${out}: prometheus.yml, ${rules} of rules, blackbox.yml, dashboards`);
}

/** The cluster, and which of its environments. */
function meantBy(path: Path, env: string | undefined, cluster: string | undefined) {
  const environment = path.environments.find(({ name }) => name === env);
  if (env !== undefined && !environment)
    throw new Misuse(
      `--env ${env} is not an environment; ${instead(
        env,
        path.environments.map(({ name }) => name),
      )}`,
    );
  const name = environment?.cluster ?? (cluster as string);
  const found = path.clusters.get(name);
  if (!found) throw new Misuse(`--cluster ${name} is not a cluster; ${instead(name, [...path.clusters.keys()])}`);
  const environments: readonly Environment[] = environment
    ? [environment]
    : path.environments.filter((one) => one.cluster === name);
  return { cluster: found, environments };
}

async function head(git: Git): Promise<string> {
  const commit = await git.commit('HEAD');
  if (!commit) throw new Refusal(`${git.dir} has no commit yet: what an image is called follows from one.`);
  return commit;
}

/** What people call an app's version, as its pods say it. */
function versionOf(app: CheckedApp, builds: Readonly<Record<string, Build>>): string {
  if (!isProgram(app)) return '';
  if (isBuilt(app.image)) return builds[app.image.build]?.version ?? '';
  return parseImage(app.image, app.name).tag ?? '';
}

function ownerOfPlatform(declared: readonly Declared[]): string {
  const owner = declared.find(({ app }) => app.kind === 'platform')?.app.owner;
  if (owner === undefined) throw new Misuse('No app is of the kind platform: whose are the alerts of the cluster?');
  return owner;
}

/** Writes a folder anew. @throws {Refusal} before anything is written, when it holds what this verb did not write */
async function write(dir: string, files: ReadonlyMap<string, string>): Promise<void> {
  const before = await writtenBefore(dir);
  const there = await readdir(dir, { recursive: true, withFileTypes: true }).catch(() => []);
  const foreign = there
    .filter((one) => !one.isDirectory())
    .map((one) => join(one.parentPath, one.name).slice(join(dir, '/').length))
    .filter((file) => file !== listFile && !before.includes(file));
  if (foreign.length > 0)
    throw new Refusal(
      `--out ${dir} holds ${foreign.sort()[0]}${foreign.length > 1 ? ` and ${foreign.length - 1} more` : ''}, which slipway monitoring did not write; name an empty folder, or one of its own.`,
    );
  const list = JSON.stringify({ version: 1, files: [...new Set([...before, ...files.keys()])].sort() });
  await mkdir(dir, { recursive: true });
  // First: who is interrupted may run it again.
  await writeFile(join(dir, listFile), `${list}\n`);
  for (const file of before) if (!files.has(file)) await rm(join(dir, file), { force: true });
  for (const [file, text] of files) {
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
  }
}

/** The files that it wrote last time; none where there is no such list. @throws {Refusal} when the list is not ours */
async function writtenBefore(dir: string): Promise<readonly string[]> {
  const text = await readFile(join(dir, listFile), 'utf8').catch(() => undefined);
  if (text === undefined) return [];
  const own = /^(prometheus\.yml|blackbox\.yml|(rules|dashboards)\/[a-z0-9][a-z0-9-]*\.(yaml|json))$/;
  try {
    const { files } = JSON.parse(text) as { files: unknown };
    if (Array.isArray(files) && files.every((file) => typeof file === 'string' && own.test(file))) return files;
  } catch {}
  throw new Refusal(`${join(dir, listFile)} is not what slipway monitoring writes; name another folder.`);
}
