import * as objects from '../bootstrap/objects.ts';
import { formatManifest, type Manifest } from '../model/manifest.ts';
import { Refusal } from '../model/refusal.ts';
import { ToolError } from './bootstrap-tool.ts';
import { ask, until, type Work } from './bootstrap-work.ts';

/** Installs Argo CD with its configuration, or brings it there. @returns what was done */
export async function bringArgoCd(work: Work): Promise<string> {
  const { target, run } = work;
  const { way } = target;
  const phases = await phasesOf(work);
  const first = await bring(work, 'Namespaces and CustomResourceDefinitions', [...phases.namespaces, ...phases.crds]);
  if (phases.crds.length > 0)
    await until(work, 'What the API server makes of the CRDs', () => established(work, phases));
  const second = await bring(work, 'configuration', phases.configuration);
  const third = await bring(work, 'workloads', phases.workloads);
  for (const workload of phases.workloads) {
    work.say(`  waiting for ${workload.kind} ${workload.metadata.name} …`);
    await run(objects.rolledOut(way, workload));
  }
  return first || second || third ? 'applied' : 'unchanged';
}

/** kubectl does not wait for what has no condition yet: it fails. https://github.com/kubernetes/kubernetes/issues/66439 */
async function established({ target: { way }, run }: Work, { crds }: objects.Phases): Promise<true | undefined> {
  try {
    await run(objects.established(way, crds));
    return true;
  } catch (error) {
    if (error instanceof ToolError && /conditions accessor error/.test(error.said)) return undefined;
    throw error;
  }
}

async function phasesOf(work: Work): Promise<objects.Phases> {
  const { objects: part, where } = await work.part();
  return objects.phasesOf(await work.release(part), part, where);
}

/** Applies objects where the cluster has them otherwise. @returns whether it did */
async function bring(
  { target: { way }, run, say }: Work,
  what: string,
  manifests: readonly Manifest[],
): Promise<boolean> {
  if (manifests.length === 0) return false;
  const text = manifests.map(formatManifest).join('---\n');
  try {
    await run(objects.compare(way, what), text);
    return false;
  } catch (error) {
    // 1: there are differences. More than that: it could not compare, perhaps since what an object needs is not there.
    const early = error instanceof ToolError && /not found|no matches for kind/i.test(error.said);
    if (!(error instanceof ToolError) || !(error.status === 1 || early)) throw error;
  }
  say(`  applying ${manifests.length} objects: ${what}`);
  await run(objects.apply(way, what), text);
  return true;
}

/** Gives Argo CD the token that it reads the repository with. @returns what was done */
export async function bringCredential(work: Work): Promise<string> {
  const { target, run, repository, token } = work;
  const { way, cluster } = target;
  const said = await run(objects.readCredential(way));
  if (token === undefined && said.trim() !== '') return 'unchanged: the Secret is there, and no other token is given';
  if (token === undefined)
    throw new Refusal(
      `Argo CD has no token for ${repository}: make one that may read the repository and nothing else (GitLab: Settings → Access tokens, role Reporter, scope read_repository), and run this again with SLIPWAY_REPOSITORY_TOKEN set to it.`,
    );
  if (said.trim() !== '' && objects.isCredential(said, repository, token)) return 'unchanged';
  const secret = `Secret ${objects.argoNamespace}/${objects.credentialName}`;
  await run(objects.apply(way, secret), formatManifest(objects.credential(repository, token)));
  work.say(`  ${secret} of ${cluster.name} says how ${repository} is read`);
  return 'applied';
}

/** Applies the Application that brings everything else, and waits for everything. @returns what was done */
export async function bringPlatform(work: Work): Promise<string> {
  const { target } = work;
  const applied = await bring(work, 'Application platform', [(await phasesOf(work)).platform]);
  let before = '';
  let last: objects.Unsettled = { own: [], others: [] };
  try {
    await until(work, 'Argo CD', async () => {
      last = objects.unsettled(await ask(work, objects.listApplications(target.way)), target.platform);
      if (last.own.length === 0) return true;
      const said = last.own.join('; ');
      if (said !== before) work.say(`  ${said}`);
      before = said;
      return undefined;
    });
  } catch (error) {
    if (!(error instanceof Refusal) || error instanceof ToolError || last.own.length === 0) throw error;
    throw new Refusal(`${error.message} Not Synced and Healthy yet: ${last.own.join('; ')}.`, { cause: error });
  }
  for (const other of last.others) work.say(`  not yet: ${other}`);
  const said =
    last.others.length === 0
      ? 'everything is Synced and Healthy'
      : `the platform is Synced and Healthy, ${last.others.length} of the environments' Applications are not yet`;
  return `${applied ? 'applied' : 'unchanged'}; ${said}`;
}
