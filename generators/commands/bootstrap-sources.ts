import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadAll } from 'js-yaml';
import type { Target } from '../bootstrap/plan.ts';
import { filesOf } from '../git/history.ts';
import { openMirror } from '../git/mirror.ts';
import { newestPublished } from '../git/published.ts';
import { examplesIn } from '../model/example.ts';
import type { Manifest } from '../model/manifest.ts';
import { applicationFile, environmentBranch, head, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import type { Context } from './context.ts';

/** The part of Argo CD's own configuration. */
const app = 'argocd';

/** What a platform's branch holds, as far as bootstrap reads it. */
export interface Platform {
  /** The objects of the part argocd. */
  readonly objects: readonly Manifest[];
  /** Where they were read. */
  readonly where: string;
  /** The values of the example in any part of the branch, each with its place. */
  readonly examples: readonly string[];
}

/**
 * Reads a platform's branch at the remote.
 * @throws {Refusal} where the part argocd is not there, with how it comes there
 */
export async function readPart(
  { checkout, remote, say }: Pick<Context, 'checkout' | 'remote' | 'say'>,
  { platform }: Pick<Target, 'platform'>,
  dry: string,
): Promise<Platform> {
  const mirror = await openMirror(checkout, remote, { depth: 'tips' });
  try {
    const branch = environmentBranch(platform);
    const tip = mirror.refs.get(head(branch));
    const entries = tip === undefined ? [] : await filesOf(mirror.git, tip);
    const all = [...entries].filter(([path]) => /\/[^/]+\.ya?ml$/.test(path));
    const files = all.filter(([path]) => path.startsWith(`${app}/`) && path !== `${app}/${applicationFile}`);
    if (tip === undefined || files.length === 0)
      throw new Refusal(
        `Nothing of ${app} stands on ${branch} at ${mirror.address}: run npx slipway publish${tip === undefined ? '' : ` (and, where ${platform} comes after another, merge its promotion)`}, then this again.`,
      );
    const published = await newestPublished(mirror, mirror.refs.get(head(rendered)));
    if (published && published.drySha !== dry)
      say(
        `${short(dry)} is not what was published last (${short(published.drySha)}): Argo CD syncs what was published.`,
      );
    const texts = await mirror.blobs(all.map(([, { id }]) => id));
    const objects = files.flatMap(([path, { id }]) => parsed(String(texts.get(id)), `${branch}:${path}`));
    const examples = all.flatMap(([path, { id }]) =>
      examplesIn(String(texts.get(id))).map(
        ({ line, column, value }) => `${branch}:${path}:${line}:${column} is ${JSON.stringify(value)}`,
      ),
    );
    return { objects, where: `${app}/ of ${branch} at ${short(tip)}`, examples };
  } finally {
    await mirror.close();
  }
}

function parsed(text: string, where: string): Manifest[] {
  try {
    return (loadAll(text) as (Manifest | null)[]).filter((manifest) => manifest !== null);
  } catch (error) {
    throw new Refusal(`${where} is no YAML (${(error as Error).message.split('\n')[0]}); publish it again.`, {
      cause: error,
    });
  }
}

/** The text of Argo CD's manifest: from a file that was fetched before, or from where it is released. */
export async function readRelease(
  { argoCd: { url } }: Pick<Target, 'argoCd'>,
  file: string | undefined,
): Promise<string> {
  if (file !== undefined) {
    return readFile(file, 'utf8').catch((error: Error) => {
      throw new Refusal(`--argo-cd ${file} cannot be read: ${error.message}. Fetch it from ${url}.`, { cause: error });
    });
  }
  let reason = '';
  for (let attempt = 1; attempt <= 2; attempt++) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
      if (response.ok) return await response.text();
      reason = `it answers ${response.status}`;
    } catch (error) {
      const { cause, message } = error as Error;
      reason = cause instanceof Error ? cause.message : message;
    }
  }
  throw new Refusal(`${url} cannot be fetched (${reason}). Fetch it elsewhere, and name the file with --argo-cd FILE.`);
}

/**
 * What says whether Argo CD's programs must start again: they read these parameters when they start, and only then.
 * https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-cmd-params-cm-yaml/
 */
export function paramsOf(part: readonly Manifest[]): string {
  const found = part.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'argocd-cmd-params-cm');
  const entries = Object.entries((found?.data as Readonly<Record<string, string>> | undefined) ?? {}).sort();
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16);
}
