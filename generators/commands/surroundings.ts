import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { World } from '../../clusters/local/world.ts';
import type { Patience } from '../forge/patience.ts';
import type { Git } from '../git/git.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { checkoutHere, say } from './checkout.ts';
import type { Context, Timings } from './context.ts';
import type { Asked } from './main.ts';

/** Where the local world of a checkout lives. */
export const worldDir = (checkout: Git): string => process.env.SLIPWAY_WORLD ?? join(checkout.dir, '.slipway', 'world');

/** The local world in a folder. @throws {Refusal} when none runs there */
export async function worldIn(dir: string): Promise<World> {
  // In a cluster there is generators/ alone.
  const { findWorld } = await import('../../clusters/local/world.ts');
  const world = await findWorld(dir);
  if (world) return world;
  throw new Refusal(
    `No local world runs in ${dir}: start one with npx slipway local up, or name its folder in SLIPWAY_WORLD.`,
  );
}

/**
 * What a verb needs, from its options, the folder it was called in, and the environment. The one place that reads them.
 * A door is loaded only where it is configured: whoever reads branches alone waits for none.
 * @param patience how long doors are waited for. @default each its own
 */
export async function contextOf(values: Asked['values'], patience?: Patience): Promise<Context> {
  const timeout = patience?.timeout;
  const checkout = await checkoutHere();
  const base = { checkout, now: Date.now, say };
  const remote = (values.remote as string | undefined) ?? 'origin';
  if (remote === 'local') {
    const { doorsOf } = await import('./local-doors.ts');
    return { ...base, ...doorsOf(await worldIn(worldDir(checkout))) };
  }
  const { SLIPWAY_TOKEN, CI_SERVER_URL, CI_PROJECT_ID, SLIPWAY_PROJECT, ARGOCD_SERVER, ARGOCD_AUTH_TOKEN } =
    process.env;
  const { PROMETHEUS_URL, PROMETHEUS_TOKEN } = process.env;
  // In the pipeline of another repository, CI_PROJECT_ID is that one's.
  const project = SLIPWAY_PROJECT || CI_PROJECT_ID;
  return {
    ...base,
    remote,
    forge:
      SLIPWAY_TOKEN && CI_SERVER_URL && project
        ? (await import('../forge/gitlab.ts')).gitlab({ host: CI_SERVER_URL, project, token: SLIPWAY_TOKEN, patience })
        : undefined,
    mirrored: await mirrored(process.env),
    live:
      ARGOCD_SERVER && ARGOCD_AUTH_TOKEN
        ? (await import('../live/argocd.ts')).argocd({
            server: addressOf(ARGOCD_SERVER),
            token: ARGOCD_AUTH_TOKEN,
            timeout,
          })
        : undefined,
    metrics: PROMETHEUS_URL
      ? (await import('../live/prometheus.ts')).prometheus({ server: PROMETHEUS_URL, token: PROMETHEUS_TOKEN, timeout })
      : undefined,
  };
}

/** GitHub, where GitHub's own variables name it. @throws {Misuse} when the repository is not `owner/name` */
async function mirrored(env: NodeJS.ProcessEnv): Promise<Context['mirrored']> {
  const { GITHUB_REPOSITORY, GITHUB_TOKEN, GITHUB_API_URL } = env;
  if (!GITHUB_REPOSITORY || !GITHUB_TOKEN) return undefined;
  if (!/^[\w.-]+\/[\w.-]+$/.test(GITHUB_REPOSITORY)) {
    throw new Misuse(`GITHUB_REPOSITORY is ${JSON.stringify(GITHUB_REPOSITORY)}, and must be owner/name.`);
  }
  const { github } = await import('../forge/github.ts');
  return github({ repository: GITHUB_REPOSITORY, token: GITHUB_TOKEN, api: GITHUB_API_URL || undefined });
}

/** Says how long each phase took, in the file that whoever measures has named. */
export async function tellTimings({ start, phases }: Timings): Promise<void> {
  const { SLIPWAY_TIMINGS: file } = process.env;
  if (file) await writeFile(file, JSON.stringify({ phases: { 'node: start and load': start, ...phases } }));
}

/** Argo CD's own tools take the server without a scheme. */
const addressOf = (server: string) => (server.includes('://') ? server : `https://${server}`);
