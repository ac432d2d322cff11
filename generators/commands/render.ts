import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cloned } from '../git/published.ts';
import { type Bundle, formatBundle } from '../model/bundle.ts';
import { rendered } from '../model/names.ts';
import { notAnEnvironment } from '../model/nearest.ts';
import type { Part } from '../model/part.ts';
import { previewed } from '../model/preview.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import { renderBundle } from './bundle.ts';
import { checkoutHere, say } from './checkout.ts';
import { type DryAsked, dryOf } from './dry-asked.ts';
import { imagesIn } from './images.ts';
import type { Asked } from './main.ts';

export async function run({ values }: Asked): Promise<void> {
  const { env, app, out, all, bundle } = values as Options;
  const checkout = await checkoutHere();
  const workTree = values['work-tree'] === true;
  if (workTree && (all || bundle !== undefined))
    throw new Misuse('--work-tree is for looking, with --env: what a bundle holds is published, so commit it first.');
  if ((all === true) !== (bundle !== undefined))
    throw new Misuse('--all and --bundle FILE go together: a bundle holds everything.');
  const meant = await dryOf(checkout, values.dry as string | undefined, workTree);
  try {
    if (bundle === undefined) return await show(meant, { env, app, out });
  } finally {
    await meant.close();
  }
  const { dry } = meant;
  if (env ?? app ?? out) throw new Misuse('--env, --app and --out are for looking; a bundle holds everything.');

  const images = await imagesIn(values);
  // What the clone has of rendered is enough, and without it everything is rendered: this half asks no remote.
  const reader = cloned(checkout.offline());
  const base = await reader.newest();
  const made = await renderBundle(reader, { dry, base, images, keepGoing: values['keep-going'] === true, say });
  await save(made, bundle);
  const before = base ? `, ${made.taken.length} apps taken as ${rendered} at ${short(base)} has them` : '';
  const kept = made.kept.length > 0 ? `, kept: ${made.kept.map((failure) => failure.app).join(', ')}` : '';
  say(`${short(dry)}: ${made.parts.length} parts rendered${before}${kept}`);
  if (made.kept.length > 0) process.exitCode = 1;
}

interface Options {
  readonly env?: string | undefined;
  readonly app?: string | undefined;
  readonly out?: string | undefined;
  readonly all?: boolean;
  readonly bundle?: string;
}

/** A bundle is there whole or not at all. */
async function save(bundle: Bundle, file: string): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  try {
    await writeFile(unfinished, formatBundle(bundle));
    await rename(unfinished, file);
  } catch (error) {
    await rm(unfinished, { force: true });
    throw new Refusal(`--bundle ${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

/** Prints what a commit or the work tree is in one environment: to look at, never to be published. */
async function show({ git, dry, name, uncommitted }: DryAsked, { env, app, out }: Options): Promise<void> {
  if (env === undefined) throw new Misuse('--env is missing: which environment is to be rendered?');
  const reader = cloned(git);
  const base = undefined;
  const hydrated = await renderBundle(reader, { dry, base, uncommitted, images: new Map(), unbuilt: true, say });
  const environments = hydrated.summary.environments.map(({ name }) => name);
  if (!environments.includes(env)) throw notAnEnvironment(`--env ${env}`, environments);
  const apps = hydrated.parts.filter(({ environment }) => environment === env);
  const parts = apps.filter((part) => app === undefined || part.app === app);
  if (parts.length === 0)
    throw new Misuse(`--app ${app}: not an app; known are ${apps.map((part) => part.app).join(', ') || 'none'}.`);

  for (const [name, { tree }] of Object.entries(hydrated.summary.images)) {
    if (parts.some((part) => part.app === name)) say(`${name}: not built; its image is named by its tree id ${tree}`);
  }
  const mark = uncommitted === undefined ? '' : `# ${previewed({ drySha: name, workTree: true })}\n`;
  if (out === undefined) process.stdout.write(mark + parts.map(printed).join(''));
  else await write(parts, out, mark);
}

const printed = ({ app, files }: Part) =>
  Object.entries(files)
    .map(([name, text]) => `---\n# ${app}/${name}\n${text}`)
    .join('');

async function write(parts: readonly Part[], out: string, mark: string): Promise<void> {
  for (const { app, files } of parts) {
    await mkdir(join(out, app), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(out, app, name), mark + text);
  }
}
