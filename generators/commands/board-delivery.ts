import type { DeliveryFacts } from '../board/facts.ts';
import { buckets, dora, terms } from '../model/dora.ts';
import { head, rendered } from '../model/names.ts';
import { duration } from '../model/words.ts';
import type { Context } from './context.ts';
import type { Delivered } from './delivery.ts';
import { gather } from './dora.ts';

const [minute, day] = [60_000, 86_400_000];
/** What the command asks for by itself. */
const [period, window] = [90 * day, 7 * day];

/** How well the ends of the path are delivered to: read anew when a branch moved, counted anew each minute. */
export class BoardDelivery {
  readonly #context: Context;
  #read: { readonly tips: string; readonly delivered: Promise<readonly Delivered[]> } | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  async facts(): Promise<DeliveryFacts> {
    const { checkout, now } = this.#context;
    const tips = await checkout.text(['for-each-ref', '--format=%(refname) %(objectname)', 'refs/heads']);
    const until = Math.ceil(now() / minute) * minute;
    const from = until - period;
    if (this.#read?.tips !== tips) {
      // Before the first publish there is nothing to read.
      const isPublished = tips.includes(`${head(rendered)} `);
      this.#read = { tips, delivered: isPublished ? gather(this.#context, { from, window }) : Promise.resolve([]) };
      // Whoever asks next tries again.
      this.#read.delivered.catch(() => {
        this.#read = undefined;
      });
    }
    const delivered = await this.#read.delivered;
    return {
      ends: delivered.map((one) => dora({ ...one, from, until, window })),
      terms: terms(duration(window)),
      buckets: buckets.map(({ name }) => name),
    };
  }
}
