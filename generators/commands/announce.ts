import type { Mirrored } from '../forge/forge.ts';
import type { Git } from '../git/git.ts';
import { entriesOf, isFolder, metadataAt, readRendered } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { type Announcement, announcements, branchPage, reachOf, type StandingPart } from '../model/announcement.ts';
import { environmentBranch, head, rendered } from '../model/names.ts';
import { Misuse, Refusal, Unknown } from '../model/refusal.ts';
import type { Entry, Rendered } from '../model/timeline.ts';
import { short } from '../model/words.ts';
import type { Context } from './context.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

/** What became of one announcement on one forge. */
export interface Told extends Announcement {
  readonly forge: 'gitlab' | 'github';
  /** `unknown`: the forge does not have that commit, perhaps not yet. */
  readonly outcome: 'said' | 'unknown';
}

export interface Announced {
  /** What there is to say. */
  readonly announcements: readonly Announcement[];
  readonly told: readonly Told[];
  /** What could not be asked or told; the rest was. */
  readonly failed: readonly string[];
}

/**
 * Tells the forges what is deployed where: each commit of which something stands in an environment has a status there,
 * and on GitHub the newest of each environment a deployment. What is said already is not said again.
 * @throws {Refusal} when nothing was published, or the remote cannot be read
 */
export async function announce(context: Context, dryRun: boolean): Promise<Announced> {
  const { forge, mirrored } = context;
  if (!forge && !mirrored && !dryRun) {
    throw new Misuse(
      'There is nobody to tell: set SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID (GitLab), or GITHUB_REPOSITORY and GITHUB_TOKEN (GitHub), or see with --dry-run what would be said.',
    );
  }
  const { found, failed } = await gather(context);
  if (dryRun) return { announcements: found, told: [], failed };
  const ways: Promise<Telling>[] = [];
  if (forge) ways.push(tell('gitlab', found, (one) => forge.setStatus(one.commit, statusOf(one))));
  if (mirrored) ways.push(tell('github', found, (one) => tellMirror(mirrored, one)));
  const tellings = await Promise.all(ways);
  return {
    announcements: found,
    told: tellings.flatMap(({ told }) => told),
    failed: [...failed, ...tellings.flatMap((telling) => telling.failed)],
  };
}

/** What there is to say, by the branches and what is live. An environment that cannot be asked is left as it was told last. */
async function gather(context: Context): Promise<{ found: Announcement[]; failed: string[] }> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const { environments, repository } = await readNewest(mirror);
    const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
    const found: Announcement[] = [];
    const failed: string[] = [];
    for (const { name } of environments) {
      try {
        const standing = await standingIn(context, mirror, history, name);
        const said = announcements(name, standing, branchPage(repository, name));
        context.say(`${environmentBranch(name)}: ${said.length === 1 ? '1 commit' : `${said.length} commits`}`);
        found.push(...said);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        failed.push(`${name}: ${error.message}`);
      }
    }
    return { found, failed };
  } finally {
    await mirror.close();
  }
}

/** The parts of ours on an environment branch. What somebody edited says nothing about a commit. */
async function standingIn(
  { live }: Context,
  mirror: Mirror,
  { timelines }: Rendered,
  environment: string,
): Promise<StandingPart[]> {
  const tip = mirror.refs.get(head(environmentBranch(environment)));
  if (tip === undefined) return [];
  const entries = await entriesOf(mirror.git, tip);
  const metadata = await metadataAt(mirror, tip);
  const running = await live?.(environment);
  const listed = new Map<string | undefined, ReadonlyMap<string, Entry>>();
  const standing: StandingPart[] = [];
  for (const [app, about] of metadata) {
    const entry = entries.get(app);
    const place = entry && isFolder(entry) ? timelines.get(`${environment}/${app}`)?.place(entry.id) : undefined;
    if (!entry || place === undefined) continue;
    const now = running?.find((one) => one.app === app);
    const compared = listed.get(now?.revision) ?? (await partsAt(mirror.git, now?.revision));
    listed.set(now?.revision, compared);
    const reach = running ? reachOf(entry.id, now, compared.get(app)?.id) : 'success';
    standing.push({ app, place, metadata: about, reach });
  }
  return standing;
}

/** What stood in a commit that Argo CD named: nothing, when it is not one. */
async function partsAt(git: Git, revision: string | undefined): Promise<ReadonlyMap<string, Entry>> {
  if (!revision || !/^[0-9a-f]{40,64}$/.test(revision) || !(await git.commit(revision))) return new Map();
  return entriesOf(git, revision);
}

type Telling = Pick<Announced, 'told' | 'failed'>;

/** Tells one forge. What it does not know does not stop the others; what else it refuses, it would refuse again. */
async function tell(
  forge: Told['forge'],
  found: readonly Announcement[],
  say: (announcement: Announcement) => Promise<void>,
): Promise<Telling> {
  const told: Told[] = [];
  for (const announcement of found) {
    try {
      await say(announcement);
      told.push({ ...announcement, forge, outcome: 'said' });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (!(error instanceof Unknown)) return { told, failed: [error.message] };
      told.push({ ...announcement, forge, outcome: 'unknown' });
    }
  }
  return { told, failed: [] };
}

const statusOf = ({ environment, state, description, url }: Announcement) => ({
  name: `slipway/${environment}`,
  state,
  description,
  url,
});

const deploymentState = { success: 'success', pending: 'in_progress', failed: 'failure' } as const;

async function tellMirror(mirrored: Mirrored, announcement: Announcement): Promise<void> {
  const { environment, commit, state, description, url, newest } = announcement;
  await mirrored.setStatus(commit, statusOf(announcement));
  if (newest) await mirrored.deploy({ environment, commit, state: deploymentState[state], description, url });
}

const names = { gitlab: 'GitLab', github: 'GitHub' } as const;

/** What a person reads, a line each. */
export function describe({ announcements, told }: Announced): string[] {
  const unknown = (one: Announcement) =>
    told
      .filter(
        ({ environment, commit, outcome }) =>
          outcome === 'unknown' && environment === one.environment && commit === one.commit,
      )
      .map(({ forge }) => ` (${names[forge]} does not have this commit: push main there)`);
  return announcements.map((one) => `${short(one.commit)} ${one.state}: ${one.description}${unknown(one).join('')}`);
}

export async function run({ values }: Asked): Promise<void> {
  const context = await contextOf(values);
  const announced = await announce(context, values['dry-run'] === true);
  if (values.json) console.log(JSON.stringify({ version: 1, ...announced }, null, 2));
  else for (const line of describe(announced)) console.log(line);
  if (!context.live) context.say('Nothing is asked of what is live: ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set.');
  for (const line of announced.failed) context.say(line);
  if (announced.failed.length > 0) process.exitCode = 1;
}
