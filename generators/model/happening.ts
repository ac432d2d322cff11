import type { How } from './arrival.ts';
import type { Change, Event, Turn } from './event.ts';
import type { Metadata } from './metadata.ts';
import { pipelineFile } from './names.ts';
import type { Deed } from './request.ts';
import { move, releaseLine, versionOf } from './words.ts';

/** What one commit of an environment branch did, or the commits of one push, with who did it: as people read it. */
export interface Happening {
  readonly environment: string;
  /** The newest of its commits first. */
  readonly commits: readonly string[];
  /** Milliseconds since 1970. */
  readonly time: number;
  /** The time is when Slipway composed it: a fast-forward brought it later, and left neither who nor when. */
  readonly composed?: true;
  /** Whoever made the commit: of a merge, who merged; absent where nobody can tell, as for what was composed. */
  readonly by?: string;
  /** What they said of it; empty where that is what `changes` says. */
  readonly words: string;
  /** The merge request that it came by; `unnumbered` for one whose commit does not say which. */
  readonly request?: number | 'unnumbered';
  readonly changes: readonly Moved[];
}

/** What became of one app. */
export interface Moved {
  readonly name: string;
  /** Versions; absent where nothing stood or stands, and for an edited part. */
  readonly from?: string;
  readonly to?: string;
  /** The commits of `main` that they are rendered from. */
  readonly fromDry?: string;
  readonly toDry?: string;
  readonly turn: Turn;
  readonly how: How | 'removed';
  /** Of an edit: the files that it changed. */
  readonly files?: readonly string[];
  /** `counter 1.0.3 → 1.0.4` */
  readonly text: string;
}

/** What commits and parts say of themselves. */
export interface Known {
  readonly deed: (commit: string) => Deed | undefined;
  /** Whether a commit has a second parent, or is as Slipway composed it for a request. */
  readonly made: (environment: string, commit: string) => 'merge' | 'composed' | undefined;
  readonly metadata: (part: string) => Metadata | undefined;
  /** The files that two parts do not have alike. */
  readonly files: (from: string | undefined, to: string | undefined) => readonly string[];
  readonly how: (event: Event, change: Change) => How;
}

/**
 * Events as people read them, newest first; what one person or one run did at one moment, with the same words or none of
 * their own, is one of them, a commit per app or not. What others wrote is as they wrote it. The pipeline file is no app, and is left out.
 */
export function happeningsOf(events: readonly Event[], known: Known): Happening[] {
  const told = events.map((event) => happeningOf(event, known)).filter(({ changes }) => changes.length > 0);
  return together(told.sort((a, b) => b.time - a.time));
}

function together(happenings: readonly Happening[]): Happening[] {
  const found: Happening[] = [];
  for (const one of happenings) {
    const last = found.at(-1);
    const same =
      last?.environment === one.environment &&
      last.by === one.by &&
      last.time === one.time &&
      last.words === one.words &&
      last.request === one.request;
    if (!last || !same) found.push(one);
    else {
      const { commits, changes } = last;
      const both = { commits: [...commits, ...one.commits], changes: [...changes, ...one.changes] };
      found[found.length - 1] = { ...last, ...both };
    }
  }
  return found;
}

function happeningOf(event: Event, known: Known): Happening {
  const { environment, commit, time, changes } = event;
  const deed = known.deed(commit);
  const told = changes
    .filter(({ name }) => name !== pipelineFile)
    .map((change): Moved => {
      const { name, from, to, turn } = change;
      const how = known.how(event, change);
      const [was, is] = [from, to].map((part) => (part === undefined ? undefined : known.metadata(part)));
      const isOurs = turn !== 'gone' && turn !== 'edited';
      return {
        name,
        ...(was && !was.removed ? { from: versionOf(was), fromDry: was.drySha } : {}),
        ...(is && isOurs && !is.removed ? { to: versionOf(is), toDry: is.drySha } : {}),
        turn,
        ...(turn === 'edited' ? { files: known.files(from, to) } : {}),
        how: isOurs && is?.removed && how !== 'back' ? 'removed' : how,
        text: isOurs ? move(name, was, is) : name,
      };
    });
  const words = deed?.words ?? '';
  const made = known.made(environment, commit);
  const by = made === 'composed' ? undefined : deed?.by;
  const request = deed?.request ?? (made === 'merge' ? ('unnumbered' as const) : undefined);
  return {
    environment,
    commits: [commit],
    time,
    ...(made === 'composed' ? { composed: true } : {}),
    ...(by ? { by } : {}),
    words: told.some(({ text }) => text === words) ? '' : words,
    ...(request === undefined ? {} : { request }),
    changes: told,
  };
}

/** How it came, as a word that a request may follow: `promoted by !12`. */
const ways: Readonly<Record<Moved['how'], string>> = {
  published: 'published',
  promoted: 'promoted',
  hotfix: 'hotfix',
  back: 'rolled back',
  again: 're-applied',
  fix: 'fixed',
  edited: 'edited by hand',
  repaired: 'repaired',
  removed: 'removed',
  file: 'a file of people',
};

/** How each of the changes came, and by which request: `promoted by !12`. */
export function wayOf({ changes, request, composed }: Happening): string {
  const said = [...new Set(changes.map(({ how }) => ways[how]))].join(', ');
  const by = request === undefined ? '' : request === 'unnumbered' ? ' by a request' : ` by !${request}`;
  return `${said}${by}${composed ? ', composed then' : ''}`;
}

/**
 * What a person types to undo the newest happening of an environment. A rollback puts back what stood there before and
 * holds it; a step back is undone by a request that goes forward, an edit by one that repairs.
 */
export function undoOf({ environment, commits, changes }: Happening): string[] {
  const of = (...how: Moved['how'][]) => changes.filter((change) => how.includes(change.how)).map(({ name }) => name);
  const first = of('published', 'promoted', 'hotfix', 'fix', 'removed');
  const forward = [...first, ...of('again')];
  const rollback = `npx slipway rollback --env ${environment}`;
  // Without a name it takes back the newest commit that was a first step forward.
  const isWhole = commits.length === 1 && first.length > 1 && first.length === changes.length;
  return [
    ...of('back', 'edited').map((name) => releaseLine(environment, name)),
    ...(isWhole ? [rollback] : forward.map((name) => `${rollback} --app ${name}`)),
  ];
}
