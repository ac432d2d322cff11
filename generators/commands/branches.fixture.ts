import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Git } from '../git/git.ts';
import { machine } from '../git/write.ts';
import { formatMetadata, formatPublished } from '../model/metadata.ts';
import type { Context } from './context.ts';
import type { Scope } from './sandbox.fixture.ts';

/** Files by name; of a part without its provenance. */
type Files = Readonly<Record<string, string>>;
/** By `production/counter`. */
type Parts = Readonly<Record<string, Files>>;

interface Saying {
  readonly words: string;
  /** @default Ann */
  readonly by?: string;
  /** Minutes after the first of January 2026. */
  readonly at: number;
}

/** One commit of the branches: written as given, by no render. */
export type Written =
  | (Saying & {
      readonly main: string;
      readonly files: Files;
      /** It is a merge that brings this commit, by the name of its step: the files are what it changes. */
      readonly merges?: string;
      /** It says that it takes these back; of several by the beginnings of their ids. */
      readonly reverts?: string | readonly string[];
    })
  /** A commit beside main, on what main's tip is then; or there a merge. */
  | (Saying & { readonly beside: string; readonly files: Files; readonly merges?: string; readonly reverts?: string })
  /** What changes in `rendered`; versions by app. */
  | (Saying & { readonly publish: string; readonly parts: Parts; readonly versions?: Readonly<Record<string, string>> })
  /** What an environment branch takes of what a commit published; or the files of an app, as somebody writes them. */
  | (Saying & {
      readonly onto: string;
      readonly of?: string;
      readonly apps?: readonly string[];
      readonly files?: Readonly<Record<string, Files | undefined>>;
      /** As a merge request does it: the commit has a second parent. */
      readonly merges?: true;
    });

export interface Branches {
  readonly context: Context;
  readonly checkout: Git;
  /** The commit of a branch, by how many came after it. */
  readonly at: (branch: string, before?: number) => Promise<string>;
  /** Of main and beside it, by the name of the step. */
  readonly dry: ReadonlyMap<string, string>;
}

/**
 * A real repository with branches as Slipway writes them, in three gits and no render: for whoever reads them.
 * @param path the environments, each after the one before it
 */
