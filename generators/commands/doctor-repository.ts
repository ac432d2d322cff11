import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { readBlobs } from '../git/objects.ts';
import { examplesOf } from '../model/example-values.ts';
import type { Finding } from '../model/finding.ts';
import { head } from '../model/names.ts';
import { Refusal, Unreadable } from '../model/refusal.ts';
import { branchesOf, historyOf, lockfileOf, ownersFileOf, pipelineOf } from '../model/repository-setup.ts';
import type { Context } from './context.ts';
import type { Definitions } from './definitions.ts';
import { pathOf } from './published-path.ts';

/** What the checks look at. */
export interface Patient {
  readonly context: Context;
  /** The remote, or why it cannot be read. */
  readonly remote: Mirror | Refusal;
}

/** One thing that Slipway's promises stand on. What it finds is decided in `model`, from what it reads here. */
export interface Check {
  /** What is said to be not checked when `look` throws. */
  readonly name: string;
  /** @throws {Unreadable} for what cannot be known, and is no fault; {Refusal} for what fails */
  look(patient: Patient): Promise<readonly Finding[]>;
}

/** What is in the clone that the command was called in, and whether its remote has what belongs there. */
export const repositoryChecks: readonly Check[] = [
  {
    name: 'history',
    async look({ context: { checkout } }) {
      return [historyOf((await checkout.text(['rev-parse', '--is-shallow-repository'])) === 'true')];
    },
  },
  {
    name: 'remote',
    async look({ remote }) {
      if (remote instanceof Refusal) throw remote;
      return [{ name: 'remote', verdict: 'ok', says: `${remote.address} can be read.` }];
    },
  },
  {
    name: 'branches',
    async look({ remote }) {
      if (remote instanceof Refusal) throw new Unreadable('The remote cannot be read.');
      const there = [...remote.refs.keys()].map((ref) => ref.replace(head(''), ''));
      const path = await pathOf(remote);
      return branchesOf(
        new Set(there),
        path?.map(({ name }) => name),
      );
    },
  },
  {
    name: 'CODEOWNERS',
    async look({ context: { checkout } }) {
      const { ownersText } = await import('./owned.ts').catch(withoutPackages);
      const wanted = ownersText(await definitionsHere(checkout));
      return [ownersFileOf(await textOf(checkout.dir, '.gitlab/CODEOWNERS'), wanted)];
    },
  },
  {
    name: 'pipeline',
    async look({ context: { checkout } }) {
      const { buildFolders } = await import('./owned.ts').catch(withoutPackages);
      const text = await textOf(checkout.dir, '.gitlab-ci.yml');
      const once =
        text === undefined && (await checkout.text(['log', '-1', '--format=%H', '--', '.gitlab-ci.yml'])) !== '';
      return pipelineOf(text, buildFolders(await definitionsHere(checkout)), once);
    },
  },
  {
    name: 'lockfiles',
    async look({ context: { checkout } }) {
      const there = await checkout.text(['ls-files', '--', 'package.json', ':(glob)*/package.json']);
      const folders = there.split('\n').flatMap((path) => (path === '' ? [] : [path.replace('package.json', '')]));
      return Promise.all(
        folders.map(async (folder) => {
          const wants = await textOf(checkout.dir, `${folder}package.json`);
          const locked = await textOf(checkout.dir, `${folder}package-lock.json`);
          return lockfileOf(folder, JSON.parse(wants ?? '{}'), locked && JSON.parse(locked).packages?.['']);
        }),
      );
    },
  },
];

/** What stands in the definitions of the newest commit as an example. */
export const exampleChecks: readonly Check[] = [
  { name: 'example values', look: async ({ context }) => examplesOf(await definitionsOf(context.checkout)) },
];

/** What the work tree says, read with packages, which may be what is missing. */
async function definitionsHere({ dir }: Context['checkout']): Promise<Definitions> {
  const { definitionsIn } = await import('./definitions.ts').catch(withoutPackages);
  return definitionsIn(dir).catch((error: Error) => {
    if (error instanceof Refusal) throw error;
    throw new Refusal(`apps/ or clusters/environments.ts cannot be read: ${error.message.split('\n')[0]}`);
  });
}

function withoutPackages(error: unknown): never {
  if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
  throw new Unreadable('The definitions are read with packages that are not installed.');
}

const textOf = (dir: string, path: string): Promise<string | undefined> =>
  readFile(join(dir, path), 'utf8').catch(() => undefined);

/** What a team writes of where its apps run, in the newest commit of the checkout: by file, its text. */
async function definitionsOf(checkout: Context['checkout']): Promise<ReadonlyMap<string, string>> {
  const commit = await checkout.commit('HEAD');
  if (commit === undefined) throw new Unreadable(`${checkout.dir} has no commit yet.`);
  const wanted = [...(await filesOf(checkout, commit))].filter(([path]) => definition.test(path));
  const texts = await readBlobs(
    checkout,
    wanted.map(([, { id }]) => id),
  );
  return new Map(wanted.map(([path, { id }]) => [path, String(texts.get(id))]));
}

/** The machine's own stand-in is no cluster, and is written by nobody; tests make values up. */
const definition =
  /^(clusters\/environments\.ts|clusters\/(?!local\/|runbooks\/)[^/]+\/.+|apps\/[^/]+\/(?!.*\.(test|fixture)\.)[^/]+\.ts)$/;
