import type { Excuse } from './app.ts';
import type { Chapter, MainCommit, Story } from './commits.ts';
import type { Answer } from './gate.ts';
import type { Metadata } from './metadata.ts';
import { environmentBranch, pipelineFile } from './names.ts';
import type { Warning } from './part.ts';
import type { Told } from './ran-too.ts';
import { irreversible, least, ranks } from './risk.ts';
import { fitted, type Section, whole } from './sections.ts';
import { type Change, namesOf, ranksOf, toldChanges, type Width, withoutVersions, worstOf } from './told.ts';
import type { FileChange } from './verdict.ts';
import { code, day, move, plain, releaseLine, short, versionOf } from './words.ts';

/** The text of a merge request. */
export interface RequestText {
  readonly title: string;
  readonly body: string;
  /** The same, uncut. */
  readonly report: string;
}

/**
 * Why there is a request: everything that may go on, one app by a person's wish, an app that was taken back, or an app
 * that somebody edited.
 */
export type RequestKind = 'promotion' | 'one' | 're-apply' | 'repair';

/** Who brought something to a branch. */
export interface Deed {
  readonly by: string;
  /** Its subject, and the first line of what it says further. */
  readonly words: string;
  /** `2026-11-20T16:00:00.000Z` */
  readonly at: string;
  /** The merge request that it came by, where the forge wrote one into its commit. */
  readonly request?: number;
}

/** One app of a request. */
export interface Item {
  readonly name: string;
  readonly from: Metadata | undefined;
  readonly to: Metadata | undefined;
  /** Why it was taken out of `main`, where it was. */
  readonly removed?: string | undefined;
  /** The versions on the way there whose migrations cannot be undone, oldest first. */
  readonly irreversible: readonly string[];
  /** Versions on the way that never stood in the target, oldest first. */
  readonly skipped: readonly string[];
  readonly evidence: readonly Answer[];
  /** What policies warn of in what comes, and did not in what stands there. */
  readonly warns: readonly Warning[];
  /** Who brought what stands there now; undefined where nothing does. */
  readonly came?: Deed | undefined;
  /** What became of the files of the part that is put back. */
  readonly files?: readonly FileChange[] | undefined;
  /** What the source ran too, and what only the target gets; all of it where there is no source to compare with. */
  readonly too: readonly Told[];
  readonly only: readonly Told[];
  /** Files that somebody wrote so that they cannot be read. */
  readonly illegible: readonly string[];
  /** By object, the policies that it breaks by leave from now on. */
  readonly excused: readonly NewExcuse[];
  /** Excuses whose last day is over. */
  readonly ended: readonly Excuse[];
}

export interface NewExcuse {
  /** `DaemonSet/collector` */
  readonly object: string;
  readonly policy: string;
  /** What the app's file says of it, where it says so. */
  readonly excuse?: Excuse | undefined;
}

/** An app that was taken back, and stays so. */
export interface Held {
  readonly name: string;
  readonly from: Metadata | undefined;
  /** What re-applying would bring; undefined where that is not known. */
  readonly to: Metadata | undefined;
  readonly commits: number;
  readonly came: Deed | undefined;
}

export interface RequestFacts {
  readonly kind: RequestKind;
  readonly environment: string;
  readonly source: string;
  /** Where Argo CD reads the repository from; commits are linked where that is a web address. */
  readonly repository: string;
  readonly items: readonly Item[];
  readonly chapters: readonly Chapter[];
  /** Whether changes were compared with those of the source. */
  readonly compared: boolean;
  /** The apps that kept this combination from ever running in the source. */
  readonly apart: readonly string[];
  /** What is left alone, and why: a line each. */
  readonly left: readonly string[];
  readonly held: readonly Held[];
}

const bodyWidth: Width = { value: 120, listed: 20 };
const reportWidth: Width = { value: Number.POSITIVE_INFINITY, listed: Number.POSITIVE_INFINITY };

/**
 * The text of a request, for the person who must press Merge and knows nothing yet. The same state gives the same text,
 * so an unchanged request is not touched. What others wrote (subjects, authors, values, names in an edited part) stands
 * in code spans, and is harmless also where these are not read.
 */
export function requestText(facts: RequestFacts): RequestText {
  return {
    title: titleOf(facts),
    body: fitted(sectionsOf(facts, bodyWidth)),
    report: whole(sectionsOf(facts, reportWidth)),
  };
}

