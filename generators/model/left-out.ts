import type { Answer } from './gate.ts';
import { pipelineFile } from './names.ts';
import type { Step } from './promotion.ts';
import { newerThan, releaseLine } from './words.ts';

/** One line for what a request leaves alone, or for what something newer waits for; nothing for what is as it should be. */
export function leftOut(
  { name, state, offer, isAhead }: Step,
  environment: string,
  source: string,
  waits: readonly Answer[],
): string[] {
  const way = name === pipelineFile ? 'merge its re-apply request' : `${releaseLine(environment, name)} lifts the hold`;
  const waiting = waits.map(({ evidence }) => `${name} waits: ${evidence}`);
  switch (state.is) {
    case 'held':
      return [`${name} is held in ${environment}: a later part stood there and somebody went back; ${way}`, ...waiting];
    case 'edited':
      return [`${name} was edited by hand in ${environment} and is frozen: revert the edit to thaw it`];
    case 'newer':
      return [`${name}: ${newerThan(source, isAhead)}`, ...waiting];
    case 'none':
      if (waiting.length > 0) return waiting;
      return offer.part === undefined ? [`${name} is not offered: ${offer.why}`] : [];
    case 'older':
      return waiting;
    case 'equal':
      return state.heldBelow ? [`${name} is held in ${environment}, and its source runs the same part`] : waiting;
  }
}
