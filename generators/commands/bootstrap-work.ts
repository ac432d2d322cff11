import type { Command } from '../bootstrap/command.ts';
import type { Target } from '../bootstrap/plan.ts';
import type { Manifest } from '../model/manifest.ts';
import { Refusal } from '../model/refusal.ts';
import type { Platform } from './bootstrap-sources.ts';
import { parsedAnswer, type RunTool } from './bootstrap-tool.ts';

/** All that the steps need, handed in. */
export interface Work {
  readonly target: Target;
  readonly run: RunTool;
  /** One line of progress. */
  readonly say: (line: string) => void;
  /** Whether a person agrees to what would lose something. */
  readonly agree: (question: string) => Promise<boolean>;
  readonly pace: Pace;
  readonly signal: AbortSignal;
  /** What of the definitions is the example's. */
  readonly examples: readonly string[];
  /** The text of a template in the commit. */
  readonly template: (file: string) => string;
  /** The repository that Argo CD reads, and the token that it reads it with. */
  readonly repository: string;
  readonly token: string | undefined;
  /** The objects of Argo CD's release. */
  readonly release: (part: readonly Manifest[]) => Promise<readonly Manifest[]>;
  /** What the platform's branch holds. */
  readonly part: () => Promise<Platform>;
}

/** How seldom at most the world is asked while something goes on in it, and for how long; in milliseconds. */
export interface Pace {
  readonly every: number;
  readonly atMost: number;
}

/** Runs a command that prints JSON. */
export const ask = async <T>({ run }: Pick<Work, 'run'>, command: Command): Promise<T> =>
  parsedAnswer<T>(command, await run(command));

/**
 * Asks until there is an answer.
 * @param look undefined as long as there is none; it says itself how far things are
 * @throws {Refusal} when it takes longer than the pace allows
 */
export async function until<T>(
  { pace, signal }: Pick<Work, 'pace' | 'signal'>,
  what: string,
  look: () => Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + pace.atMost;
  // What is quick is asked after soon, and what takes minutes ever more seldom.
  for (let wait = Math.min(500, pace.every); ; wait = Math.min(wait * 2, pace.every)) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end)
      throw new Refusal(
        `${what} is not done after ${Math.round(pace.atMost / 60_000)} minutes. It goes on by itself: run this again to see.`,
      );
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, wait);
      signal.addEventListener('abort', done);
    });
    signal.throwIfAborted();
  }
}