export async function branches(t: Scope, path: readonly string[], steps: readonly Written[]): Promise<Branches> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-branches-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  const checkout = new Git(join(dir, 'checkout'));
  await mkdir(checkout.dir);
  await checkout.bytes(['init', '--quiet', '--initial-branch=main']);
  await checkout.bytes(['remote', 'add', 'origin', checkout.dir]);

  const dry = new Map<string, string>();
  const sources = steps.filter((step) => 'main' in step || 'beside' in step);
  const names = sources.map((step) => ('main' in step ? step.main : step.beside));
  const marks = join(dir, 'marks');
  let pending: string[] = [];
  /** What main stands at: another git does not know, unless it is told. */
  let from = '';
  const write = async () => {
    const files = [`--import-marks-if-exists=${marks}`, `--export-marks=${marks}`];
    await checkout.bytes(['fast-import', '--quiet', ...files], pending.join(''));
    pending = [];
    for (const line of (await readFile(marks, 'utf8')).trim().split('\n')) {
      const [mark = '', sha = ''] = line.split(' ');
      dry.set(names[Number(mark.slice(1)) - 1] as string, sha);
    }
  };
  for (const [index, step] of sources.entries()) {
    // The id that a revert names is known once its commit is written.
    if (step.reverts !== undefined) await write();
    const ids = [step.reverts ?? []].flat().map((name) => dry.get(name) as string);
    const undone = ids.map((id) => `\n\nThis reverts commit ${ids.length > 1 ? id.slice(0, 10) : id}.`);
    const saying = { ...step, words: [step.words, ...undone].join('') };
    const merge = step.merges === undefined ? '' : `merge :${names.indexOf(step.merges) + 1}\n`;
    if ('beside' in step) {
      pending.push(commit(`beside-${index}`, index + 1, saying, step.files, from + merge));
    } else {
      pending.push(commit('main', index + 1, saying, step.files, from + merge));
      from = `from :${index + 1}\n`;
    }
  }
  await write();

  let stands: Record<string, Files> = {};
  const published = new Map<string, Record<string, Files>>();
  const written: string[] = [];
  const begun = new Set<string>();
  for (const step of steps) {
    if ('main' in step || 'beside' in step) continue;
    if ('publish' in step) {
      const drySha = dry.get(step.publish) as string;
      const { versions = {} } = step;
      const fresh = Object.entries(step.parts).map(([place, files]) => {
        const version = versions[place.split('/')[1] ?? ''] ?? '1.0.0';
        const provenance = formatMetadata({ repoURL: 'https://git.example.com/r', drySha, commands: [], version });
        return [place, { ...files, 'hydrator.metadata': provenance }] as const;
      });
      stands = { ...stands, ...Object.fromEntries(fresh) };
      published.set(step.publish, stands);
      const files = flat({ ...stands, '': { 'published.json': publishedFile(drySha, path) } });
      written.push(commit('rendered', 0, { ...step, words: `Publish ${drySha}` }, files));
      continue;
    }
    const there = published.get(step.of ?? '') ?? {};
    const taken = (step.apps ?? []).map((app) => [app, there[`${step.onto}/${app}`]] as const);
    const isFirst = !begun.has(step.onto);
    begun.add(step.onto);
    const begin = { words: `Begin env/${step.onto}`, by: 'Slipway', at: 0 };
    if (isFirst) written.push(commit(`env/${step.onto}`, 0, begin, { '.gitlab-ci.yml': '{}' }));
    written.push(ontoEnvironment(step, [...taken, ...Object.entries(step.files ?? {})]));
  }
  await checkout.bytes(['fast-import', '--quiet'], written.join(''));
  const context: Context = { checkout, remote: 'origin', now: () => Date.UTC(2026, 0, 3), say: () => {} };
  const at = async (branch: string, before = 0) => (await checkout.commit(`refs/heads/${branch}~${before}`)) as string;
  return { context, checkout, at, dry };
}

function ontoEnvironment(
  { onto, merges, ...saying }: Saying & { readonly onto: string; readonly merges?: true },
  apps: readonly (readonly [string, Files | undefined])[],
): string {
  const gone = apps.map(([app]) => `D ${app}\n`).join('');
  const files = flat(Object.fromEntries(apps.flatMap(([app, own]) => (own ? [[app, own]] : []))));
  const merge = merges ? 'merge refs/heads/main^0\n' : '';
  return commit(`env/${onto}`, 0, saying, files, merge + gone);
}

const flat = (folders: Parts): Files =>
  Object.fromEntries(
    Object.entries(folders).flatMap(([folder, files]) =>
      Object.entries(files).map(([name, text]) => [folder === '' ? name : `${folder}/${name}`, text]),
    ),
  );

/** https://git-scm.com/docs/git-fast-import#_commit */
function commit(branch: string, mark: number, saying: Saying, files: Files, more = ''): string {
  const { words, by = 'Ann', at } = saying;
  const email = by === machine.name ? machine.email : `${by.toLowerCase()}@example.com`;
  const person = `${by} <${email}> ${Date.UTC(2026, 0, 1) / 1000 + at * 60} +0000`;
  const data = (text: string) => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const writes = Object.entries(files).map(([path, text]) => `M 100644 inline ${path}\n${data(text)}`);
  return `commit refs/heads/${branch}\n${mark > 0 ? `mark :${mark}\n` : ''}author ${person}\ncommitter ${person}\n${data(words)}${more}${writes.join('')}\n`;
}

const publishedFile = (drySha: string, path: readonly string[]) =>
  formatPublished({
    drySha,
    node: 'v24.0.0',
    repository: 'https://git.example.com/group/project',
    environments: path.map((name, index) => ({
      name,
      soak: 0,
      ...(index > 0 ? { after: path[index - 1] as string } : {}),
    })),
    images: {},
    source: '',
    keys: {},
    removed: {},
    outlines: {},
    trees: {},
    kept: [],
  });
