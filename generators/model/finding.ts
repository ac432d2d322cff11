import { type Refusal, Unreadable } from './refusal.ts';
import { quote } from './words.ts';

/** What a check of the setup found: one sentence, and what to do about it. */
export interface Finding {
  /** What was looked at: `protection of env/dev`. */
  readonly name: string;
  /** `unknown` is not checked. */
  readonly verdict: 'ok' | 'wrong' | 'unknown';
  readonly says: string;
  /** The next step; with `ok` it is advice. */
  readonly remedy?: string;
}

/** What could not be looked at, and whether that is wrong in itself. A refusal says the next step already. */
export const notRead = (name: string, refusal: Refusal): Finding => ({
  name,
  verdict: refusal instanceof Unreadable ? 'unknown' : 'wrong',
  says: refusal.message,
});

/** One line for each, in plain words. Names of rules and what a server said are other people's text. */
export function formatFindings(findings: readonly Finding[]): string[] {
  const width = Math.max(0, ...findings.map(({ name }) => name.length));
  return findings.map(({ name, verdict, says, remedy }) =>
    quote(
      `${verdict.padEnd(7)}  ${name.padEnd(width)}  ${says}${remedy ? ` ${remedy}` : ''}`,
      Number.POSITIVE_INFINITY,
    ),
  );
}
