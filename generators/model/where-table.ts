import { type Cell, type Colour, columns, type Setting } from './columns.ts';
import { paragraph } from './paragraph.ts';
import { dayOf } from './request.ts';
import type { CommitSubject, Subject } from './subject.ts';
import type { Leaving, Word } from './whereabouts.ts';
import { minute, releaseLine, short, visible } from './words.ts';

/** Who brought what one commit of an environment branch did. */
export interface Brought {
  /** Absent where nobody can tell. */
  readonly by?: string;
  /** The merge request that it came by. */
  readonly request?: number;
  /** What they said. */
  readonly words?: string;
  /** When it was merged, where the forge knows better than the commit (ISO 8601). */
  readonly at?: string;
}

/** Something that came to stand in an environment. */
export interface MomentTold extends Brought {
  /** Of the environment branch. */
  readonly commit: string;
  readonly at: string;
  /** `1.0.3`; `removed`, `nothing` or `edited`. */
  readonly version: string;
}

export interface Proposal {
  readonly branch: string;
  /** Absent where no forge was asked. */
  readonly request?: number;
  readonly url?: string;
}

/** Where it is, of one app in one environment. */
export interface Place {
  readonly environment: string;
  readonly app: string;
  readonly is: Word;
  /** The environment that this one comes after. */
  readonly after?: string;
  readonly stays: readonly { readonly came: MomentTold; readonly left?: MomentTold & { readonly how: Leaving } }[];
  readonly stands?: MomentTold;
  /** Main has it, and the files that stand here are those from before it: somebody put them back without a word. */
  readonly asBefore?: true;
  readonly held?: MomentTold;
  readonly why?: string;
  readonly proposal?: Proposal;
}

/** All that a person reads. */
export function describe(subject: Subject, places: readonly Place[], setting: Setting = {}): string[] {
  const wrapped = (line: string) => {
    // A command stays whole: people copy it.
    if (line.includes('npx ')) return [line];
    const [lead = ''] = /^ */.exec(line) ?? [];
    const width = setting.width === undefined ? undefined : setting.width - lead.length;
    return paragraph(line.trimStart(), width).map((text) => lead + text);
  };
  return [
    ...subjectLines(subject).flatMap(wrapped),
    ...table(subject, places, setting),
    ...places.flatMap(notes).flatMap(wrapped),
  ];
}

/** What was asked for, as far as it is no matter of an environment. */
function subjectLines(subject: Subject): string[] {
  if (subject.is === 'version') return [`${subject.app} ${visible(subject.version)}`];
  if (subject.is === 'image') return [`image ${subject.digests.join(', ')}`];
  if (subject.is === 'commit') return commitLines(subject);
  const { environment, commit, open, changes, deed } = subject;
  const of = open
    ? `!${open.iid} onto env/${environment} waits for a person: ${visible(open.url)}`
    : `commit ${short(commit)} of env/${environment}, ${said(deed)}`;
  return [of, ...changes.map((text) => `  ${visible(text, 200)}`)];
}

function commitLines(subject: CommitSubject): string[] {
  const { commit, publish, brought, isOnMain, turnings, published, newest, touches, unbuilt, deed } = subject;
  const first = `commit ${short(commit)}, ${said(deed)}`;
  const origin = publish === undefined ? [] : [`  published by ${short(publish)} of rendered`];
  if (!isOnMain) return [first, ...origin, '  not on main: merge it and push, then it is published'];
  const merged = brought === undefined ? [] : [`  came onto main with the merge ${short(brought)}`];
  const turned = turnings.map(
    ({ sha, has, deed: by }) => `  ${has ? 'given back' : 'taken back'} on main by ${short(sha)}, ${said(by)}`,
  );
  if (published) {
    const at = minute(Date.parse(published.at));
    return [
      first,
      ...origin,
      ...merged,
      `  first published ${at} by ${short(published.commit)} of rendered`,
      ...turned,
    ];
  }
  const undone = turnings.at(-1)?.has === false;
  const waits = undone
    ? '  no publish ever had it'
    : `  on main, and not published yet${newest ? `: the last one that was is ${short(newest)}` : ''}`;
  const images = unbuilt.map(
    ({ app, folder, tree }) =>
      `  not built, as far as publishes tell: the image of ${folder}/ (tree ${short(tree)}); see npx slipway image find --app ${app}`,
  );
  return [first, ...merged, ...turned, waits, ...(undone ? [] : images), `  it touches ${named(touches)}`];
}

const said = (deed: CommitSubject['deed']) =>
  deed ? `${visible(deed.by)}, ${dayOf(deed)}: ${visible(deed.words, 200)}` : 'of which this clone knows nothing';

const named = (names: readonly string[]) => {
  const shown = names.slice(0, 6).map((name) => visible(name));
  return shown.length === 0
    ? 'nothing'
    : `${shown.join(', ')}${names.length > 6 ? ` and ${names.length - 6} more` : ''}`;
};

