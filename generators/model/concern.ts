import type { Colour } from './columns.ts';
import { nothing, type Row } from './row.ts';

/** Why somebody might look at an app, the worst first. */
export type Concern = 'unhealthy' | 'edited' | 'held' | 'behind';

/** How each is marked, also where there is no colour. */
export const signs: Readonly<Record<Concern, { readonly mark: string; readonly colour: Colour }>> = {
  unhealthy: { mark: '✗', colour: 'red' },
  edited: { mark: '✎', colour: 'magenta' },
  held: { mark: '‖', colour: 'magenta' },
  behind: { mark: '↑', colour: 'yellow' },
};

/** In Argo CD's words: what is on its way, or was suspended, is not broken. */
const broken: ReadonlySet<string> = new Set(['Degraded', 'Missing']);

/** The worst of an app; undefined where nobody needs to look. */
export function concernOf({ health, state, held }: Row): Concern | undefined {
  if (broken.has(health)) return 'unhealthy';
  if (state === 'edited') return 'edited';
  if (held) return 'held';
  return state === 'older' ? 'behind' : undefined;
}

/** Whether anything of it stands there. */
export const isThere = ({ health }: Row): boolean => health !== nothing;
