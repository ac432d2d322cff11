import type { Metadata } from './metadata.ts';

/** A commit as people read it. */
export const short = (commit: string) => commit.slice(0, 12);

/** A commit or a version with what is saved and not committed: no reader of ours takes it for a commit. */
export const uncommitted = (name: string) => `${name}-dirty`;

/** A day as people write it: `2026-11-20`. */
export const day = (time: number) => new Date(time).toISOString().slice(0, 10);

/** A moment as people write it, in UTC: `2026-11-20 14:03`. */
export const minute = (time: number) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

/** A duration in its largest whole unit: `3 min`. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} d`;
}

/** A part as people read it: its version, or what it is instead. */
export function versionOf(metadata: Metadata | undefined): string {
  if (!metadata) return 'nothing';
  if (metadata.removed) return 'removed';
  const { version, drySha } = metadata;
  if (version === undefined) return short(drySha);
  // Somebody may have edited the file that says it. A tag has no other characters.
  return quote(String(version).replace(/[^\w.+-]+/g, ' '), 128) || short(drySha);
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

/** What draws nothing, or turns what is beside it around: no reader sees that it is there. */
const unseen =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Noncharacter_Code_Point}\u115f\u1160\u3164\uffa0]|\p{Variation_Selector}|\u034f|\u17b4|\u17b5/gu;

/**
 * What a forge acts on, wherever it reads it: also in a commit, where no code span protects. Each gets a space in its
 * middle: a person reads it all the same.
 * - mentions, and references that close, or leave a note elsewhere:
 *   https://docs.gitlab.com/user/markdown/#gitlab-specific-references
 *   https://docs.gitlab.com/user/project/issues/managing_issues/#default-closing-pattern
 *   https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/linking-a-pull-request-to-an-issue
 * - quick actions: https://docs.gitlab.com/user/project/quick_actions/
 * - what keeps a pipeline from running: https://docs.gitlab.com/ci/pipelines/#skip-a-pipeline and
 *   https://docs.github.com/en/actions/how-tos/manage-workflow-runs/skip-workflow-runs
 */
const acts: readonly (readonly [RegExp, string])[] = [
  // Of letters, GitLab's pattern knows those of ASCII alone.
  [/(?<![A-Za-z0-9_])@(?=[\p{L}\p{N}_])/gu, '@ '],
  [/([#!&])(?=\d)/g, '$1 '],
  [/\b(GH-)(?=\d)/gi, '$1 '],
  [/(\/(?:issues|work_items|merge_requests|pull|pulls|epics|incident)\/)(?=\d)/gi, '$1 '],
  [/\[(?=(?:issue|work_item|epic|merge_request|incident)s?:)/gi, '[ '],
  [/\[(?=(?:ci|skip|no|actions)[ _-](?:ci|skip|actions)\])/gi, '[ '],
  [/\b(skip-checks)(?=:)/gi, '$1 '],
  [/^\/(?=\S)/, '/ '],
];

/**
 * Text that somebody else wrote, on one line for a terminal: what would steer it, or nobody sees, is a space. All else
 * stays as it was written, so that `#12`, `@ann` and an address can be copied. A forge renders `quote(text)`.
 * @param most so many characters. @default all
 */
export function visible(text: string, most = Number.POSITIVE_INFINITY): string {
  const clean = text
    .replace(unseen, ' ')
    // Letters do not grow over the lines above and below.
    .replace(/(\p{M}{3})\p{M}+/gu, '$1')
    .replace(/\s/g, ' ')
    .trim();
  return cut(clean, most);
}

/** No character is cut in half. */
const cut = (text: string, most: number) =>
  text.length > most ? `${text.slice(0, most - 1).replace(/[\ud800-\udbff]$/, '')}…` : text;

/**
 * Text that somebody else wrote (a commit's subject, a version, a value), on one line, made harmless and cut, for
 * a forge: in a title, in a commit, and in a code span of Markdown, also within a table. It reads as it did.
 */
export function quote(text: string, length = 100): string {
  let clean = visible(text)
    .replaceAll('`', "'")
    .replaceAll('|', '¦')
    // What would begin a tag or an automatic link.
    .replace(/<(?=[a-z/!?])/gi, '‹');
  for (const [found, instead] of acts) clean = clean.replace(found, instead);
  return cut(clean, length);
}

/** The same as code in Markdown, where no markup takes effect. */
export const code = (text: string, length = 100): string => `\`${quote(text, length) || '(empty)'}\``;

/** The same outside of code where it has no character that could be markup, and as code otherwise. */
export function plain(text: string, length = 300): string {
  const quoted = quote(text, length);
  const isPlain =
    /^[\p{L}\p{N}][\p{L}\p{N} ,.;:()'…→+-]*$/u.test(quoted) && !/www\.|:[a-z][\w+-]*:|^\d+[.)]/i.test(quoted);
  return isPlain ? quoted : code(text, length);
}
