import { openMirror } from '../git/mirror.ts';
import { rendered } from '../model/names.ts';
import { Misuse } from '../model/refusal.ts';
import type { Verification } from '../model/verdict.ts';
import { short } from '../model/words.ts';
import { checkoutHere, say } from './checkout.ts';
import type { Asked } from './main.ts';
import { type Unverified, verifyAll } from './verify-all.ts';
import { verifyEnvironment } from './verify-environment.ts';

/** What a person reads, a line each. */
export function describe(found: Verification | Unverified): string[] {
  if ('failed' in found) return [`${found.branch} is not proven: ${found.failed}`];
  const { branch, tip, proven, verdicts, notes } = found;
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
  const { env, since, proposal, body } = values as Partial<Record<'env' | 'since' | 'proposal' | 'body', string>>;
  const [all, whole] = [values.all === true, values.rendered === true];
  if ([all, whole, env !== undefined].filter(Boolean).length !== 1)
    throw new Misuse('slipway verify wants one of --env E, --rendered and --all.');
  if (since !== undefined && env !== undefined) throw new Misuse('--since goes with --rendered or --all.');
  if (proposal !== undefined && env === undefined)
    throw new Misuse('--proposal SHA goes with --env E: what is proposed, and where to.');
  if (body !== undefined && proposal === undefined) throw new Misuse('--body FILE goes with --proposal SHA.');
  const range = { since, now: Date.now(), say };
  const checkout = await checkoutHere();
  const mirror = await openMirror(checkout, await remoteOf(values));
  try {
    if (proposal !== undefined && env !== undefined) {
      // It judges by policies: that loads packages.
      const { runProposal } = await import('./verify-proposal.ts');
      return await runProposal(mirror, { env, proposal, body, json: values.json === true });
    }
    if (all) {
      const found = await verifyAll(mirror, range);
      if (values.json) console.log(JSON.stringify({ version: 1, branches: found }, null, 2));
      else for (const line of found.flatMap(describe)) console.log(line);
      if (found.some((one) => 'failed' in one || one.verdicts.length > 0)) process.exitCode = 1;
      return;
    }
    const verification = whole
      ? // What renders loads packages; the rest runs without an install.
        await (await import('./verify-rendered.ts')).verifyRendered(mirror, range)
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
