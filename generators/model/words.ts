import type { Metadata } from './metadata.ts';

/** A commit as people read it. */
export const short = (commit: string) => commit.slice(0, 12);

/** A part as people read it: its version, or what it is instead. */
export function versionOf(metadata: Metadata | undefined): string {
  if (!metadata) return 'nothing';
  return metadata.removed ? 'removed' : (metadata.version ?? short(metadata.drySha));
}

/** What a move from one part to another is: `counter 1.0.3 → 1.0.4`. The same version means that its configuration changed. */
export function move(name: string, from: Metadata | undefined, to: Metadata | undefined): string {
  if (to === undefined) return `${name} updated`;
  if (to.removed) return `${name} ${from ? `${versionOf(from)} ` : ''}removed`;
  if (!from || from.removed) return `${name} ${versionOf(to)} added`;
  return versionOf(from) === versionOf(to)
    ? `${name} ${versionOf(to)}, new configuration`
    : `${name} ${versionOf(from)} → ${versionOf(to)}`;
}

/** What ends a hold, or takes an edit away, as a person types it. */
export const releaseLine = (environment: string, app: string) =>
  `npx slipway release --env ${environment} --app ${app}`;

/** Why an app stays that is newer than what its source offers. */
export const newerThan = (source: string, isAhead: boolean | undefined) =>
  isAhead
    ? `it was taken past ${source}, and stays until ${source} has caught up`
    : `it is newer than in ${source}, which went back, and stays`;

/** Text that somebody else wrote (a commit's subject), made harmless in Markdown and on a terminal, and cut. */
export function quote(text: string, length = 100): string {
  const clean = text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    .replaceAll('`', "'")
    .trim();
  return clean.length > length ? `${clean.slice(0, length - 1)}…` : clean;
}
