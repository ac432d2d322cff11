import { openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { OutlinedExcuse } from '../model/outline.ts';
import { day, quote, short } from '../model/words.ts';
import { expired } from '../policies/excuse.ts';
import type { Context } from './context.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

/** One excuse of one app, as it was published last. */
export interface Row extends OutlinedExcuse {
  readonly app: string;
  /** `ended`: its last day is over. `idle`: no object needs it. */
  readonly state: 'holds' | 'ended' | 'idle';
}

export interface Report {
  /** The commit of `main` that was published last. */
  readonly drySha: string;
  /** By their last day. */
  readonly excuses: readonly Row[];
}

/**
 * Every excuse that is published, by `published.json` alone: no app is loaded.
 * @throws {Refusal} when nothing was published, or the remote cannot be read
 */
export async function report(context: Context): Promise<Report> {
  const mirror = await openMirror(context.checkout, context.remote, { depth: 'tips' });
  try {
    const { drySha, outlines } = await readNewest(mirror);
    const today = day(context.now());
    const excuses = Object.entries(outlines).flatMap(([app, { excuses = [] }]) =>
      excuses.map((excuse): Row => {
        const state = expired([excuse], today).length > 0 ? 'ended' : excuse.in.length === 0 ? 'idle' : 'holds';
        return { app, state, ...excuse };
      }),
    );
    return { drySha, excuses: excuses.sort((a, b) => (a.until < b.until ? -1 : a.until > b.until ? 1 : 0)) };
  } finally {
    await mirror.close();
  }
}

const words = { holds: 'holds', ended: 'ENDED', idle: 'for nothing' } as const;
const todo = {
  holds: '',
  ended: ': renew it with a reason, or do without',
  idle: ': no object needs it, take it out',
} as const;

/** What a person reads, a line each. */
export function describe({ drySha, excuses }: Report): string[] {
  const lines = excuses.map(
    ({ app, policy, object, in: environments, until, owner, reason, state }) =>
      `${words[state]} (until ${until}): ${app} ${policy}${object ? ` of ${object}` : ''}${environments.length > 0 ? ` in ${environments.join(', ')}` : ''} (${owner}): ${quote(reason)}${todo[state]}`,
  );
  const ended = excuses.filter(({ state }) => state === 'ended').length;
  const count = excuses.length === 1 ? '1 excuse' : `${excuses.length} excuses`;
  return [...lines, `${short(drySha)}: ${count}, ${ended} ended`];
}

export async function run({ values }: Asked): Promise<void> {
  const found = await report(await contextOf(values));
  if (values.json) console.log(JSON.stringify({ version: 1, ...found }, null, 2));
  else for (const line of describe(found)) console.log(line);
  if (found.excuses.some(({ state }) => state === 'ended')) process.exitCode = 1;
}
