import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { release } from '../commands/release.ts';
import { rollback } from '../commands/rollback.ts';
import { type Git, GitError } from '../git/git.ts';
import { difference } from './graph.ts';
import { type Open, refusable, type Schedule, type Turn } from './schedule.ts';
import { type App, apps } from './site.fixture.ts';

/** A person merges a request by any of GitLab's methods, whether it is stale or not. */
export async function merge(schedule: Schedule): Promise<string | undefined> {
  const open = await schedule.open();
  return open.length === 0 ? undefined : mergeOne(schedule, schedule.random.pick(open));
}

/** Somebody changes the environment branch that a promotion was proposed for, and then that is merged. */
export async function mergeStale(schedule: Schedule): Promise<string | undefined> {
  const { random, later } = schedule;
  const proposed = async () => (await schedule.open()).filter(({ source }) => source.endsWith('-next'));
  let open = await proposed();
  if (open.length === 0) {
    await schedule.promote();
    open = await proposed();
  }
  if (open.length === 0) return undefined;
  const one = random.pick(open);
  const environment = later.find((name) => one.target === `env/${name}`) as string;
  const act = random.pick([edit, edit, keep, revertTip]);
  await schedule.person(environment, (git) => act(git, schedule, environment));
  return mergeOne(schedule, one);
}

async function mergeOne(schedule: Schedule, { iid, source, target }: Open): Promise<string> {
  const { site, random, model, met } = schedule;
  const environment = target.replace('env/', '');
  const stale = model.proposed(environment, source) === undefined;
  const before = model.standing(environment);
  site.method = random.pick(['merge', 'merge', 'rebase_merge', 'rebase_merge', 'ff'] as const);
  const [squash, rebase] = [random.chance(0.25), random.chance(0.3)];
  if (rebase) await site.ask('PUT', `/${iid}/rebase`);
  const { status } = await site.ask('PUT', `/${iid}/merge`, { squash });
  await schedule.observe('person');
  if (status !== 200) met['refused merges']++;
  else if (stale) met['stale merges']++;
  // What a merge made of two parts is nobody's.
  const changed = difference(before, model.standing(environment)).map(({ name }) => name);
  if (changed.some((name) => model.names(environment).includes(name) && model.isEdited(environment, name)))
    met.mixtures++;
  return `${rebase ? 'rebase and ' : ''}merge ${source}${stale ? ', which is stale,' : ''} by ${site.method}${squash ? ', squashed' : ''}: ${status}`;
}

async function save(git: Git, message: string): Promise<boolean> {
  await git.bytes(['add', '--all']);
  if (await git.holds(['diff', '--cached', '--quiet'])) return false;
  await git.bytes(['commit', '--quiet', '-m', message]);
  return true;
}

/** Reverts a commit, or a merge against its first parent. @returns whether git could */
async function reverted(git: Git, line: string | undefined): Promise<boolean> {
  const [commit, , ...others] = line?.split(' ') ?? [];
  if (commit === undefined) return false;
  return succeeds(git, ['revert', '--no-edit', ...(others.length > 0 ? ['-m', '1'] : []), commit]);
}

/** Whether git could; where there are conflicts, a person thinks better of it. */
async function succeeds(git: Git, args: readonly string[]): Promise<boolean> {
  try {
    await git.bytes(args);
    return true;
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    await git.bytes(['reset', '--quiet', '--hard']);
    return false;
  }
}

/** What a person does in a clone. @returns whether there was anything to do */
type Act = (git: Git, schedule: Schedule, environment: string) => Promise<boolean>;

/** A person's way on any environment branch, by name. */
const onBranch =
  (name: string, act: Act): Turn =>
  async (schedule) => {
    const environment = schedule.random.pick([...schedule.environments, ...schedule.later]);
    const done = await schedule.person(environment, (git) => act(git, schedule, environment));
    return done ? `${name} on ${environment}` : undefined;
  };

const standingApp = ({ random, model }: Schedule, environment: string): App | undefined => {
  const able = apps.filter((app) => model.standing(environment).has(app));
  return able.length > 0 ? random.pick(able) : undefined;
};

const log = (git: Git, ...args: readonly string[]) =>
  git.lines(['log', '--topo-order', '--min-parents=1', '--format=%H %P', ...args]);

const revertTip: Act = async (git) => reverted(git, (await log(git, '-1', '--first-parent'))[0]);

const edit: Act = async (git, schedule, environment) => {
  // Who went back looks for what is wrong there: only then what stood there last is not the latest.
  const held = apps.filter((app) => schedule.model.isHeld(environment, app));
  const app = held.length > 0 ? schedule.random.pick(held) : standingApp(schedule, environment);
  const file = `${app}/configmap-${app}.yaml`;
  const text = await readFile(join(git.dir, file), 'utf8').catch(() => undefined);
  if (text === undefined) return false;
  await schedule.site.write(file, text.replace(/line4: .*/, `line4: "${schedule.fresh()}"`));
  return save(git, 'quick fix');
};

const keep: Act = async (git, schedule) => {
  await schedule.site.write('CODEOWNERS', `* @${schedule.fresh()}\n`);
  return save(git, 'owners');
};

