import { openMirror } from '../git/mirror.ts';
import { rendered } from '../model/names.ts';
import { Misuse } from '../model/refusal.ts';
import type { Verification } from '../model/verdict.ts';
import { short } from '../model/words.ts';
import { checkoutHere, say } from './checkout.ts';
import type { Asked } from './main.ts';
import { verifyEnvironment } from './verify-environment.ts';

/** What a person reads, a line each. */
export function describe({ branch, tip, proven, verdicts, notes }: Verification): string[] {
  const noun = branch === rendered ? ['publish', 'publishes'] : ['part', 'parts'];
  const what = `${proven} ${noun[proven === 1 ? 0 : 1]}`;
  return [
    ...verdicts.map(({ fault, path, says }) => `${fault}: ${path}: ${says}`),
    ...notes.map((note) => `note: ${note}`),
    verdicts.length === 0
      ? `${branch} at ${short(tip)} is proven: ${what}`
      : `${branch} at ${short(tip)} is not proven: ${what} are, ${verdicts.length} findings`,
  ];
}

export async function run({ values }: Asked): Promise<void> {
  const { env, since } = values as { env?: string; since?: string };
  const all = values.rendered === true;
  if (all === (env !== undefined)) throw new Misuse('slipway verify wants --env E or --rendered, and not both.');
  if (since !== undefined && !all) throw new Misuse('--since goes with --rendered.');
  const checkout = await checkoutHere();
  const mirror = await openMirror(checkout, await remoteOf(values));
  try {
    const verification = all
      ? // What renders loads packages; the rest runs without an install.
        await (await import('./verify-rendered.ts')).verifyRendered(mirror, { since, say })
      : await verifyEnvironment(mirror, env as string);
    if (values.json) console.log(JSON.stringify({ version: 1, ...verification }, null, 2));
    else for (const line of describe(verification)) console.log(line);
    if (verification.verdicts.length > 0) process.exitCode = 1;
  } finally {
    await mirror.close();
  }
}

async function remoteOf(values: Asked['values']): Promise<string> {
  if (values.remote !== 'local') return (values.remote as string | undefined) ?? 'origin';
  const { contextOf } = await import('./surroundings.ts');
  return (await contextOf(values)).remote;
}
