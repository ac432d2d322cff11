import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasty } from '../forge/patience.ts';
import type { Git } from '../git/git.ts';
import type { Setting } from '../model/columns.ts';
import { type NextStep, nextSteps, type Situation } from '../model/next-steps.ts';
import { paragraph } from '../model/paragraph.ts';
import { pathPicture } from '../model/path-picture.ts';
import { Unpublished } from '../model/refusal.ts';
import { checkoutHere } from './checkout.ts';
import type { Asked } from './main.ts';
import { contextOf, worldDir } from './surroundings.ts';
import { survey } from './survey.ts';
import { terminal } from './terminal.ts';

/** So many next steps are shown: nobody does more at once. */
const most = 5;

/** `slipway` alone: the state in a few lines, and what one would do next. It needs git, and no credential. */
export async function run({ values }: Asked): Promise<void> {
  const setting = terminal();
  const checkout = await checkoutHere().catch(() => undefined);
  const remote = checkout && ((values.remote as string | undefined) ?? (await remoteOf(checkout)));
  if (!checkout || !isOurs(checkout) || remote === undefined) return print(begin(checkout, setting));
  const context = await contextOf({ ...values, remote }, hasty);
  const found = await survey(context).catch((error: Error) => {
    if (error instanceof Unpublished) return nothing;
    throw error;
  });
  const isInstalled = existsSync(join(checkout.dir, 'node_modules', 'zx'));
  print(describe(found, { ...setting, now: context.now(), remote, isInstalled }));
}

const nothing: Situation = { rows: [], environments: [] };

/**
 * What a person reads: the path, and what one would do, the most urgent first.
 * @param isInstalled whether the packages are there that a publish needs
 */
export function describe(
  { rows, environments, unpublished = 0 }: Situation,
  {
    now,
    remote,
    isInstalled,
    ...setting
  }: Setting & { readonly now: number; readonly remote: string; readonly isInstalled: boolean },
): string[] {
  const suffix = remote === 'origin' ? '' : ` --remote ${remote}`;
  if (environments.length === 0)
    return steps(
      isInstalled
        ? [{ says: 'nothing is published yet', command: `npx slipway publish${suffix}` }]
        : [
            {
              says: 'nothing is published yet, and the packages are not installed that it takes',
              command: 'npm ci --ignore-scripts',
            },
            { says: 'then publish', command: `npx slipway publish${suffix}` },
          ],
      setting,
    );
  const next = nextSteps({ rows, environments, unpublished }, now).map(({ command, ...step }) => ({
    ...step,
    ...(command === undefined ? {} : { command: command + suffix }),
  }));
  const left = next.length - most;
  return [
    ...pathPicture(environments, rows, setting),
    '',
    ...(next.length === 0 ? ['All is as it should be.'] : steps(next.slice(0, most), setting)),
    ...(left > 0 ? [`and ${left} more: npx slipway status${suffix}`] : []),
  ];
}

/** What to do where there is nothing to look at. */
function begin(checkout: Git | undefined, setting: Setting): string[] {
  const ours = checkout !== undefined && isOurs(checkout);
  return steps(
    ours
      ? [
          { says: 'this clone has no remote "origin", and no local world runs' },
          { says: 'see all of it on this machine', command: 'npm run demo' },
          { says: 'stay with it: a forge and a cluster of its own', command: 'npx slipway local up' },
          { says: 'or name the repository with the branches', command: 'git remote add origin URL' },
        ]
      : [
          {
            says: `${checkout?.dir ?? process.cwd()} is no checkout of a Slipway repository: clone yours`,
            command: 'git clone URL',
          },
          { says: 'there, npx slipway says what comes next' },
        ],
    setting,
  );
}

/** Whether a checkout is of a Slipway repository. */
export const isOurs = ({ dir }: Git): boolean => existsSync(join(dir, 'clusters', 'environments.ts'));

/** Where the branches are: the clone's origin, else the local world that it started. */
async function remoteOf(checkout: Git): Promise<string | undefined> {
  if ((await checkout.lines(['remote'])).includes('origin')) return 'origin';
  return existsSync(join(worldDir(checkout), 'world.json')) ? 'local' : undefined;
}

/** A sentence each, and below it what does it. */
const steps = (all: readonly NextStep[], { width, paint = (text) => text }: Setting): string[] =>
  all.flatMap(({ says, command, url }) => [
    ...paragraph(`${says.charAt(0).toUpperCase()}${says.slice(1)}`, width),
    ...(command ? [`  ${paint(command, 'bold')}`] : []),
    ...(url ? [`  ${paint(url, 'dim')}`] : []),
  ]);

function print(lines: readonly string[]): void {
  console.log([...lines, '', 'npx slipway help lists the verbs.'].join('\n'));
}
