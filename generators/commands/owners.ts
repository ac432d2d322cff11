import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Declared } from '../model/app-check.ts';
import { isBuilt, isProgram } from '../model/app-schema.ts';
import { codeOwners, environmentOwners, type Owned } from '../model/code-owners.ts';
import { instead } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { checkoutHere } from './checkout.ts';
import { definitionsIn } from './definitions.ts';
import type { Asked } from './main.ts';

/** Where GitLab looks for it on `main`, and where a part cannot be. */
const file = '.gitlab/CODEOWNERS';

/** Prints who answers for what, by the definitions as they stand in the work tree, or writes it there. */
export async function run({ values }: Asked): Promise<void> {
  const { env, write } = values as { env?: string; write?: boolean };
  if (env !== undefined && write)
    throw new Misuse(
      '--write writes the file of main; that of an environment stands on its branch: print it, and put it there as CODEOWNERS by merge request.',
    );
  const { dir } = await checkoutHere();
  const { path, declared } = await definitionsIn(dir);
  const all = declared.map(owned);
  if (env === undefined) {
    const text = codeOwners(all, path.repository);
    if (!write) return void process.stdout.write(text);
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
    return console.log(`wrote ${file}`);
  }
  const environment = path.environments.find(({ name }) => name === env);
  if (!environment) {
    const known = path.environments.map(({ name }) => name);
    throw new Misuse(`--env ${env} is not an environment; ${instead(env, known)}`);
  }
  const here = declared.filter((one) => one.in.has(environment)).map(owned);
  process.stdout.write(environmentOwners(here, all, path.repository));
}

function owned({ app }: Declared): Owned {
  const folder = isProgram(app) && isBuilt(app.image) ? app.image.build : undefined;
  return { name: app.name, owner: app.owner, folder, isPlatform: app.kind === 'platform' };
}
