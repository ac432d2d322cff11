import { AsyncLocalStorage } from 'node:async_hooks';
import { Git } from '../git/git.ts';

/** What a run that was cut off throws from every door: nobody catches it, as nobody survives a kill. */
export class Cut extends Error {
  override readonly name = 'Cut';
}

interface Life {
  /** So many calls out of the process are left. */
  left: number;
  /** Whether the last one is still done. */
  readonly after: boolean;
}

const lives = new AsyncLocalStorage<Life | undefined>();

/** A call through a door, which may be the last one of its run. */
export async function lived<T>(call: () => Promise<T>): Promise<T> {
  const life = lives.getStore();
  if (!life) return call();
  const left = life.left--;
  if (left > 0) return call();
  if (left === 0 && life.after) await call();
  throw new Cut('cut off');
}

const { bytes } = Git.prototype;
Git.prototype.bytes = function (this: Git, ...args) {
  return lived(() => bytes.apply(this, args));
};

/**
 * Runs work of which the calls out of the process end at one of them: a kill without a process of its own.
 * @param calls so many are done
 * @param after whether one more is done, of which nobody hears
 * @returns whether it was cut off
 */
export function cutOff(work: () => Promise<unknown>, calls: number, after: boolean): Promise<boolean> {
  return lives.run({ left: calls, after }, () =>
    work().then(
      () => false,
      (error) => {
        if (error instanceof Cut) return true;
        throw error;
      },
    ),
  );
}

/** Runs work of another process, which a cut does not reach. */
export const apart = <T>(work: () => T): T => lives.run(undefined, work);
