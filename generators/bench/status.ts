import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Git } from '../git/git.ts';
import { environmentBranch, head, main, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { runBenchmark } from './benchmark.ts';
import { type Measured, measure } from './measured.ts';
import { createPast, type Past } from './past.ts';
import { addressOf, serverLike } from './place.ts';
import { packed } from './prepared.ts';
import { type CaseResult, type Run, ratio, type Side, typical, type Verdict } from './result.ts';
import type { Scratch } from './scratch.ts';
import { stages } from './workload.ts';

export const help = `npm run bench -- status [options]: what an answer costs in a repository with a long past

  Apps in three environments, and as many commits on main, on rendered and, with what was merged into it, on every
  environment branch; a clone of it that has fetched, and one of main alone. Before each run every branch goes on by one
  commit. The first look reads all of it, a later one what came since: what was read is kept beside the clone.

  --apps N     how many apps (default: 50)
  --commits N  how many commits on each branch (default: 5000)
  --runs N     how often each side runs, in turn; the table has the middle run (default: 5)
  --json       print JSON for programs
  --strict     exit with 1 when something wanted was missed
  --help       print this
`;

/** Runs the benchmark of answers. @returns the exit code */
export const run = (program: string, args: readonly string[], say: (line: string) => void): Promise<number> =>
  runBenchmark(
    {
      name: 'status',
      help,
      options: { apps: { type: 'string', default: '50' }, commits: { type: 'string', default: '5000' } },
      most: { apps: 999, commits: 100_000 },
      measure: async (scratch, { numbers: { apps = 0, commits = 0, runs = 0 } }) => {
        say(
          `making a repository of ${apps} apps × ${stages.length} environments with ${commits} commits on each branch`,
        );
        const past = await createPast(await scratch.folder('past'), apps, commits);
        return [await answering({ scratch, program, runs, say }, past)];
      },
    },
    args,
  );

interface Bench {
  readonly scratch: Scratch;
  readonly program: string;
  readonly runs: number;
  readonly say: (line: string) => void;
}

/** One way to an answer. */
interface Way {
  readonly name: string;
  /** What is done before, and not measured. */
  readonly before?: () => Promise<void>;
  readonly run: () => Promise<Measured>;
}

async function answering({ scratch, program, runs, say }: Bench, past: Past): Promise<CaseResult> {
  const dir = await scratch.folder('clones');
  const server = await serverLike(past.remote, join(dir, 'server.git'));
  await packed(server);
  const goOn = await growing(server, runs);
  await goOn(0);
  const cloned = async (name: string, ...options: readonly string[]) => {
    await new Git(dir).bytes(['clone', '--quiet', ...options, addressOf(server), join(dir, name)]);
    return join(dir, name);
  };
  const [whole, alone] = [await cloned('whole'), await cloned('alone', '--single-branch', `--branch=${main}`)];
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const slipway = (cwd: string, args: readonly string[], variables: NodeJS.ProcessEnv = {}) =>
    measure(scratch, process.execPath, [launcher, ...args], { cwd, env: { ...process.env, ...variables } });
  const shell = (script: string) => measure(scratch, 'sh', ['-c', script], { cwd: whole, env: process.env });

  await check(await slipway(whole, ['status', '--json']), past);
  const forget = () => rm(join(whole, '.git', 'slipway'), { recursive: true, force: true });
  const later: Way = { name: 'slipway status, one commit later', run: () => slipway(whole, ['status']) };
  const status: Way = { name: 'slipway status', run: () => slipway(whole, ['status']) };
  const unknown: Way = { name: 'slipway status, first look', before: forget, run: () => slipway(whole, ['status']) };
  const bare: Way = { name: 'bare node and git', run: () => shell(bareScript()) };
  const node: Way = { name: 'bare node', run: () => shell(`'${process.execPath}' -e 0`) };
  const asked: Way = { name: 'slipway --help', run: () => slipway(whole, ['--help']) };
  const loop: Way = { name: 'git log, app by app', run: () => shell(loopScript(past)) };
  const json: Way = { name: 'slipway status --json', run: () => slipway(whole, ['status', '--json']) };
  const first: Way = {
    name: 'slipway status, nothing compiled',
    run: () => slipway(whole, ['status'], { NODE_DISABLE_COMPILE_CACHE: '1' }),
  };
  const fetched: Way = { name: 'slipway status, clone of main', run: () => slipway(alone, ['status']) };
  const sha = await server.text(['rev-parse', `${main}~${Math.min(100, past.commits - 1)}`]);
  const questions = [['where', sha], ['history', '--env', stages[2]], ['dora']]
    .filter(([verb]) => existsSync(join(program, 'generators', 'commands', `${verb}.ts`)))
    .map((args): Way => ({ name: `slipway ${args[0]}`, run: () => slipway(whole, args) }));

  // What one look keeps, the next finds: the one after a further commit is the first of all.
  const ways = [later, status, json, first, fetched, ...questions, unknown, bare, loop, asked, node];
  const sides = new Map(ways.map((way) => [way, [] as Run[]]));
  for (let run = 1; run <= runs; run++) {
    await goOn(run);
    await new Git(whole).bytes(['fetch', '--quiet']);
    for (const [way, made] of sides) {
      await way.before?.();
      const { ms, peak } = await way.run();
      made.push({ ms, peak, phases: {} });
      say(`${way.name}, run ${run} of ${runs}: ${ms.toFixed(0)} ms`);
    }
  }
  const sideOf = (way: Way): Side => ({ name: way.name, runs: sides.get(way) ?? [] });
  const seconds = (way: Way): Verdict => ({ what: way.name, found: typical(sideOf(way)) / 1000, unit: 's' });
  return {
    name: 'status',
    title: `${past.apps.length} apps × ${stages.length} environments, ${past.commits} commits on each branch`,
    clocks: [
      'Slipway: one process, from start to end, in a clone that has fetched; the remote is asked where its branches are.',
      'A first look finds nothing kept; one commit later, each branch has one that was not read; else nothing moved.',
      'Bare node and git: a Node that does nothing, then the git commands that read the same, one after the other.',
      'git log, app by app: git fetch, and of each app in each environment the newest commit.',
      'Help is what the launcher prints, which is not npx; bare node does nothing.',
    ],
    sides: ways.map(sideOf),
    verdicts: [
      { ...seconds(status), wanted: { atMost: 0.7 } },
      { ...seconds(later), wanted: { atMost: 0.7 } },
      ...[unknown, json, first, fetched, ...questions].map(seconds),
      { what: 'the first look, against bare node and git', found: ratio(sideOf(unknown), sideOf(bare)), unit: '×' },
      { what: 'help, against bare node', found: ratio(sideOf(asked), sideOf(node)), unit: '×', wanted: { atMost: 4 } },
      { what: 'git log app by app, against status', found: ratio(sideOf(loop), sideOf(status)), unit: '×' },
    ],
  };
}

/** Sets all branches back by as many commits as there are runs, and from run to run on by one. */
async function growing(server: Git, runs: number): Promise<(run: number) => Promise<void>> {
  const branches = [main, rendered, ...stages.map(environmentBranch)];
  const chains = await Promise.all(
    branches.map(async (branch) => ({
      branch,
      chain: await server.lines(['rev-list', '--first-parent', `--max-count=${runs + 2}`, head(branch)]),
    })),
  );
  return async (run) => {
    // The oldest commit of an environment has no app yet.
    const moves = chains.map(({ branch, chain }) => {
      const tip = chain[Math.max(0, Math.min(runs - run, chain.length - 2))];
      return `update ${head(branch)} ${tip}\n`;
    });
    await server.bytes(['update-ref', '--stdin'], moves.join(''));
  };
}

const remoteBranch = (branch: string) => `origin/${branch}`;

/** What must be read in any case, by the commands that Slipway runs. */
function bareScript(): string {
  const raw = 'git diff-tree --stdin --raw -z --no-renames --no-abbrev';
  const branch = `${raw} --root --diff-merges=first-parent >/dev/null`;
  return [
    'set -e',
    `'${process.execPath}' -e 0`,
    'git ls-remote --quiet origin >/dev/null',
    ...stages.map((stage) => `git rev-list ${remoteBranch(environmentBranch(stage))} | ${branch}`),
    `git rev-list --first-parent ${remoteBranch(rendered)} | ${raw} --root | tr '\\0' '\\n' | sed -n 's/^:040000 040000 \\(.*\\) M$/\\1/p' | ${raw} >/dev/null`,
  ].join('\n');
}

/** What people write when they have nothing else. */
const loopScript = ({ apps }: Past): string =>
  [
    'set -e',
    'git fetch --quiet',
    `for env in ${stages.join(' ')}; do for app in ${apps.join(' ')}; do`,
    `git log -1 --first-parent --format='%h %ar %s' ${remoteBranch(environmentBranch('$env'))} -- "$app"; done; done`,
  ].join('\n');

/** @throws {Refusal} when it says nothing of some app: there is nothing to measure then */
async function check({ stdout }: Measured, { apps }: Past): Promise<void> {
  const { rows } = JSON.parse(stdout) as { rows: readonly { readonly version: string }[] };
  const known = rows.filter(({ version }) => version.startsWith('1.0.')).length;
  if (known !== apps.length * stages.length)
    throw new Refusal(
      `slipway status did not do its work: it knows ${known} versions of ${apps.length * stages.length}`,
    );
}