function titleOf({ kind, environment, items }: RequestFacts): string {
  const verb = { promotion: 'Promote to', one: 'Promote to', 're-apply': 'Re-apply to', repair: 'Repair' }[kind];
  const names = items.map(({ name, to }) => (to ? `${name} ${versionOf(to)}` : name));
  const most = names.findIndex((_, index) => names.slice(0, index + 1).join(', ').length > 180);
  return `${verb} ${environment}: ${most < 0 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`}`;
}

/** In the order in which a person reads them; the least risky are cut first. */
function sectionsOf(facts: RequestFacts, width: Width): Section[] {
  const changes = (of: 'too' | 'only') =>
    facts.items.flatMap(({ name, to, [of]: objects }) =>
      objects.map((object): Change => ({ app: name, object, leaves: to?.removed === true })),
    );
  const [too, only] = [changes('too'), changes('only')];
  return [
    { head: first(facts, [...too, ...only]), entries: [] },
    {
      head: tableHead,
      entries: facts.items.map((item) => row(facts.kind, item)),
      cut: 9,
    },
    commits(facts, width),
    onlyTarget(facts, only, width),
    ranToo(facts, too, width),
    { head: apart(facts, width), entries: [] },
    evidence(facts, width),
    policies(facts),
    section('### Left out', facts.left.map(leftLine), 8),
    section(
      '### Held',
      facts.held.map((held) => heldLine(facts, held)),
      6,
    ),
    { head: undo(facts, width), entries: [] },
  ].filter(({ head, entries }) => head.length > 0 || entries.length > 0);
}

/** Nothing where nothing is to be said. */
const section = (heading: string, entries: readonly string[], cut: number): Section => ({
  head: entries.length > 0 ? [heading] : [],
  entries,
  cut,
});

function first(facts: RequestFacts, changes: readonly Change[]): string[] {
  const { kind, environment, items } = facts;
  const crossing = items.filter((item) => item.irreversible.length > 0);
  const riskiest = riskOf(items, changes);
  const sentences = {
    promotion: `${what(items)} ${route(facts)}`,
    one: `${what(items)} ${route(facts)}, alone, by a person's wish (the others wait for a request of their own)`,
    're-apply': `${what(items)} ${route(facts)}, once more`,
    repair: `${what(items)} in ${environment}, back to the last part that stood there and is ours`,
  };
  return [
    // First, since it is what a reviewer cannot take back.
    ...crossing.flatMap(({ name, from, irreversible }) => [
      `**${name} crosses a migration that cannot be undone** (${irreversible.join(', ')}): ${versionOf(from)} cannot run on what it leaves. After the merge the way out is forward: a fix on main, published and promoted.`,
      '',
    ]),
    ...items.flatMap((item) => story(facts, item)),
    `${sentences[kind]}${riskiest}.`,
  ];
}

const route = ({ environment, source }: RequestFacts) => `${source ? `from ${source} ` : ''}to ${environment}`;

function what(items: readonly Item[]): string {
  const apps = items.filter(({ name }) => name !== pipelineFile);
  const counted =
    apps.length === 1 ? apps.map(({ name }) => name).join() : apps.length > 1 ? `${apps.length} apps` : '';
  return [counted, ...(apps.length < items.length ? ['the pipeline file'] : [])].filter(Boolean).join(' and ');
}

/** What went before, of an app that was taken back or edited. */
function story({ kind, environment }: RequestFacts, { name, came, files = [] }: Item): string[] {
  if (kind === 're-apply')
    return [`**${name} was taken back**${by(came)}. Merging this brings it back and ends the hold.`, ''];
  if (kind === 'repair')
    return [
      `**${name} was edited by hand in ${environment}**${by(came, 'last ')}, and is frozen since. Merging this takes the edit away${files.length > 0 ? ':' : '.'}`,
      ...(files.length > 0 ? ['', ...files.map(({ name, how }) => `- ${code(name)} ${plain(how)}`)] : []),
      '',
    ];
  return [];
}

/** `2026-11-20` */
export const dayOf = ({ at }: Deed): string => day(Date.parse(at));

const by = (deed: Deed | undefined, when = '') =>
  deed ? ` ${when}by ${code(deed.by, 40)} on ${dayOf(deed)}, with the words ${code(deed.words, 200)}` : '';

/** The risk by its worst change. */
function riskOf(items: readonly Item[], changes: readonly Change[]): string {
  const crossing = items.filter((item) => item.irreversible.length > 0).map(({ name }) => name);
  const worst = crossing.length > 0 ? { rank: irreversible, apps: crossing } : worstOf(changes);
  if (changes.length === 0 && crossing.length === 0) return '';
  if (!worst || worst.rank === least) return '; nothing but configuration changes';
  const isNew = (app: string) => items.some(({ name, from }) => name === app && (!from || from.removed));
  const isGone = (app: string) => items.some(({ name, to }) => name === app && to?.removed);
  const says = worst.apps.every(isNew)
    ? (['is new there', 'are new there'] as const)
    : worst.apps.every(isGone)
      ? (['is taken away', 'are taken away'] as const)
      : ranks[worst.rank]?.says;
  return `; the riskiest change: ${namesOf(worst.apps, 3)} ${says?.[worst.apps.length === 1 ? 0 : 1]}`;
}

