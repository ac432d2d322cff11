import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { environmentOwners } from '../model/code-owners.ts';
import { instead } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { checkoutHere } from './checkout.ts';
import { definitionsIn } from './definitions.ts';
import type { Asked } from './main.ts';
import { owned, ownersText } from './owned.ts';

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
  const definitions = await definitionsIn(dir);
  if (env === undefined) {
    const text = ownersText(definitions);
    if (!write) return void process.stdout.write(text);
    await mkdir(dirname(join(dir, file)), { recursive: true });
    await writeFile(join(dir, file), text);
    return console.log(`wrote ${file}`);
  }
  const { path, declared } = definitions;
  const environment = path.environments.find(({ name }) => name === env);
  if (!environment) {
    const known = path.environments.map(({ name }) => name);
    throw new Misuse(`--env ${env} is not an environment; ${instead(env, known)}`);
  }
  const here = declared.filter((one) => one.in.has(environment)).map(owned);
  process.stdout.write(environmentOwners(here, declared.map(owned), path.repository));
}
