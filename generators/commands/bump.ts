import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bumped } from '../model/bump.ts';
import { nearest } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { checkoutHere } from './checkout.ts';
import type { Asked } from './main.ts';

/** Changes the pin of an image in an app's definition. */
export async function run({ values, words: [app = '', reference = ''] }: Asked): Promise<void> {
  const { dir } = await checkoutHere();
  const file = join('apps', app, 'app.ts');
  const source = await readFile(join(dir, file), 'utf8').catch(async () => {
    const apps = (await readdir(join(dir, 'apps'), { withFileTypes: true })).filter((entry) => entry.isDirectory());
    const known = apps.map(({ name }) => name).sort();
    const near = nearest(app, known);
    throw new Misuse(`${app} is not an app; ${near ? `did you mean ${near}?` : `known are ${known.join(', ')}.`}`);
  });
  const { text, before } = bumped(app, source, reference);
  if (!values['dry-run']) await writeFile(join(dir, file), text);
  if (values.json) return console.log(JSON.stringify({ version: 1, app, file, before, after: reference }));
  for (const old of before) console.log(`${file}: ${old} → ${reference}${values['dry-run'] ? ' (dry run)' : ''}`);
}
