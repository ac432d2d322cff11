import type { Declared } from '../model/app-check.ts';
import { isBuilt, isProgram } from '../model/app-schema.ts';
import { codeOwners, type Owned } from '../model/code-owners.ts';
import type { Definitions } from './definitions.ts';

/** What an app says of who answers for what. */
export function owned({ app }: Declared): Owned {
  return { name: app.name, owner: app.owner, folder: builtFrom(app), isPlatform: app.kind === 'platform' };
}

const builtFrom = (app: Declared['app']): string | undefined =>
  isProgram(app) && isBuilt(app.image) ? app.image.build : undefined;

/** CODEOWNERS of main. @throws {Misuse} where no app is of the kind platform */
export const ownersText = ({ declared, path }: Definitions): string => codeOwners(declared.map(owned), path.repository);

/** The folders of this repository that images are built from. */
export const buildFolders = ({ declared }: Definitions): string[] => [
  ...new Set(declared.flatMap(({ app }) => builtFrom(app) ?? [])),
];
