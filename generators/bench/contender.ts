import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { loadAll } from 'js-yaml';
import { Git } from '../git/git.ts';
import { head, main, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { type Cost, measure } from './measured.ts';
import { addressOf, filesWith, type Place } from './place.ts';
import type { Scratch } from './scratch.ts';
import { stages, versionOf } from './workload.ts';

// renovate: datasource=npm depName=cdk8s-cli
const version = '2.207.60';

/**
 * How a team lays its charts out: all in one App, a file each (what cdk8s's guide and template show); in an App per
 * environment; and so with a file per object, as Slipway writes them.
 */
export type Files = 'whole' | 'chart' | 'object';
export const layouts: readonly Files[] = ['whole', 'chart', 'object'];

/**
 * Installs the cdk8s CLI where this repository keeps what it makes; later runs find it there.
 * @returns the program that is to be run by Node
 */
export async function installContender(
  program: string,
  say: (line: string) => void,
  scratch: Scratch,
): Promise<string> {
  const dir = join(program, '.slipway', 'bench', `cdk8s-cli-${version}`);
  const cli = join(dir, 'node_modules', 'cdk8s-cli', 'bin', 'cdk8s');
  // npm writes this list last of all.
  const done = await readFile(join(dir, 'node_modules', '.package-lock.json'), 'utf8').catch(() => '');
  if (done) return cli;
  const { dependencies } = JSON.parse(await readFile(join(program, 'package.json'), 'utf8'));
  const same = Object.fromEntries(['cdk8s', 'cdk8s-plus-27', 'constructs'].map((name) => [name, dependencies[name]]));
  say(`Installing cdk8s-cli ${version} into .slipway/bench, for this benchmark alone …`);
  await mkdir(dir, { recursive: true });
  await writeFile(
    join(dir, 'package.json'),
    JSON.stringify({ private: true, dependencies: { 'cdk8s-cli': version, ...same } }, null, 2),
  );
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  await measure(scratch, 'npm', args, { cwd: dir, env: process.env }).catch((cause: Error) => {
    throw new Refusal(`cdk8s-cli ${version} cannot be installed: ${cause.message}. --no-contender does without it.`, {
      cause,
    });
  });
  return cli;
}

export interface Synthesis extends Cost {
  readonly phases: Readonly<Record<string, number>>;
  /** Its GitOps repository, as it was pushed. */
  readonly pushed: Git;
}

/**
 * What a team runs without Slipway: `cdk8s synth`, then clone, copy, add, commit and push in a GitOps repository.
 * @param gitops what that repository had before
 */
export async function synthIn(
  { scratch, cli, files }: { readonly scratch: Scratch; readonly cli: string; readonly files: Files },
  place: Place,
  gitops: Git,
): Promise<Synthesis> {
  const { dir, checkout } = place;
  const remote = join(dir, 'gitops.git');
  await new Git(dir).bytes(['clone', '--quiet', '--mirror', gitops.dir, remote]);
  const pushed = new Git(remote);
  await pushed.bytes(['config', 'receive.autogc', 'false']);
  // Its check for a newer version asks the network; and git must not tidy up within somebody's clock.
  const quiet = {
    CDK8S_CHECK_UPGRADE: 'false',
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'gc.auto',
    GIT_CONFIG_VALUE_0: '0',
  };
  const env = { ...process.env, ...quiet, BENCH_FILES: files };
  const phases: Record<string, number> = {};
  let peak: number | undefined;
  const step = async (name: string, cwd: string, command: string, ...args: string[]) => {
    const cost = await measure(scratch, command, args, { cwd, env });
    phases[name] = cost.ms;
    if (cost.peak !== undefined) peak = Math.max(peak ?? 0, cost.peak);
  };
  const clone = join(dir, 'gitops');
  const app = 'node generators/bench/cdk8s-app.ts';
  await step('cdk8s synth', checkout.dir, process.execPath, cli, 'synth', '--app', app, '--output', 'dist');
  await step('git clone', dir, 'git', 'clone', '--quiet', '--depth=1', addressOf(pushed), clone);
  await step('cp', dir, 'cp', '-R', `${join(checkout.dir, 'dist')}/.`, clone);
  await step('git add', clone, 'git', 'add', '--all');
  await step('git commit', clone, 'git', 'commit', '--quiet', '-m', 'Render');
  await step('git push', clone, 'git', 'push', '--quiet', 'origin', `HEAD:${main}`);
  return { ms: Object.values(phases).reduce((a, b) => a + b, 0), peak, phases, pushed };
}

/** @throws {Refusal} when the pushed tree has not so many apps of the second release, and the others of the first */
export async function checkSynthesis(pushed: Git, files: Files, apps: number, changed: number): Promise<void> {
  const pattern = files === 'object' ? '*/Deployment.*' : '*.k8s.yaml';
  const count = (release: 1 | 2) =>
    filesWith(pushed, `app.kubernetes.io/version: ${versionOf(release)}`, head(main), [pattern]);
  const [found, old] = [await count(2), await count(1)];
  if (found !== changed * stages.length || old !== (apps - changed) * stages.length)
    throw new Refusal(
      `the cdk8s CLI did not do its work: ${found} Deployments of release 2 and ${old} of release 1, of ${apps} apps`,
    );
}

/**
 * Holds both sides' objects of one app against each other, in every environment.
 * @throws {Refusal} when they differ
 */
export async function checkSameObjects(pushed: Git, files: Files, { remote }: Place, app: string): Promise<void> {
  for (const stage of stages) {
    const ours = await objectsIn(remote, `${head(rendered)}:${stage}/${app}`, (file) => file.endsWith('.yaml'));
    const folder = `${head(main)}:${{ whole: '', chart: stage, object: `${stage}/${app}` }[files]}`;
    // In one App the name of a chart's file ends in a hash of its path.
    const named = new RegExp(files === 'whole' ? `^${stage}-${app}-\\w+\\.k8s\\.yaml$` : `^${app}\\.k8s\\.yaml$`);
    const theirs = await objectsIn(pushed, folder, (file) => files === 'object' || named.test(file));
    if (ours.size === 0 || !isDeepStrictEqual(ours, theirs))
      throw new Refusal(
        `the two sides rendered different objects for ${app} in ${stage}: ${[...ours.keys()]} and ${[...theirs.keys()]}`,
      );
  }
}

async function objectsIn(git: Git, tree: string, wanted: (file: string) => boolean): Promise<Map<string, unknown>> {
  const objects = new Map<string, unknown>();
  for (const file of (await git.lines(['ls-tree', '--name-only', tree])).filter(wanted)) {
    for (const object of loadAll(await git.text(['show', `${tree}${tree.endsWith(':') ? '' : '/'}${file}`])) as {
      kind: string;
    }[])
      objects.set(object.kind, object);
  }
  return new Map([...objects].sort(([a], [b]) => (a < b ? -1 : 1)));
}
