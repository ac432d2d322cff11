import type { Finding } from './finding.ts';
import { environmentBranch, main, rendered } from './names.ts';

/**
 * Whether the branches of the published path are there.
 * @param there the remote's branches
 * @param environments of the path that was published last; undefined before the first publish
 */
export function branchesOf(there: ReadonlySet<string>, environments: readonly string[] | undefined): Finding[] {
  const missing = {
    name: `branch ${main}`,
    verdict: 'wrong',
    says: `${main} does not exist at the remote.`,
    run: `git push origin HEAD:${main}`,
  } as const;
  if (!there.has(main)) return [missing];
  const name = 'branches';
  if (!environments) {
    const says = `Nothing was published yet, so ${rendered} and the environment branches are not expected.`;
    return [{ name, verdict: 'unknown', says, remedy: 'Run npx slipway publish, then this again.' }];
  }
  const wanted = [main, rendered, ...environments.map(environmentBranch)];
  const lost = wanted.filter((branch) => !there.has(branch));
  if (lost.length === 0) return [{ name, verdict: 'ok', says: `${wanted.join(', ')} exist.` }];
  return [
    {
      name,
      verdict: 'wrong',
      says: `${lost.join(', ')} ${lost.length === 1 ? 'does' : 'do'} not exist at the remote.`,
      remedy: 'Run npx slipway publish.',
    },
  ];
}

/** Holds, versions and the order of commits are read from the whole history. */
export const historyOf = (shallow: boolean): Finding =>
  shallow
    ? {
        name: 'history',
        verdict: 'wrong',
        says: 'This clone is shallow: who took back what, and the number of a version, stand in what it lacks.',
        remedy: 'In a pipeline: GIT_DEPTH: 0.',
        run: 'git fetch --unshallow',
      }
    : { name: 'history', verdict: 'ok', says: 'This clone has the whole history.' };

const pipelineFile = '.gitlab-ci.yml';

/**
 * Whether there is a pipeline, and whether it builds just what apps are made of.
 * @param text of `.gitlab-ci.yml`; undefined where there is none
 * @param builds the folders that apps build their image from
 * @param once whether the history had one
 */
export function pipelineOf(text: string | undefined, builds: readonly string[], once = false): Finding[] {
  if (text === undefined)
    return [
      {
        name: 'pipeline',
        verdict: 'wrong',
        says: `There is no ${pipelineFile}: nobody builds, publishes or promotes.`,
        ...(once
          ? { run: `git checkout $(git log -1 --format=%H^ -- ${pipelineFile}) -- ${pipelineFile}` }
          : { remedy: `The history never had one: take upstream's ${pipelineFile}.` }),
      },
    ];
  const built = servicesIn(text);
  const lacking = builds.filter((folder) => !built.includes(folder));
  const idle = built.filter((folder) => !builds.includes(folder));
  const wrong = [
    ...lacking.map(
      (folder): Finding => ({
        name: `service ${folder}`,
        verdict: 'wrong',
        says: `An app is built from ${folder}/, and no pipeline builds it: publish would wait for its image.`,
        remedy: `Add an entry of generators/ci/service.yml with folder: ${folder} to ${pipelineFile} (generators/ci/README.md, "A service").`,
      }),
    ),
    ...idle.map(
      (folder): Finding => ({
        name: `service ${folder}`,
        verdict: 'wrong',
        says: `The pipeline builds ${folder}/, and no app runs it.`,
        remedy: `Take the entry with folder: ${folder} out of ${pipelineFile}.`,
      }),
    ),
  ];
  const says = built.length === 0 ? 'It builds no image.' : `It builds ${built.join(', ')}.`;
  return wrong.length > 0 ? wrong : [{ name: 'pipeline', verdict: 'ok', says }];
}

/** The folders of the services that a pipeline's file includes. */
export const servicesIn = (text: string): string[] =>
  [...text.matchAll(/local: \/generators\/ci\/service\.yml\n((?: {4}.*\n)*)/g)].flatMap(
    ([, inputs = '']) => /\bfolder: ['"]?([\w./-]+)/.exec(inputs)?.[1] ?? [],
  );

/** @param there undefined where there is none */
export function ownersFileOf(there: string | undefined, wanted: string): Finding {
  const name = 'CODEOWNERS';
  const run = 'npx slipway owners --write';
  if (there === wanted) return { name, verdict: 'ok', says: 'It says who answers for what, as the apps do.' };
  const says =
    there === undefined
      ? 'There is no .gitlab/CODEOWNERS: GitLab asks nobody in particular.'
      : 'It is not what the apps say: GitLab asks the wrong people.';
  return { name, verdict: 'wrong', says, run };
}

/** What npm reads of a package, and what its lockfile says of the same. */
type Wants = Readonly<Record<string, unknown>>;
const kindsOfPackages = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;

/**
 * Whether the lockfile is of this package.json: npm ci refuses it otherwise.
 * @param folder `''` is the root; others end in a slash
 */
export function lockfileOf(folder: string, wants: Wants, locked: Wants | undefined): Finding {
  const name = folder === '' ? 'lockfile' : `lockfile of ${folder.replace(/\/$/, '')}`;
  const prefix = folder === '' ? '' : ` --prefix ${folder.replace(/\/$/, '')}`;
  const differs = kindsOfPackages.flatMap((kind) => {
    const [one, other] = [pinsOf(wants[kind]), pinsOf(locked?.[kind])];
    return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key));
  });
  if (locked && differs.length === 0) return { name, verdict: 'ok', says: 'It is of the package.json beside it.' };
  const says = locked
    ? `It is not of the package.json beside it (${differs.join(', ')}): npm ci refuses, and so does every pipeline.`
    : 'There is none: nobody else gets the same packages.';
  return { name, verdict: 'wrong', says, run: `npm install --package-lock-only --ignore-scripts${prefix}` };
}

const pinsOf = (of: unknown) => new Map(Object.entries((of ?? {}) as Record<string, string>));
