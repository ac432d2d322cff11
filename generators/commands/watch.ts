import { type Mirror, openMirror } from '../git/mirror.ts';
import { branchOf, head, isProposal, rendered } from '../model/names.ts';
import type { Context } from './context.ts';
import { Histories } from './histories.ts';
import { nothingStands, type Standing, standing } from './survey.ts';

/** After so many changes a new mirror is made: each fetch leaves a file there, and each part that was read some memory. */
const renewed = 200;

/**
 * What stands where, for whoever looks again and again: where no branch moved that is one question to the remote, and
 * otherwise only the branches that moved are read.
 */
export class Watch {
  readonly #context: Pick<Context, 'checkout' | 'remote'>;
  #open: { readonly mirror: Mirror; readonly histories: Histories; changes: number } | undefined;
  #seen: { readonly tips: string; readonly standing: Standing } | undefined;

  constructor(context: Pick<Context, 'checkout' | 'remote'>) {
    this.#context = context;
  }

  /** Not while another look lasts. @throws {Refusal} when the remote cannot be read; the next look begins anew */
  async look(): Promise<Standing> {
    try {
      return await this.#look();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    const { mirror } = this.#open ?? {};
    this.#open = undefined;
    await mirror?.close();
  }

  async #look(): Promise<Standing> {
    if (this.#open && this.#open.changes >= renewed) await this.close();
    if (this.#open) await this.#open.mirror.fetch();
    else {
      const mirror = await openMirror(this.#context.checkout, this.#context.remote);
      this.#open = { mirror, histories: new Histories(mirror, mirror.shelf), changes: 0 };
    }
    const { mirror, histories } = this.#open;
    const tips = tipsOf(mirror);
    if (this.#seen?.tips === tips) return this.#seen.standing;
    this.#open.changes++;
    const stands = mirror.refs.has(head(rendered)) ? await standing(mirror, histories) : nothingStands;
    this.#seen = { tips, standing: stands };
    return stands;
  }
}

/** The branches that tell what stands where. */
const tipsOf = ({ refs }: Mirror): string =>
  [...refs]
    .filter(([ref]) => ref === head(rendered) || (ref.startsWith(head('env/')) && !isProposal(branchOf(ref))))
    .join('\n');
