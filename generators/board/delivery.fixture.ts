import { hour, measured, months } from '../model/delivery.fixture.ts';
import { buckets, terms } from '../model/dora.ts';
import { tell } from '../model/history.fixture.ts';
import type { DeliveryFacts } from './facts.ts';

/** Two months of deployments, of which some failed. */
export const delivery: DeliveryFacts = {
  ends: [measured(tell(months), { window: 7 * 24 * hour })],
  terms: terms('7 d'),
  buckets: buckets.map(({ name }) => name),
};
