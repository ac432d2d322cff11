import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Git } from '../git/git.ts';
import { standingIn } from '../git/standing.ts';
import type { Declared } from '../model/app-check.ts';
import type { Environment, Path } from '../model/environment.ts';
import { environmentBranch } from '../model/names.ts';
import { instead } from '../model/nearest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { ownOn, type Watched, watchedFiles } from '../monitoring/files.ts';
import { askedOf } from '../monitoring/probes.ts';
import { checkoutHere, say } from './checkout.ts';
import { definitionsIn } from './definitions.ts';
import type { Asked } from './main.ts';

/** Says which files of a folder are ours to write again. */
const listFile = 'slipway-monitoring.json';

interface Wanted {
  readonly env?: string;
  readonly cluster?: string;
  readonly out?: string;
  readonly json?: boolean;
  readonly blackbox?: string;
  readonly alertmanager?: string;
}

/** Writes what watches an environment or a cluster as plain files, for a Prometheus that is not in `clusters/`. */
export async function run({ values }: Asked): Promise<void> {
  const { env, cluster, out, json, blackbox, alertmanager } = values as Wanted;
  if ((env === undefined) === (cluster === undefined))
    throw new Misuse('Name --env E or --cluster C: one of them says what is watched.');
  if (out === undefined) throw new Misuse('--out is missing: into which folder shall the files go?');
  const given = { blackbox: addressOf('blackbox', blackbox), alertmanager: addressOf('alertmanager', alertmanager) };
  const git = await checkoutHere();
  const { path, declared } = await definitionsIn(git.dir);
  const meant = meantBy(path, env, cluster);
  const own = ownOn(meant.cluster);
  const where = {
    blackbox: given.blackbox ?? own.blackbox,
    alertmanager: given.alertmanager ?? own.alertmanager,
  };
  const [{ dashboards }, { apps, unknown }] = await Promise.all([
    import('../monitoring/dashboards/index.ts'),
    standing(git, meant.environments, declared),
  ]);
  const files = watchedFiles({
    ...{ ...meant, ...where, path, apps },
    platform: cluster === undefined ? undefined : ownerOfPlatform(declared),
    dashboards: dashboards(),
  });
  await write(out, files);
  const leftOut = [
    ...(where.alertmanager === undefined
      ? ['where alerts are sent: name the Alertmanager with --alertmanager HOST:PORT']
      : []),
    ...(where.blackbox === undefined
      ? ['what is asked from outside: name the blackbox exporter with --blackbox HOST:PORT']
      : unknown.map(
          (name) =>
            `the version that ${name} shows outside: this clone has no ${environmentBranch(name)}, which says it`,
        )),
  ];
  if (json) return console.log(JSON.stringify({ version: 1, out, files: [...files.keys()].sort(), leftOut }));
  const rules = [...files.keys()].filter((file) => file.startsWith('rules/')).length;
  const modules = files.has('blackbox.yml') ? ' blackbox.yml,' : '';
  console.log(`wrote ${files.size} files into ${out}: prometheus.yml, ${rules} of rules,${modules} dashboards`);
  for (const one of leftOut) say(`left out: ${one}`);
}

/** @throws {Misuse} for what is no host and port */
function addressOf(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]):[1-9]\d{0,4}$/i.test(text)) return text;
  throw new Misuse(`--${option} ${text}: write a host and a port, as in ${option}.example.org:9115.`);
}

/**
 * What stands where, by the branches of the environments: an app that was not promoted there is not watched there. Where
 * the clone has no branch it is all that the definitions say, and of no version.
 */
async function standing(
  git: Git,
  environments: readonly Environment[],
  declared: readonly Declared[],
): Promise<{ apps: Watched['apps']; unknown: readonly string[] }> {
  const found = await Promise.all(environments.map(async ({ name }) => [name, await standingIn(git, name)] as const));
  const parts = new Map(found);
  const all = declared.flatMap((one) => [...one.in].map(([environment, app]) => ({ app, environment })));
  return {
    apps: all.flatMap(({ app, environment }) => {
      const there = parts.get(environment.name);
      const part = there?.get(app.name);
      return there && !part ? [] : [{ app, environment, version: part?.version }];
    }),
    unknown: found.flatMap(([name, there]) =>
      !there && all.some(({ app, environment }) => environment.name === name && askedOf(app).version) ? [name] : [],
    ),
  };
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