/** A person pushes to the branch of an open request, as whoever reviews it may. */
const onProposal =
  (name: string, act: Act): Turn =>
  async (schedule) => {
    const { random, environments } = schedule;
    const open = (await schedule.open()).filter(({ source }) => schedule.model.graph.heads.has(source));
    if (open.length === 0) return undefined;
    const { source, target } = random.pick(open);
    const environment = environments.find((one) => target === `env/${one}`) as string;
    const done = await schedule.person(environment, (git) => act(git, schedule, environment), source);
    return done ? `${name} on ${source}` : undefined;
  };

/** Every way in which people change an environment branch, by name. */
export const people = {
  'revert of the tip': onBranch('revert of the tip', revertTip),

  'revert of something': onBranch('revert of something', async (git, { random }) =>
    reverted(git, random.pick([...(await log(git, '-10')), undefined])),
  ),

  'revert of a revert': onBranch('revert of a revert', async (git) =>
    reverted(git, (await log(git, '-1', '--grep=^Revert\\|^Roll back')).at(0)),
  ),

  'hand edit': onBranch('hand edit', edit),

  'folder deleted': onBranch('folder deleted', async (git, schedule, environment) => {
    const app = standingApp(schedule, environment);
    if (app === undefined) return false;
    await git.bytes(['rm', '-r', '--quiet', app]);
    return save(git, 'out with it');
  }),

  'folder put back': onBranch('folder put back', async (git, schedule, environment) => {
    const app = standingApp(schedule, environment) ?? 'a';
    const commits = await git.lines(['log', '--topo-order', '--diff-filter=AM', '--format=%H', '-6', '--', app]);
    if (commits.length === 0) return false;
    await git.bytes(['rm', '-r', '--quiet', '--ignore-unmatch', app]);
    await git.bytes(['checkout', '--quiet', schedule.random.pick(commits), '--', app]);
    return save(git, `Update ${app}`);
  }),

  'a file for people': onBranch('a file for people', keep),

  'a proposal squashed by hand': async (schedule: Schedule) => {
    const environment = schedule.random.pick(schedule.later);
    const branch = `env/${environment}-next`;
    if (!schedule.model.graph.heads.has(branch)) return undefined;
    const done = await schedule.person(environment, async (git) => {
      if (await succeeds(git, ['merge', '--quiet', '--squash', `origin/${branch}`])) return save(git, 'all of it');
      return false;
    });
    return done ? `${branch} squashed by hand` : undefined;
  },

  'a proposal merged and not taken': async (schedule: Schedule) => {
    const environment = schedule.random.pick(schedule.later);
    const branch = `env/${environment}-next`;
    if (!schedule.model.graph.heads.has(branch)) return undefined;
    const done = await schedule.person(environment, async (git) => {
      const before = await git.text(['rev-parse', 'HEAD']);
      await git.bytes(['merge', '--quiet', '--strategy=ours', '-m', 'not now', `origin/${branch}`]);
      return before !== (await git.text(['rev-parse', 'HEAD']));
    });
    return done ? `${branch} merged and not taken` : undefined;
  },

  'one app taken out of a proposal': onProposal('revert of one app', async (git, { random }, environment) => {
    const own = await log(git, `origin/env/${environment}..`);
    return reverted(git, own.length > 0 ? random.pick(own) : undefined);
  }),

  'something of their own in a proposal': onProposal('a change', (git, schedule, environment) =>
    schedule.random.pick([edit, keep])(git, schedule, environment),
  ),

  'a proposal branch deleted': async (schedule: Schedule) => {
    const able = [...schedule.model.graph.heads.keys()].filter((name) =>
      /^env\/.*(-next|-release-|-rollback)/.test(name),
    );
    if (able.length === 0) return undefined;
    const branch = schedule.random.pick(able);
    await schedule.person('dev', async (git) => {
      await git.bytes(['push', '--quiet', 'origin', `:${branch}`]);
      return false;
    });
    return `${branch} deleted`;
  },

  rollback: async (schedule: Schedule) => {
    const { site, random } = schedule;
    const environment = random.pick(schedule.environments);
    const app = random.chance(0.6) ? random.pick(apps) : undefined;
    const now = random.chance(0.4);
    const put = await refusable(rollback(site.context(), { environment, app, now }));
    if (put?.request) schedule.byHand.add(put.request.iid);
    await schedule.observe('person');
    return put && `rollback of ${app ?? 'the last promotion'} in ${environment}: ${put.outcome}`;
  },

  release: async (schedule: Schedule) => {
    const { site, random, model } = schedule;
    const environment = random.pick(schedule.environments);
    const app = random.pick(apps);
    const at = random.chance(0.4) ? random.pick(site.dry) : undefined;
    const now = random.chance(0.4);
    const put = await refusable(release(site.context(), { environment, app, at, reason: 'a wish', now }));
    if (put?.request) schedule.byHand.add(put.request.iid);
    // What is asked for may be merged at any time.
    await schedule.observe('person', () => model.released(environment, app));
    return put && `release of ${app}${at ? ` at ${site.dry.indexOf(at)}` : ''} to ${environment}: ${put.outcome}`;
  },
} as const satisfies Readonly<Record<string, Turn>>;
