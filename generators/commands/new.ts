import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { instead } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { type Kind, kinds, listed, scaffold } from '../model/scaffold.ts';
import { checkoutHere } from './checkout.ts';
import type { Asked } from './main.ts';

/** Writes the folder of a new app and adds it to the list; what is there already stays as it is. */
export async function run({ values, words: [, name = ''] }: Asked): Promise<void> {
  const kind = (values.kind as string | undefined) ?? 'web';
  if (!isKind(kind)) throw new Misuse(`--kind ${kind} is not a kind of app; ${instead(kind, kinds)}`);
  const { dir } = await checkoutHere();
  const files = scaffold(name, kind, (values.owner as string | undefined) ?? `team-${name}`);
  const index = join(dir, 'apps', 'index.ts');
  const list = listed(await readFile(index, 'utf8'), name);
  if (existsSync(join(dir, 'apps', name)))
    throw new Misuse(`apps/${name} is there already; choose another name, or add its line to apps/index.ts.`);
  const written = [...Object.keys(files), 'apps/index.ts'];
  if (!values['dry-run']) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    // Last: an app that is listed is there.
    await writeFile(index, list);
  }
  if (values.json) return console.log(JSON.stringify({ version: 1, app: name, kind, files: written }));
  for (const path of written) console.log(`${values['dry-run'] ? 'would write' : 'wrote'} ${path}`);
  console.log('npx slipway owners --write says in .gitlab/CODEOWNERS who answers for it.');
  console.log(`Commit both, then npx slipway render --env dev --app ${name} shows its manifests.`);
}

const isKind = (kind: string): kind is Kind => (kinds as readonly string[]).includes(kind);