/** How the table of versions begins. */
export const tableHead = ['| app | from | to | |', '|---|---|---|---|'] as const;

/** What the table says of one name: `| counter | 1.0.3 | 1.0.4 |`; `verify` holds it against the branch. */
export const claim = (name: string, from: Metadata | undefined, to: Metadata | undefined): string =>
  `| ${name} | ${from ? versionOf(from) : '–'} | ${to ? versionOf(to) : 'updated'} |`;

function row(kind: RequestKind, { name, from, to, removed, skipped }: Item): string {
  const isNew = !from || from.removed;
  const notes = [
    ...(to && !to.removed && isNew ? ['new'] : []),
    ...(to?.removed && removed ? [plain(removed)] : []),
    ...(to && !isNew && versionOf(from) === versionOf(to)
      ? [kind === 'repair' ? 'without the edit' : 'new configuration']
      : []),
    ...(skipped.length > 0 ? [`skips ${namesOf(skipped, 5)}`] : []),
  ];
  return `${claim(name, from, to)} ${notes.join('; ')} |`;
}

function commits({ chapters, items, repository }: RequestFacts, width: Width): Section {
  const alone = items.length === 1 || chapters.length === 1;
  const entries = chapters.flatMap(({ apps, shared, stories }, index) => {
    const title = shared ? 'What all apps are rendered from' : namesOf(apps, width.listed);
    const heading = alone && !shared ? '' : `${index > 0 ? '\n' : ''}**${title}**\n\n`;
    const lines = stories.slice(0, width.listed).map((told) => commitLine(told, repository));
    const more = stories.length - lines.length;
    return [
      ...lines.map((line, at) => `${at === 0 ? heading : ''}${line}`),
      ...(more > 0 ? [`- and ${more} more`] : []),
    ];
  });
  return section('### Commits', entries, 2);
}

function commitLine({ commit, revert }: Story, repository: string): string {
  const folded = revert ? ` and its revert ${link(revert, repository)}` : '';
  return `- ${link(commit, repository)} ${code(commit.subject)} by ${code(commit.author, 40)}${folded}`;
}

