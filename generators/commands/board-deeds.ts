import { linkOf } from '../board/path-page.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import type { Context } from './context.ts';
import { promote } from './promote.ts';
import { release } from './release.ts';
import { rollback } from './rollback.ts';

export interface Done {
  readonly text: string;
  /** The page that shows it. @default the one where the button was */
  readonly to?: string | undefined;
}

/** What the board's buttons do, by name: each is a command, with what its form says. */
export const deeds: Readonly<Record<string, (context: Context, fields: URLSearchParams) => Promise<Done>>> = {
  merge: async ({ forge }, fields) => {
    const iid = Number(given(fields, 'iid'));
    if (!forge) throw new Refusal('No forge is configured.');
    const request = await forge.merge(iid, given(fields, 'sha'));
    return { text: `!${iid} is ${request.state}: ${request.target} takes it now.` };
  },
  revert: async (context, fields) => {
    const [environment, app, reason] = [given(fields, 'environment'), given(fields, 'app'), given(fields, 'reason')];
    const { moves } = await rollback(context, { environment, app, reason, now: true });
    return { text: `${environment}: ${moves.join(', ')}. It is held from now on: promotions leave it there.` };
  },
  release: async (context, fields) => {
    const [environment, app] = [given(fields, 'environment'), given(fields, 'app')];
    const { moves } = await release(context, { environment, app, now: true });
    return { text: `${environment}: ${moves.join(', ')}. It is not held any more.` };
  },
  promote: async (context, fields) => {
    const environment = given(fields, 'environment');
    const [promotion] = await promote(context, { to: environment });
    const { request, left = [] } = promotion ?? {};
    if (!request) throw new Refusal(`Nothing may go on to ${environment} now. ${left.join(' ')}`);
    return { text: `!${request.iid} is up to date.`, to: linkOf(request.iid) };
  },
};

/** @throws {Misuse} naming a field that is missing */
function given(fields: URLSearchParams, name: string): string {
  const value = fields.get(name)?.trim();
  if (value) return value;
  throw new Misuse(`The form has no ${name}.`);
}
