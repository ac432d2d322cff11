import { partFiles } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { applicationFile, metadataFile } from '../model/names.ts';
import type { Publication } from '../model/publication.ts';
import { type Files, judgeRemovals } from '../policies/removal.ts';

const isObject = (file: string) => file !== metadataFile && file !== applicationFile;

/** The files of objects alone: without what Slipway and Argo CD are told about them. */
export const objectsIn = (parts: ReadonlyMap<string, ReadonlyMap<string, unknown>>): Files =>
  new Map([...parts].map(([app, files]) => [app, new Set([...files.keys()].filter(isObject))]));

/**
 * What a publication takes away from the first environments without saying why.
 * @param tip the commit of `rendered` that it stands on; undefined before the first
 */
export async function unexplainedRemovals(
  mirror: Mirror,
  tip: string | undefined,
  { commit, published }: Pick<Publication, 'commit' | 'published'>,
): Promise<string[]> {
  if (tip === undefined) return [];
  const writes = commit.writes.map((write) => ({ path: write.path.split('/'), gone: 'deleted' in write }));
  const lines: string[] = [];
  for (const { name, after } of published.environments) {
    const own = writes.filter(({ path: [environment, , file = ''] }) => environment === name && isObject(file));
    // Most publishes take nothing away, and read nothing here.
    if (after !== undefined || !own.some(({ gone }) => gone)) continue;
    const before = await partFiles(mirror.git, tip, `${name}/`);
    const left = new Map([...before].map(([app, files]) => [app, new Map<string, unknown>(files)]));
    for (const { path, gone } of own) {
      const [, app = '', file = ''] = path;
      if (gone) left.get(app)?.delete(file);
      else left.set(app, (left.get(app) ?? new Map()).set(file, undefined));
    }
    const found = judgeRemovals(objectsIn(before), objectsIn(left), published.removed);
    lines.push(...found.map(({ says }) => `in ${name}: ${says}`));
  }
  return lines;
}