/** Only what is a web address, and nothing else, becomes a link. */
const isAddress = (text: string) => /^https?:\/\/[^\s<>"'`|\\()[\]@]+$/.test(text);

function link({ sha }: MainCommit, repository: string): string {
  const address = `${repository.replace(/\/$/, '').replace(/\.git$/, '')}/-/commit/${sha}`;
  return isAddress(address) ? `[${short(sha)}](${address})` : short(sha);
}

function onlyTarget(
  { compared, environment, source, items }: RequestFacts,
  only: readonly Change[],
  width: Width,
): Section {
  const illegible = items.flatMap(({ name, illegible }) =>
    illegible.map((file) => `- ${name} ${code(file)}: it cannot be read`),
  );
  const heading = compared ? `### Only ${environment} gets this` : '### What changes';
  return section(heading, [...toldLines(only, source, width), ...illegible], 4);
}

function toldLines(all: readonly Change[], source: string, width: Width): string[] {
  const { changes, labels } = withoutVersions(all);
  const told = toldChanges(changes, source, width);
  const objects = labels === 1 ? 'one object' : `${labels} objects`;
  return labels > 0
    ? [...told, `${told.length > 0 ? '\n' : ''}The label that says the version follows on ${objects}.`]
    : told;
}

function ranToo({ source }: RequestFacts, too: readonly Change[], width: Width): Section {
  if (too.length === 0) return { head: [], entries: [] };
  const { changes } = withoutVersions(too);
  const fields = changes.map(({ object }) => (object.change === 'changed' ? object.fields.length : 1));
  const count = fields.reduce((sum, one) => sum + one, 0);
  const changed = `${count === 1 ? '1 change' : `${count} changes`} of ${changes.length === 1 ? 'one object' : `${changes.length} objects`}`;
  const summary = count > 0 ? `${changed}: ${ranksOf(changes).join(', ')}` : 'the label that says the version';
  return {
    head: [
      `### ${source} ran ${too.length === 1 ? 'this' : 'these'} too`,
      '<details>',
      `<summary>${summary}</summary>`,
      '',
    ],
    entries: toldLines(too, source, width),
    tail: ['', '</details>'],
    cut: 1,
  };
}

function apart({ apart, source }: RequestFacts, { listed }: Width): string[] {
  if (apart.length === 0) return [];
  const missing = apart.length === 1 ? 'ran another part' : 'ran other parts';
  return [
    `**${source} never ran this combination of apps**: when it came closest, ${namesOf(apart, listed)} ${missing}.`,
  ];
}

function evidence({ kind, items, source }: RequestFacts, { listed }: Width): Section {
  const asked = items.flatMap(({ name, evidence }) => evidence.map((answer) => ({ name, answer })));
  const apps = items.filter(({ name }) => name !== pipelineFile);
  if (asked.length === 0)
    return { head: apps.length > 0 && source && kind !== 'repair' ? ['No gate was asked.'] : [], entries: [] };
  const groups = Map.groupBy(asked, ({ answer: { gate, is, evidence, link } }) =>
    [gate, is, evidence, link].join('\0'),
  );
  const entries = [...groups.values()].map((group) => {
    const [{ answer }] = group as [(typeof group)[number]];
    const { gate, is, evidence, link } = answer;
    const names = namesOf(
      group.map(({ name }) => name),
      listed,
    );
    const seen = link && isAddress(link) ? ` ([Argo CD](${link}))` : '';
    return `- ${names}, ${plain(gate)}${is === 'yes' ? '' : ` (${is})`}: ${plain(evidence)}${seen}`;
  });
  return section('### Evidence', entries, 3);
}

function policies({ items }: RequestFacts): Section {
  const excused = items.flatMap(({ name, excused }) =>
    excused.map(({ object, policy, excuse }) => {
      const why = excuse ? `: ${plain(excuse.reason)} (${plain(excuse.owner)}, until ${plain(excuse.until)})` : '';
      return `- ${name} ${code(object)} may break ${code(policy)} from now on${why}`;
    }),
  );
  const ended = items.flatMap(({ name, ended }) =>
    ended.map(
      ({ policy, object, until, owner }) =>
        `- ${name}${object ? ` ${code(object)}` : ''}: its excuse from ${code(policy)} ended on ${plain(until)} (${plain(owner)})`,
    ),
  );
  const warned = items.flatMap(({ name, warns }) =>
    warns.map(
      ({ policy, object, says }) => `- ${name} ${code(object)}: ${code(policy)} warns from now on: ${plain(says)}`,
    ),
  );
  return section('### Policies that are not kept', [...excused, ...ended, ...warned], 7);
}

/** What comes before the first colon is ours, and names are harmless; what follows may be an object's own words. */
function leftLine(line: string): string {
  const [ours = '', ...others] = line.split(': ');
  return `- ${plain(ours)}${others.length > 0 ? `: ${plain(others.join(': '), 500)}` : ''}`;
}

function heldLine({ environment }: RequestFacts, { name, from, to, commits, came }: Held): string {
  const count = commits === 0 ? '' : commits === 1 ? ', with 1 commit' : `, with ${commits} commits`;
  const brings = to ? ` Back comes ${move(name, from, to)}${count}, by` : ' It comes back by';
  return `- ${name} was taken back${by(came)}.${brings} \`${releaseLine(environment, name)}\``;
}

function undo({ kind, environment, items }: RequestFacts, { listed }: Width): string[] {
  const branch = environmentBranch(environment);
  const crossing = items.filter((item) => item.irreversible.length > 0).map(({ name }) => name);
  const apps = items.filter(({ name }) => name !== pipelineFile).map(({ name }) => name);
  const back = (app: string) => `\`npx slipway rollback --env ${environment} --app ${app}\``;
  const warning =
    crossing.length === 0
      ? []
      : crossing.length === items.length
        ? [`Not ${namesOf(crossing, listed)}: see the first lines.`]
        : [`Not ${namesOf(crossing, listed)}: see the first lines. The others:`, ''];
  const merge = `\`git revert -m 1 <merge commit>\` on \`${branch}\``;
  const [app = ''] = apps;
  const way =
    crossing.length === items.length && items.length > 0
      ? []
      : kind === 'repair'
        ? [`After the merge: ${merge} brings the edit back.`]
        : apps.length === 1
          ? [`After the merge: ${merge}, or ${back(app)}. What was taken back stays so until somebody releases it.`]
          : [
              `After the merge: ${merge} takes all of it back; reverting one app's commit, or ${back('APP')}, takes back that app alone. What was taken back stays so until somebody releases it.`,
            ];
  return ['### To undo it', ...warning, ...way];
}
