import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildsAt } from '../git/dry.ts';
import type { Part } from '../model/part.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { hydrateCommit } from './hydrate-commit.ts';
import type { Asked } from './main.ts';
import { checkoutHere, say } from './surroundings.ts';

/** Prints what HEAD is in one environment: to look at, never to be published. */
export async function run({ values }: Asked): Promise<void> {
  const { env, app, out } = values as { env?: string; app?: string; out?: string };
  if (env === undefined) throw new Misuse('--env is missing: which environment is to be rendered?');
  const checkout = await checkoutHere();
  const dry = await checkout.commit('HEAD');
  if (!dry) throw new Refusal(`${checkout.dir} has no commit yet: a render is made from a commit.`);
  const hydrated = await hydrateCommit(
    checkout,
    dry,
    { builds: await buildsAt(checkout, dry), images: {}, known: {} },
    say,
  );
  const environments = hydrated.environments.map(({ name }) => name);
  if (!environments.includes(env))
    throw new Misuse(`--env ${env}: not an environment; known are ${environments.join(', ')}.`);
  const apps = hydrated.parts.filter(({ environment }) => environment === env);
  const parts = apps.filter((part) => app === undefined || part.app === app);
  if (parts.length === 0)
    throw new Misuse(`--app ${app}: not an app; known are ${apps.map((part) => part.app).join(', ')}.`);

  for (const [name, { tree }] of Object.entries(hydrated.images)) {
    if (parts.some((part) => part.app === name)) say(`${name}: not built; its image is named by its tree id ${tree}`);
  }
  if (out === undefined) process.stdout.write(parts.map(printed).join(''));
  else await write(parts, out);
}

const printed = ({ app, files }: Part) =>
  Object.entries(files)
    .map(([name, text]) => `---\n# ${app}/${name}\n${text}`)
    .join('');

async function write(parts: readonly Part[], out: string): Promise<void> {
  for (const { app, files } of parts) {
    await mkdir(join(out, app), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(out, app, name), text);
  }
}
