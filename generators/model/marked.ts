import type { RequestKind } from './request.ts';

/** What a request is for. Its own text says so: whoever tends it needs no other record. */
export type Purpose = RequestKind | 'release' | 'rollback' | 'bump';

const kinds: readonly Purpose[] = ['promotion', 'one', 're-apply', 'repair', 'release', 'rollback', 'bump'];

/** A person asked for it: no later run takes it back. */
export const isByHand = (kind: Purpose | undefined) => kind === undefined || !ownKinds.has(kind);
const ownKinds: ReadonlySet<Purpose> = new Set(['promotion', 're-apply', 'repair']);

/** The text of a request, as far as its markers tell. */
export interface Marked {
  /** Undefined for a request that a person opened. */
  readonly kind: Purpose | undefined;
  /** It is a draft because the calendar says so, and not because a person wants it to be. */
  readonly isDrafted: boolean;
  /** What people wrote around our text. */
  readonly before: string;
  readonly after: string;
}

const begin = /<!-- slipway: ([a-z-]+)( draft)? -->\n/;
const end = '<!-- /slipway -->';

/** Reads the text of a request. A forge may have changed its line breaks; one marker alone marks nothing. */
export function readMarked(body: string): Marked {
  const text = body.replaceAll('\r\n', '\n');
  const found = begin.exec(text);
  const until = found ? text.indexOf(end, found.index) : -1;
  const kind = kinds.find((name) => name === found?.[1]);
  if (!found || until < 0 || !kind) return { kind: undefined, isDrafted: false, before: '', after: text };
  return {
    kind,
    isDrafted: found[2] !== undefined,
    before: text.slice(0, found.index),
    after: text.slice(until + end.length),
  };
}

/**
 * What stands between our markers, and whether it ends there: GitLab gives a job the first 2,700 characters of a
 * description alone. Undefined where none of it is ours.
 */
export function ourText(body: string): { kind: Purpose; text: string; isWhole: boolean } | undefined {
  const text = body.replaceAll('\r\n', '\n');
  const found = begin.exec(text);
  const kind = kinds.find((name) => name === found?.[1]);
  if (!found || !kind) return undefined;
  const ours = text.slice(found.index + found[0].length);
  const until = ours.indexOf(end);
  return { kind, text: until < 0 ? ours : ours.slice(0, until), isWhole: until >= 0 };
}

/**
 * The whole text of a request: ours between two markers, and around it what people wrote.
 * @param there its text now. @default a new request
 */
export function mark(kind: Purpose, text: string, { there = '', isDrafted = false } = {}): string {
  const { before, after } = readMarked(there);
  // Nothing that a commit says may end our text before its end.
  const ours = text.replaceAll('<!--', '<!-');
  const theirs = after.trim() === '' ? '' : `\n\n${after.trim()}`;
  return `${before}<!-- slipway: ${kind}${isDrafted ? ' draft' : ''} -->\n${ours.trimEnd()}\n${end}${theirs}\n`;
}

const overridden = /^[ \t]*calendar override:[ \t]*(\S.*)$/im;

/** Why the calendar does not count for this request, in the words of whoever wrote it there; undefined where it counts. */
export function overrideIn(body: string): string | undefined {
  const { before, after } = readMarked(body);
  return overridden.exec(`${before}\n${after}`)?.[1]?.trim();
}

/** The line that says so. */
export const overrideLine = (reason: string) => `Calendar override: ${reason.replaceAll(/\s+/g, ' ').trim()}`;

/** Whether a title says that its request may not be merged: https://docs.gitlab.com/user/project/merge_requests/drafts/ */
export const isDraft = (title: string) => /^(draft:|\[draft\]|\(draft\))/i.test(title);
