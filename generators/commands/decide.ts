import type { Mirror } from '../git/mirror.ts';
import type { Vouching } from '../model/gate.ts';
import type { Published, Stage } from '../model/metadata.ts';
import { pipelineFile } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import { type Asking, vouch } from './gates.ts';

export interface Deciding {
  readonly published: Pick<Published, 'environments'>;
  readonly stage: Stage;
  readonly rendered: Rendered;
  readonly target: EnvironmentHistory;
  readonly sourceHistory: EnvironmentHistory | undefined;
}

/** The promotion table, with what the gates say of every app that would move. */
export async function decide(
  context: Asking,
  mirror: Mirror,
  { published, stage, rendered, target, sourceHistory }: Deciding,
): Promise<{ steps: Step[]; vouched?: ReadonlyMap<string, Vouching> }> {
  const { name: environment, after } = stage;
  if (after === undefined) return { steps: plan({ rendered, environment, target }) };
  const source = { environment: after, history: sourceHistory };
  const route = { rendered, environment, target, source };
  const from = published.environments.find(({ name }) => name === after);
  if (!sourceHistory || !from) return { steps: plan(route) };
  const names = plan(route).flatMap(({ name, state }) => (moving.has(state.is) && name !== pipelineFile ? [name] : []));
  const vouched = await vouch(context, mirror, { source: from, history: sourceHistory, names, rendered });
  return { steps: plan({ ...route, source: { ...source, vouched } }), vouched };
}

/** The states in which an app may move, when its source vouches for it. */
const moving: ReadonlySet<Step['state']['is']> = new Set(['older', 'held']);