/** A line for each environment and app. */
function table(subject: Subject, places: readonly Place[], setting: Setting): string[] {
  if (places.length === 0) return nowhere(subject);
  const rows = places.map((place): Cell[] => {
    const [what, moment] = told(subject, place);
    return [
      place.environment,
      place.app,
      { text: what, colour: place.asBefore ? 'yellow' : colours[place.is] },
      moment ? minute(Date.parse(moment.at)) : '',
      moment ? whoOf(moment) : '',
    ];
  });
  const heading = ['where', 'app', 'what', 'when (UTC)', 'who'].map((text): Cell => ({ text, colour: 'dim' }));
  const shape = [{}, { least: 6 }, { least: 16 }, {}, { least: 8 }];
  return columns([heading, ...rows], { ...setting, shape });
}

function nowhere(subject: Subject): string[] {
  if (subject.is === 'event') return ['it brought no part that was published for an app'];
  if (subject.is !== 'commit' || !subject.published) return [];
  const { touches, beside } = subject;
  if (!beside) return [`it changes nothing that runs: it touches ${named(touches)}`];
  return [
    `no app is known to be made from what it touches: ${named(touches)}`,
    `  the publish that first had it changed ${named(beside)} as well: whether by this commit cannot be told`,
  ];
}

const colours: Readonly<Record<Word, Colour>> = {
  there: 'green',
  edited: 'red',
  held: 'red',
  past: 'yellow',
  superseded: 'yellow',
  source: 'gray',
  gate: 'yellow',
  proposed: 'cyan',
  open: 'cyan',
};

/** Where it is in a few words, and the moment that made it so. */
function told(subject: Subject, place: Place): readonly [what: string, moment: MomentTold | undefined] {
  const { is, after, stays, stands, held, proposal } = place;
  const here = stands?.version ?? 'nothing';
  const last = stays.at(-1);
  if (is === 'there') {
    const again = stays.length > 1;
    if (place.asBefore) return [`there by ancestry alone: ${here}`, stands];
    if (last?.came.version === here) return [`there${again ? ' again' : ''}: ${here}`, last.came];
    return [`${again ? 'again in' : 'in'} ${here}, since ${last?.came.version}`, last?.came];
  }
  if (is === 'edited') return ['edited by hand: whether it is in there cannot be told', stands];
  if (is === 'past') {
    if (!last) return [`never was: ${here} came instead`, stands];
    if (last.left?.how === 'past' && here === 'removed') return ['the app was removed', last.left];
    const isTaken = subject.is === 'commit';
    return [isTaken ? `${last.left?.version} has it not any more` : `replaced by ${last.left?.version}`, last.left];
  }
  if (is === 'held') {
    const how = last?.left?.how;
    if (how === 'back') return [`rolled back to ${last?.left?.version}`, last?.left];
    if (how === 'gone') return ['taken away', last?.left];
    return [`${last ? 'not again' : 'not yet'}: held at ${here}`, held];
  }
  const instead = here === 'nothing' ? ', nothing stands there' : ` (${here})`;
  const yet = `${stays.length > 0 ? 'not again' : 'not yet'}${instead}`;
  if (is === 'superseded') return [`${yet}: a later one goes instead`, last?.left];
  if (is === 'source') return [`${yet}: ${after ? `waits for ${after}` : 'the next publish takes it'}`, undefined];
  if (is === 'gate') return [`${yet}: a gate waits`, undefined];
  if (is === 'proposed') {
    const name = proposal?.request === undefined ? (proposal?.branch ?? 'a request') : `!${proposal.request}`;
    return [`${yet}: ${name} waits for a person`, undefined];
  }
  return [`${yet}: ${after ? 'nobody proposed it' : 'the next publish takes it'}`, undefined];
}

function whoOf({ by, request }: MomentTold): string {
  const who = by === undefined ? '' : visible(by, 100);
  if (request !== undefined) return `!${request}${who ? ` ${who}` : ''}`;
  return who || 'unknown';
}

/** What the table has no room for: why, in whose words, and what a person types. */
function notes({ environment, app, is, after, stays, held, why: said, proposal, asBefore }: Place): string[] {
  const at = (text: string) => `${environment}/${app}: ${text}`;
  const why = said === undefined ? undefined : visible(said, 300);
  if (asBefore) return [at('main has the commit, and the files here are those from before it')];
  const left = stays.at(-1)?.left;
  if (is === 'held') {
    const moment = left && ['back', 'gone'].includes(left.how) ? left : held;
    const words = moment?.words ? `: “${visible(moment.words, 200)}”` : '';
    const since = moment ? ` since ${minute(Date.parse(moment.at))}` : '';
    const request =
      proposal?.request === undefined ? [] : [`  !${proposal.request} goes on: ${visible(proposal.url ?? '')}`];
    return [at(`held${since}${words}`), `  goes on with: ${releaseLine(environment, app)}`, ...request];
  }
  if (is === 'edited') return [at('frozen until the edit is reverted')];
  if (is === 'proposed' && proposal?.url)
    return [at(visible(proposal.url)), ...(why === undefined ? [] : [`  ${why}`])];
  if (is === 'open' && after) return [at(`npx slipway promote --to ${environment} proposes it`)];
  if (is === 'gate' || (is === 'source' && why)) return [at(why ?? `no gate of ${after} agrees`)];
  return [];
}
