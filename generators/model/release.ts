import { environmentBranch } from './names.ts';
import type { RequestText } from './request.ts';
import type { Relation } from './state.ts';
import { quote } from './words.ts';

export interface ReleaseFacts {
  readonly environment: string;
  /** The environment that it comes after; undefined for a first one. */
  readonly source: string | undefined;
  /** `counter 1.0.3 → 1.0.4` */
  readonly what: string;
  readonly version: string;
  readonly reason: string | undefined;
  /** Whether the source does not run it, or something later. */
  readonly ahead: boolean;
  /** What the app is in the environment now. */
  readonly is: Relation;
}

/** What such a request says that it does; `verify` holds it against the branch. */
export const releaseClaim = (environment: string, what: string): string =>
  `Puts one app on ${environmentBranch(environment)} by a person's wish: ${what}. No gate was asked.`;

/** The text of a request that releases one app, for the person who must press Merge. */
export function releaseText({ environment, source, what, version, reason, ahead, is }: ReleaseFacts): RequestText {
  const branch = environmentBranch(environment);
  const body = [
    releaseClaim(environment, what),
    ...(reason ? ['', `Why: \`${quote(reason, 500)}\``] : []),
    ...(ahead ? ['', `**${source} does not run it**: nobody has seen ${version} work there.`] : []),
    ...(is === 'held' ? ['', 'Somebody took this app back, and it is held. Merging this ends the hold.'] : []),
    ...(is === 'edited' ? ['', 'It was edited by hand, and is frozen. Merging this takes the edit away.'] : []),
    '',
    '### To undo it',
    `\`git revert -m 1 <merge commit>\` on \`${branch}\`, or \`npx slipway rollback --env ${environment} --app ${what.split(' ')[0]}\`.`,
  ];
  const text = `${body.join('\n')}\n`;
  return { title: `Release to ${environment}: ${what}`.slice(0, 255), body: text, report: text };
}
