import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bumped, pinOfBump } from '../model/bump.ts';
import { Misuse } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import { checkoutHere, say } from './checkout.ts';
import { type Bumped, type Handed, handedOver, judged, unknownApp } from './handed.ts';
import type { Asked } from './main.ts';

/** Changes the pin of an image in an app's definition: in the work tree, or by a merge request. */
export async function run({ values, words: [app = '', reference = ''] }: Asked): Promise<void> {
  const { source, history: dir } = values as { source?: string; history?: string };
  const dryRun = values['dry-run'] === true;
  if ((source === undefined) !== (dir === undefined))
    throw new Misuse('--source SHA and --history DIR go together: the order of commits stands in a clone.');
  if (values.open && source === undefined)
    throw new Misuse(
      '--open wants --source SHA and --history DIR: nobody else can tell which of two images is the later.',
    );
  pinOfBump(reference);
  const handed = source === undefined || dir === undefined ? undefined : await handedOver(reference, source, dir);
  const result =
    values.open && handed ? await propose(values, app, handed, dryRun) : await write(app, reference, handed, dryRun);
  if (values.json) console.log(JSON.stringify({ version: 1, ...result }));
  else tell(result, reference, dryRun);
  // It is no fault, and nothing was done.
  if (result.outcome === 'superseded') process.exitCode = 3;
}

async function propose(values: Asked['values'], app: string, handed: Handed, dryRun: boolean): Promise<Bumped> {
  const [{ contextOf }, { proposeBump }] = await Promise.all([
    import('./surroundings.ts'),
    import('./propose-bump.ts'),
  ]);
  return proposeBump(await contextOf(values), { app, ...handed, dryRun });
}

async function write(app: string, reference: string, handed: Handed | undefined, dryRun: boolean): Promise<Bumped> {
  const { dir } = await checkoutHere();
  const file = join('apps', app, 'app.ts');
  const text = await readFile(join(dir, file), 'utf8').catch(async () => {
    const apps = (await readdir(join(dir, 'apps'), { withFileTypes: true })).filter((entry) => entry.isDirectory());
    throw unknownApp(
      app,
      apps.map(({ name }) => name),
    );
  });
  const result = { app, file, after: reference, ...(handed ? { commit: handed.built.commit } : {}) };
  const outcome = handed ? await judged(app, text, handed, { where: file, remedy: 'change it by hand' }) : 'bump';
  if (outcome !== 'bump') return { ...result, outcome, before: [], where: file };
  const next = bumped(app, text, handed?.built ?? { reference });
  if (!dryRun) await writeFile(join(dir, file), next.text);
  return { ...result, outcome: 'written', before: next.before };
}

function tell(result: Bumped, reference: string, dryRun: boolean): void {
  const { outcome, file, before, after, where, commit = '', request, branch } = result;
  if (outcome === 'superseded') {
    say(
      `superseded: ${where} has a commit that comes after ${short(commit)}; ${reference} is left out${request ? ` (merge request !${request.iid} ${request.url})` : ''}`,
    );
    return;
  }
  const suffix = dryRun ? ' (dry run)' : '';
  if (outcome !== 'unchanged') for (const old of before) console.log(`${file}: ${old} → ${after}${suffix}`);
  else console.log(`unchanged: ${where} has that image already`);
  if (request) console.log(`${outcome} merge request !${request.iid} ${request.url}`);
  else if (outcome === 'proposed')
    console.log(`${dryRun ? 'would have ' : ''}proposed on ${branch}: open a merge request of it onto main`);
}
