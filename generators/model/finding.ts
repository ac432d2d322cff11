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
  /** The call of GitLab's API that makes it right, where one does. */
  readonly fix?: Call;
}

/** A call of GitLab's API about one project. */
export interface Call {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Behind `projects/:id`, encoded: `/protected_branches/env%2Fdev`. */
  readonly path: string;
  readonly body: Readonly<Record<string, string | number | boolean>>;
}

/**
 * A call as a person runs it: `glab` puts the project in for `:id`, and reads true, false and numbers after `--field`.
 * https://docs.gitlab.com/cli/api/
 */
export function formatCall({ method, path, body }: Call): string {
  const fields = Object.entries(body).map(
    ([name, value]) => `--${typeof value === 'string' ? 'raw-field' : 'field'} ${word(`${name}=${value}`)}`,
  );
  return [`glab api --method ${method}`, word(`projects/:id${path}`), ...fields].join(' ');
}

/** A word of a shell, as it is. */
const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** What could not be looked at, and whether that is wrong in itself. A refusal says the next step already. */
export const notRead = (name: string, refusal: Refusal): Finding => ({
  name,
  verdict: refusal instanceof Unreadable ? 'unknown' : 'wrong',
  says: refusal.message,
});

/** One line for each, in plain words. Names of rules and what a server said are other people's text. */
export function formatFindings(findings: readonly Finding[]): string[] {
  const width = Math.max(0, ...findings.map(({ name }) => name.length));
  return findings.map(({ name, verdict, says, remedy, fix }) =>
    quote(
      `${verdict.padEnd(7)}  ${name.padEnd(width)}  ${[says, remedy, fix && `Or: ${formatCall(fix)}`].filter(Boolean).join(' ')}`,
      Number.POSITIVE_INFINITY,
    ),
  );
}
