import type { Answer } from './gate.ts';
import type { Metadata } from './metadata.ts';
import { environmentBranch } from './names.ts';
import { quote, short, versionOf } from './words.ts';

/** One app of a promotion request, as the person reads it who must press Merge. */
export interface Item {
  readonly name: string;
  readonly from: Metadata | undefined;
  readonly to: Metadata | undefined;
  readonly evidence: readonly Answer[];
  /** The versions on the way there whose migrations cannot be undone, oldest first. */
  readonly irreversible: readonly string[];
  /** Commits of `main` between the two, newest first. */
  readonly commits: readonly { readonly sha: string; readonly author: string; readonly subject: string }[];
}

export interface RequestText {
  readonly title: string;
  readonly body: string;
}

/** So many commits are listed per app; the rest is counted. */
const listed = 20;

/**
 * The text of a promotion request. The same state gives the same text, so an unchanged request is not touched.
 * Text from commits stands in code spans: it is data, and no markup, mention or quick action of it takes effect.
 */
export function requestText(
  environment: string,
  source: string,
  items: readonly Item[],
  left: readonly string[],
): RequestText {
  const names = items.map(({ name, to }) => (to ? `${name} ${versionOf(to)}` : name));
  const crossing = items.filter(({ irreversible }) => irreversible.length > 0);
  const body = [
    // First, since it is what a reviewer cannot take back.
    ...crossing.flatMap(({ name, from, irreversible }) => [
      `**${name} crosses a migration that cannot be undone** (${irreversible.map((version) => quote(version)).join(', ')}): ${versionOf(from)} cannot run on what it leaves. After the merge the way out is forward: a fix on main, published and promoted.`,
      '',
    ]),
    `Takes what ${source} runs to ${environment}: ${names.join(', ')}.`,
    '',
    '| app | now | then | evidence |',
    '|---|---|---|---|',
    ...items.map(
      ({ name, from, to, evidence }) =>
        `| ${name} | ${versionOf(from)} | ${to ? versionOf(to) : 'updated'} | ${evidence.map((answer) => quote(answer.evidence)).join('; ') || 'no gate is configured'} |`,
    ),
    ...items.flatMap(({ name, from, to, commits }) => [
      '',
      `### ${name}: what changed`,
      from && to && !from.removed
        ? `From ${short(from.drySha)} to ${short(to.drySha)} on main.`
        : 'It was not here before.',
      ...(commits.length > 0 ? [''] : []),
      ...commits
        .slice(0, listed)
        .map(({ sha, author, subject }) => `- ${short(sha)} \`${quote(subject)}\` by \`${quote(author, 40)}\``),
      ...(commits.length > listed ? [`- and ${commits.length - listed} more`] : []),
    ]),
    ...(left.length > 0 ? ['', '### Left out', ...left.map((line) => `- ${line}`)] : []),
    '',
    '### To undo it',
    ...(crossing.length > 0
      ? [`Not ${crossing.map(({ name }) => name).join(', ')}: see the first lines. The others:`, '']
      : []),
    `After the merge: \`git revert -m 1 <merge commit>\` on \`${environmentBranch(environment)}\` takes all of it back; reverting one app's commit takes back that app alone. What was reverted stays so until the revert is reverted.`,
  ];
  return { title: `Promote to ${environment}: ${names.join(', ')}`.slice(0, 255), body: `${body.join('\n')}\n` };
}
