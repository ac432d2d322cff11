import { parseImage } from './image.ts';
import { isMapping } from './mapping.ts';
import { legalName } from './names.ts';
import { wholeId } from './object-id.ts';
import { Refusal } from './refusal.ts';

/** An app whose image is built in its own repository. */
export interface BuiltApp {
  readonly app: string;
  /** Where the pipeline pushes it: registry and name, without tag. */
  readonly repository: string;
  /** The top-level folder that it is built from. */
  readonly folder: string;
  /** The id of the folder's tree: the image's tag. */
  readonly tree: string;
}

/** What is built here at a commit of `main`. */
export interface BuildList {
  /** The whole id of the commit. */
  readonly dry: string;
  readonly builds: readonly BuiltApp[];
}

const isObjectId = (value: unknown): value is string => typeof value === 'string' && wholeId.test(value);

export const formatBuildList = ({ dry, builds }: BuildList): string =>
  `${JSON.stringify({ version: 1, dry, builds }, null, 2)}\n`;

/**
 * Reads what `slipway image builds` wrote. It ran the code of apps, so that any of them may have written this: each field
 * is held against its grammar, and nothing of the text is quoted, since a link in its place would lead elsewhere.
 * @param file its name, for messages
 * @throws {Refusal} naming the file, the entry and the field
 */
export function parseBuildList(text: string, file: string): BuildList {
  const refused = (what: string) =>
    new Refusal(`${file} ${what}: let slipway image builds --out ${file} write it anew.`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refused('is no JSON');
  }
  if (!isMapping(value) || value.version !== 1 || !Array.isArray(value.builds))
    throw refused('is no list of version 1');
  const { dry } = value;
  if (!isObjectId(dry)) throw refused('names no commit in dry');
  const seen = new Set<string>();
  const builds = value.builds.map((entry: unknown, index): BuiltApp => {
    const { app, repository, folder, tree } = isMapping(entry) ? entry : {};
    const wrong = (field: string) => refused(`has at ${index} no legal ${field}`);
    if (typeof app !== 'string' || !legalName.test(app)) throw wrong('app');
    if (typeof repository !== 'string' || !isRepository(repository)) throw wrong('repository');
    if (typeof folder !== 'string' || !legalName.test(folder)) throw wrong('folder');
    if (!isObjectId(tree)) throw wrong('tree');
    if (seen.has(app)) throw refused(`has ${app} twice`);
    seen.add(app);
    return { app, repository, folder, tree };
  });
  return { dry, builds };
}

function isRepository(text: string): boolean {
  try {
    const { tag, digest } = parseImage(text, 'repository');
    return tag === undefined && digest === undefined;
  } catch {
    return false;
  }
}
